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
    def __init__(self, host, process=None, folder=None, bridge=None):
        self.host, self.process, self.folder, self.bridge = host, process, folder, bridge

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
        log = open(folder / "log", "wb")
        process = subprocess.Popen(
            [
                "dockerd", "--host", f"unix://{folder}/docker.sock", "--data-root", str(data), "--exec-root", str(folder / "exec"),
                "--pidfile", str(folder / "pid"), "--bridge", bridge,
            ],
            stdout=log, stderr=log, start_new_session=True)
        daemon = DockerDaemon(f"unix://{folder}/docker.sock", process, folder, bridge)
        try:
            daemon.wait_until_it_answers()
        except BaseException:
            daemon.stop()
            raise
        return daemon

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
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
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
