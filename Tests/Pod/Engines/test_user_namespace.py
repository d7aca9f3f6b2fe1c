"""A pod that is root in a user namespace only, as rootless engines and Kubernetes make them: no devices, no privilege outside."""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile

import pytest

from missing import missing
from pod import PASSPHRASE, PROGRAMS, WAIT, Pod, Process, all_processes, end_process, wait_until

# Ids of the host that the pod's 0 to 65535 are, and whose namespace it is.
FIRST, OWNER = 200_000, 4242
REFUSED = 7


class PodInUserNamespace:
    """The native provider's own command line, run by somebody without privileges."""

    def __init__(self, config):
        self.pod = Pod("native", config=config)
        self.pod.use_quick_vault()
        self.pod.up()
        state = pathlib.Path("/var/lib/tazpod") / self.pod.name
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-userns."))
        self.folder.chmod(0o755)
        shutil.copytree(state, self.folder / "state", symlinks=True)
        for name in ("tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets"):
            shutil.copy2(PROGRAMS / name, self.folder)
        variables = pathlib.Path(f"/proc/{self.pod.init_pid()}/environ").read_bytes().decode().strip("\0").split("\0")
        command = self.pod.run("up", "--provider", "native", "--dry-run", check=0).output
        self.pod.run("down", check=0)
        self.environment = dict(variable.split("=", 1) for variable in variables)
        self._give(self.folder, self.pod.directory)
        self._start(command.replace(str(state), str(self.folder / "state")).replace(f"{PROGRAMS}/", f"{self.folder}/"))

    def _give(self, *trees):
        for tree in trees:
            for path in [tree, *tree.rglob("*")]:
                os.chown(path, FIRST, FIRST, follow_symlinks=False)
        for path in (self.pod.directory, self.folder / "state/home"):
            os.chown(path, FIRST + 1000, FIRST + 1000)

    def _start(self, command):
        words = shlex.split(command)
        at = words.index("--info-fd")
        del words[at:at + 2]
        script = "echo ready; read go; exec setpriv --reuid 0 --regid 0 --clear-groups \"$@\""
        self.process = subprocess.Popen(
            ["setpriv", "--reuid", str(OWNER), "--regid", str(OWNER), "--clear-groups", "unshare", "--user", "--keep-caps", "sh", "-c", script,
             "sh", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self.environment, start_new_session=True)
        assert self.process.stdout.readline() == "ready\n"
        for name in ("uid_map", "gid_map"):
            pathlib.Path(f"/proc/{self.process.pid}/{name}").write_text(f"0 {FIRST} 65536\n")
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        self.init = wait_until(self._find_init, "tazpod-init runs")
        wait_until(lambda: self.tazpod("status").returncode == 0, "the pod answers")

    def _find_init(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return next((int(pid) for pid in children if Process.read(pid).name == "tazpod-init"), None)

    def tazpod(self, *words, passphrase=None, user=0):
        inherited = ()
        if passphrase is not None:
            reading, writing = os.pipe()
            os.write(writing, passphrase.encode() + b"\n")
            os.close(writing)
            inherited, words = (reading,), (words[0], "--passphrase-fd", str(reading), *words[1:])
        try:
            return subprocess.run(
                ["nsenter", "--target", str(self.init), "--user", "--mount", "--uts", "--ipc", "--pid", "--wdns=/workspace", "--setuid", str(user),
                 "--setgid", str(user), "--", "/run/tazpod/bin/tazpod", *words],
                capture_output=True, text=True, env=self.environment, timeout=WAIT, pass_fds=inherited)
        finally:
            for descriptor in inherited:
                os.close(descriptor)

    def processes(self):
        """Every process whose user namespace is the pod's or below it, by the ids that they have."""
        return [process for process in all_processes() if FIRST <= process.uid < FIRST + 65536]

    def close(self):
        end_process(self.init)
        self.process.communicate(timeout=WAIT)
        self.pod.close()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture
def make_confined():
    for name in ("bwrap", "nsenter", "setpriv"):
        if shutil.which(name) is None:
            missing(f"{name} is not installed")
    pods = []

    def make(config):
        pods.append(PodInUserNamespace(config))
        return pods[-1]

    yield make
    for pod in pods:
        pod.close()


@pytest.mark.parametrize("driver", ["ram", "auto"])
def test_a_vault_in_memory_opens_in_a_user_namespace(make_confined, driver):
    pod = make_confined(f"vault: {{driver: {driver}}}\n")
    script = "echo kept > ~/secrets/file; grep '/secrets ' /proc/self/mountinfo; unshare -r true 2>&1"
    found = pod.tazpod("unlock", "--", "sh", "-c", script, passphrase=PASSPHRASE)
    assert "nosuid,nodev,noatime" in found.stdout and "- tmpfs" in found.stdout, found
    again = pod.tazpod("unlock", "--", "cat", "/home/tazpod/secrets/file", passphrase=PASSPHRASE)
    assert (again.returncode, again.stdout) == (0, "kept\n"), again
    assert pod.tazpod("unlock", "--detach", passphrase=PASSPHRASE).returncode == 0
    status = json.loads(pod.tazpod("status", "--json", user=1000).stdout)["vault"]
    assert (status["state"], status["driver"]) == ("open", "ram")
    assert pod.tazpod("lock", "--discard", user=1000).returncode == REFUSED
    assert pod.tazpod("lock").returncode == 0
    assert pod.pod.image.stat().st_uid == FIRST


def test_an_enclave_is_closed_to_the_pods_user_and_to_its_root_without_privileges(make_confined):
    pod = make_confined("vault: {driver: ram}\n")
    assert pod.tazpod("unlock", "--detach", passphrase=PASSPHRASE).returncode == 0
    deeper = [process.pid for process in pod.processes() if process.depth > Process.read(pod.init).depth]
    assert deeper
    for pid in deeper:
        for uid in (FIRST + 1000, FIRST):
            for name in ("root", "cwd", "environ", "mem", "fd/0", "fd/3"):
                done = subprocess.run(
                    ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", "--bounding-set=-all", "sh", "-c",
                     f"ls /proc/{pid}/{name}/ || head -c 1 < /proc/{pid}/{name}"], capture_output=True, timeout=WAIT)
                assert done.returncode != 0 and not done.stdout, (Process.read(pid).name, Process.read(pid).uid, uid, name, done)
