"""A docker daemon for the tests, from Debian's docker.io."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from pod import REPOSITORY

IMAGE = "tazpod-base"
START_SECONDS = 60


class DockerDaemon:
    """One that was found, or with a `command` of its own one that is started, restarted and stopped here."""

    def __init__(self, host, command=None, folder=None, bridge=None):
        self.host, self.command, self.folder, self.bridge, self.process = host, command, folder, bridge, None

    @staticmethod
    def find_or_start(missing):
        """The daemon that DOCKER_HOST or the default socket leads to, or a new one."""
        host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        if shutil.which("docker") is None:
            missing("the docker command is not installed")
        if answers(host):
            return DockerDaemon(host)
        if shutil.which("dockerd") is None:
            missing("no docker daemon answers, and docker.io is not installed")
        return DockerDaemon.start()

    @staticmethod
    def start():
        """A daemon on a private socket, data root, pid file and bridge; ended by its pid."""
        # Kept between runs, so that the image is built once; everything else goes with the daemon.
        data = pathlib.Path(os.environ.get("TAZPOD_TEST_CACHE", "/var/tmp/tazpod-test")) / "docker"
        data.mkdir(parents=True, exist_ok=True)
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-docker."))
        bridge = make_bridge()
        command = [
            "dockerd", "--host", f"unix://{folder}/docker.sock", "--data-root", str(data), "--exec-root", str(folder / "exec"),
            "--pidfile", str(folder / "pid"), "--bridge", bridge,
        ]
        daemon = DockerDaemon(f"unix://{folder}/docker.sock", command, folder, bridge)
        try:
            daemon.begin()
        except BaseException:
            daemon.stop()
            raise
        return daemon

    def begin(self):
        # A dead containerd that nobody has reaped yet would be taken for alive.
        (self.folder / "exec/containerd/containerd.pid").unlink(missing_ok=True)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, start_new_session=True)
        self.wait_until_it_answers()

    def end(self, number=signal.SIGTERM):
        """Ends the daemon; what it keeps on the disk stays."""
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def wait_until_it_answers(self):
        deadline = time.monotonic() + START_SECONDS
        while not answers(self.host):
            if self.process.poll() is not None or time.monotonic() > deadline:
                text = (self.folder / "log").read_text(errors="replace")[-2000:]
                raise AssertionError(f"dockerd did not start:\n{text}")
            time.sleep(0.1)

    def run(self, *arguments, timeout=120, check=True, **options):
        return subprocess.run(
            ["docker", "--host", self.host, *arguments], capture_output=True, text=True, timeout=timeout, check=check, **options)

    def build_image(self):
        """`make images`, whose layers are cached; the programs are the ones under test."""
        environment = dict(os.environ, DOCKER_HOST=self.host)
        done = subprocess.run(
            [str(REPOSITORY / "scripts/images.sh"), "base"], env=environment, capture_output=True, text=True, timeout=900)
        assert done.returncode == 0, f"scripts/images.sh: {done.stdout}{done.stderr}"

    def weakened_image(self, programs):
        """The image with another tazpod-ghost."""
        name = "tazpod-base-weakened"
        with tempfile.TemporaryDirectory() as context:
            shutil.copy2(programs / "tazpod-ghost", context)
            (pathlib.Path(context) / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY tazpod-ghost /usr/local/bin/\n")
            self.run("build", "--quiet", "--tag", name, context, env=dict(os.environ, DOCKER_BUILDKIT="0"))
        return name

    def stop(self):
        if self.command is None:
            return
        if self.process is not None:
            self.end()
        subprocess.run(["ip", "link", "delete", self.bridge], capture_output=True, timeout=20)
        shutil.rmtree(self.folder, ignore_errors=True)


def make_bridge():
    """A network of its own: on docker0 its containers would have the addresses of another daemon's."""
    name = f"tazpod{os.getpid()}"[:15]
    for command in (
        ["link", "add", name, "type", "bridge"], ["address", "add", f"172.31.{os.getpid() % 250}.1/24", "dev", name],
        ["link", "set", name, "up"],
    ):
        subprocess.run(["ip", *command], check=True, capture_output=True, timeout=20)
    return name


def answers(host):
    done = subprocess.run(["docker", "--host", host, "version"], capture_output=True, timeout=20)
    return done.returncode == 0
