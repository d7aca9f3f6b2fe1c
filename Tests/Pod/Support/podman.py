"""Podman for the tests, from Debian's podman: a store of its own, and the machine's settings that it needs here."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from pod import REPOSITORY

IMAGE = "tazpod-base"
# Kept between runs, so that the image is built once.
CACHE = pathlib.Path(os.environ.get("TAZPOD_TEST_CACHE", "/var/tmp/tazpod-test"))
# The same in every run, because podman's store remembers it; and empty after a reboot, from which podman knows that nothing runs.
RUNNING = pathlib.Path("/dev/shm/tazpod-test")

# Debian 12's crun refuses hybrid cgroups; the limits may not be higher than this machine's.
CONTAINERS = """
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "{running}/libpod"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[network]
network_backend = "netavark"
"""
STORAGE = """
[storage]
driver = "overlay"
graphroot = "{store}/storage"
runroot = "{running}/run"
"""


def write_settings(folder, store, running):
    """podman's own files (containers.conf(5), containers-storage.conf(5)) in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("containers.conf", CONTAINERS), ("storage.conf", STORAGE)):
        (folder / name).write_text(text.format(store=store, running=running))


class Podman:
    """Root's. `variables` lead every podman command to its store."""

    def __init__(self):
        self.store, self.running = CACHE / "podman", RUNNING / "podman"
        self.running.mkdir(parents=True, exist_ok=True)
        write_settings(self.store, self.store, self.running)
        self.variables = {
            "CONTAINERS_CONF": str(self.store / "containers.conf"), "CONTAINERS_STORAGE_CONF": str(self.store / "storage.conf")}

    @staticmethod
    def find(missing):
        for program in ("podman", "runc"):
            if shutil.which(program) is None:
                missing(f"{program} is not installed")
        return Podman()

    def run(self, *arguments, timeout=120, check=True, **options):
        return subprocess.run(
            ["podman", *arguments], capture_output=True, text=True, timeout=timeout, check=check, env=dict(os.environ, **self.variables), **options)

    def build_image(self):
        """`make images ENGINE=podman`, whose layers are cached; the programs are the ones under test."""
        done = subprocess.run(
            [str(REPOSITORY / "scripts/images.sh"), "base"], env=dict(os.environ, ENGINE="podman", **self.variables), capture_output=True, text=True,
            timeout=900)
        assert done.returncode == 0, f"scripts/images.sh: {done.stdout}{done.stderr}"

    def weakened_image(self, programs):
        """The image with another tazpod-ghost."""
        name = "tazpod-base-weakened"
        with tempfile.TemporaryDirectory() as context:
            shutil.copy2(programs / "tazpod-ghost", context)
            (pathlib.Path(context) / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY tazpod-ghost /usr/local/bin/\n")
            self.run("build", "--quiet", "--tag", name, context)
        return name


@contextlib.contextmanager
def variables_set(variables):
    """These variables, for all that is started meanwhile."""
    previous = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in previous.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
