"""A Kubernetes API to apply manifests to: the cluster of $KUBECONFIG, else etcd and an API server that are started here."""

import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("TAZPOD_TEST_CACHE", "/var/tmp/tazpod-test")) / "kubernetes"
BUILD_SECONDS = 1800
START_SECONDS = 120
PACKAGES = ("etcd", "openssl")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cluster:
    """What kubectl talks to, and a namespace in it that goes at the end."""

    def __init__(self, kubectl, kubeconfig):
        self.program, self.kubeconfig = kubectl, kubeconfig
        self.namespace = f"tazpod-test-{secrets.token_hex(4)}"
        self.kubectl("create", "namespace", self.namespace)

    def run(self, *arguments, text="", timeout=60):
        return subprocess.run(
            [self.program, "--kubeconfig", str(self.kubeconfig), *arguments], input=text, capture_output=True, text=True, timeout=timeout)

    def kubectl(self, *arguments, text=""):
        done = self.run(*arguments, text=text)
        assert done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done.stdout

    def objects(self, *arguments, text=""):
        """The objects that kubectl prints, by kind."""
        printed = json.loads(self.kubectl(*arguments, "-o", "json", text=text))
        return {item["kind"]: item for item in printed.get("items", [printed])}

    def close(self):
        self.run("delete", "namespace", self.namespace, "--wait=false")


class ControlPlane:
    """etcd and kube-apiserver on free ports of 127.0.0.1, with all that they write in one folder. No node, no controller."""

    def __init__(self):
        subprocess.run([REPOSITORY / "scripts/build-kubernetes.sh", CACHE], check=True, timeout=BUILD_SECONDS)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-kubernetes."))
        self.processes = []
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        store, peers, self.port = free_port(), free_port(), free_port()
        self.run(
            "etcd", "etcd", f"--data-dir={self.folder}/etcd", "--unsafe-no-fsync", f"--listen-client-urls=http://127.0.0.1:{store}",
            f"--advertise-client-urls=http://127.0.0.1:{store}", f"--listen-peer-urls=http://127.0.0.1:{peers}",
            f"--initial-advertise-peer-urls=http://127.0.0.1:{peers}", f"--initial-cluster=default=http://127.0.0.1:{peers}")
        key = self.folder / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True, timeout=60)
        token = secrets.token_hex(16)
        (self.folder / "tokens").write_text(f"{token},tester,1,system:masters\n")
        self.run(
            "kube-apiserver", str(CACHE / "bin/kube-apiserver"), f"--etcd-servers=http://127.0.0.1:{store}",
            "--bind-address=127.0.0.1", f"--secure-port={self.port}", "--insecure-port=0", f"--cert-dir={self.folder}/certificates",
            f"--token-auth-file={self.folder}/tokens", "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}", "--endpoint-reconciler-type=none")
        self.kubeconfig = self.folder / "kubeconfig"
        self.kubeconfig.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": f"https://127.0.0.1:{self.port}", "insecure-skip-tls-verify": True}}],
            "users": [{"name": "test", "user": {"token": token}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}))
        self.wait()

    def run(self, name, *command):
        log = open(self.folder / f"{name}.log", "wb")
        with log:
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True))

    def wait(self):
        deadline = time.monotonic() + START_SECONDS
        check = [CACHE / "bin/kubectl", "--kubeconfig", self.kubeconfig, "get", "namespace", "default"]
        while subprocess.run(check, capture_output=True, timeout=60).returncode != 0:
            ended = [process.args[0] for process in self.processes if process.poll() is not None]
            logs = "".join(log.read_text(errors="replace")[-2000:] for log in self.folder.glob("*.log"))
            assert not ended, f"{ended} ended:\n{logs}"
            assert time.monotonic() < deadline, f"no API server within {START_SECONDS} s:\n{logs}"
            time.sleep(0.3)

    def close(self):
        for process in reversed(self.processes):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)
