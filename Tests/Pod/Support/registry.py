"""A registry on this machine, from Debian's docker-registry, and features pushed to it as artifacts."""

import hashlib
import io
import json
import pathlib
import shutil
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.request

START_SECONDS = 20


class Registry:
    """On a port of its own on loopback, without TLS."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-registry."))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.host = f"127.0.0.1:{free.getsockname()[1]}"
        (self.folder / "config.yml").write_text(
            f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {self.folder}/data\nhttp:\n  addr: {self.host}\n")
        self.process = subprocess.Popen(
            ["docker-registry", "serve", str(self.folder / "config.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline, "the registry did not start"
            time.sleep(0.1)

    @staticmethod
    def find(missing):
        for program in ("docker-registry", "skopeo"):
            if shutil.which(program) is None:
                missing(f"{program} is not installed")
        return Registry()

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://{self.host}/v2/", timeout=5).status == 200
        except OSError:
            return False

    def send(self, method, path, data=b"", kind="application/octet-stream"):
        address = path if path.startswith("http") else f"http://{self.host}/v2/{path}"
        request = urllib.request.Request(address, data=data, method=method, headers={"Content-Type": kind})
        return urllib.request.urlopen(request, timeout=20)

    def push_blob(self, name, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        place = self.send("POST", f"{name}/blobs/uploads/").headers["Location"]
        self.send("PUT", f"{place}{'&' if '?' in place else '?'}digest={digest}", data)
        return {"digest": digest, "size": len(data)}

    def push_feature(self, name, version, files, kind="application/vnd.devcontainers.layer.v1+tar"):
        """As the specification has it: one layer, a tar of the feature's folder."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path, text in files.items():
                entry = tarfile.TarInfo(f"./{path}")
                entry.size, entry.mode = len(text.encode()), 0o755
                tar.addfile(entry, io.BytesIO(text.encode()))
        layer = dict(self.push_blob(name, archive.getvalue()), mediaType=kind)
        config = dict(self.push_blob(name, b"{}"), mediaType="application/vnd.devcontainers")
        manifest = {
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": [layer]}
        self.send("PUT", f"{name}/manifests/{version}", json.dumps(manifest).encode(), manifest["mediaType"])

    def close(self):
        self.process.kill()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
