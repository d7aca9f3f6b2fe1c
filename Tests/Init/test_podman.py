"""The init as PID 1 of Podman's containers: as their entry point, as what --init starts, and as a supervisor."""

import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import uuid

import pytest

from supervised import BUILDS, wait_until

# Debian 12's crun refuses hybrid cgroups; the limits may not be higher than this machine's.
CONFIGURATION = """
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
"""
IMAGE = "tazpod-test-busybox"


class Podman:
    """Podman with a store of its own."""

    def __init__(self, folder):
        self.folder = folder
        (folder / "containers.conf").write_text(CONFIGURATION)
        self.environment = dict(os.environ, CONTAINERS_CONF=str(folder / "containers.conf"))
        root = folder / "image"
        (root / "bin").mkdir(parents=True)
        shutil.copy2("/bin/busybox", root / "bin/busybox")
        for name in ("sh", "sleep", "cat", "ps", "kill", "grep", "echo", "pidof"):
            (root / "bin" / name).symlink_to("busybox")
        (root / "etc/tazpod/services").mkdir(parents=True)
        (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\ntazpod:x:1000:1000::/tmp:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\ntazpod:x:1000:\n")
        (root / "etc/tazpod/services/web").write_text("exec = /bin/sleep 1000\n")
        (root / "tmp").mkdir()
        shutil.copy2(BUILDS["embedded"], root / "tazpod-init")
        archive = subprocess.run(["tar", "-C", root, "-c", "."], capture_output=True, check=True, timeout=60).stdout
        self.run("import", "-", IMAGE, input=archive, check=True)

    def command(self, *arguments):
        return [
            "podman", "--root", f"{self.folder}/root", "--runroot", f"{self.folder}/run", "--storage-driver", "vfs", *arguments,
        ]

    def run(self, *arguments, check=False, **options):
        done = subprocess.run(
            self.command(*arguments), capture_output=True, timeout=60, env=self.environment, check=False, **options)
        assert not check or done.returncode == 0, done
        return done

    def close(self):
        self.run("rm", "--all", "--force", "--time", "0")
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="module")
def podman():
    for program in ("podman", "runc", "busybox"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is not installed; run make test")
    podman = Podman(pathlib.Path(tempfile.mkdtemp(prefix="tazpod-podman.")))
    yield podman
    podman.close()


@pytest.fixture
def container(podman):
    name = f"tazpod-test-{uuid.uuid4().hex[:12]}"
    yield name
    podman.run("rm", "--force", "--time", "0", name)


# Both ways by which a user of Podman gets an init.
STARTS = {"entry point": ["--entrypoint", '["/tazpod-init", "--"]'], "--init": ["--init", "--init-path", str(BUILDS["embedded"])]}


@pytest.fixture(params=list(STARTS))
def start(request):
    return ["run", "--network", "none", *STARTS[request.param]]


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_the_status_of_the_command_is_ours(podman, start, status):
    assert podman.run(*start, "--rm", IMAGE, "sh", "-c", f"exit {status}").returncode == status


def test_a_missing_command_is_127_and_one_that_cannot_be_run_126(podman, start):
    assert podman.run(*start, "--rm", IMAGE, "/no/such/command").returncode == 127
    assert podman.run(*start, "--rm", IMAGE, "/etc/passwd").returncode == 126


def test_podman_stop_reaches_the_command(podman, start, container):
    script = "trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done"
    podman.run(*start, "--detach", "--name", container, IMAGE, "sh", "-c", script, check=True)
    wait_until(lambda: b"up" in podman.run("logs", container).stdout, "the command runs")
    began = time.monotonic()
    podman.run("stop", "--time", "20", container, check=True)
    assert time.monotonic() - began < 10
    assert podman.run("wait", container).stdout == b"9\n"


def test_orphans_are_reaped(podman, start):
    done = podman.run(
        *start, "--rm", IMAGE, "sh", "-c", "for i in 1 2 3 4 5; do (sleep 0.1 &) ; done; sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status; true")
    assert done.stdout == b""


def test_it_supervises_and_ends_well_with_sigrtmin_3(podman, container):
    podman.run(
        "run", "--network", "none", "--detach", "--name", container, "--stop-signal", "SIGRTMIN+3", "--entrypoint", '["/tazpod-init"]', IMAGE,
        check=True)
    assert podman.run("exec", container, "/tazpod-init", "--probe", "ready", "--wait", "15").returncode == 0
    processes = podman.run("exec", container, "ps", "-o", "pid,comm").stdout.decode()
    assert "1 tazpod-init" in processes and "sleep" in processes
    # How a program finds that it is in a container.
    assert b"container=podman" in podman.run("exec", "--user", "tazpod", container, "sh", "-c", "cat /proc/$(pidof sleep)/environ").stdout
    assert podman.run("stop", "--time", "20", container).returncode == 0
    assert podman.run("inspect", "--format", "{{.State.ExitCode}}", container).stdout == b"0\n"


def test_without_a_handler_sigkill_still_ends_the_container(podman, start, container):
    podman.run(*start, "--detach", "--name", container, IMAGE, "sleep", "1000", check=True)
    podman.run("kill", "--signal", str(int(signal.SIGKILL)), container, check=True)
    assert podman.run("wait", container).stdout == b"137\n"
