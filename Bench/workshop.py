"""What groups share: made when a group first asks for it, ended with the bench."""

import contextlib
import functools
import os
import shutil
import statistics

from Bench import REPOSITORY, host
from Bench.pairing import say
from engine import DockerDaemon
from pod import PASSPHRASE, PROGRAMS, Pod, wait_until

# A key derivation that costs nothing, in stock cryptsetup's words.
CHEAP_DERIVATION = ["--pbkdf", "argon2id", "--pbkdf-force-iterations", "4", "--pbkdf-memory", "32", "--pbkdf-parallel", "1"]


class Workshop:
    def __init__(self):
        self.ending = contextlib.ExitStack()

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        return self.ending.__exit__(*failure)

    @functools.cache
    def start_docker(self):
        """Leads DOCKER_HOST to a daemon with the image tazpod-base: the machine's own, or one on a private socket."""
        say("  docker: finding or starting a daemon, and building the image")
        daemon = self.ending.enter_context(docker_daemon())
        os.environ["DOCKER_HOST"] = daemon.host
        daemon.build_image()

    @functools.cached_property
    def tools(self):
        """The folder of compiled programs."""
        return self.ending.enter_context(host.scratch())

    @functools.cache
    def tool(self, name):
        """The path of a program of the bench's own, compiled from its source in tools/."""
        program, source = self.tools / name, REPOSITORY / f"Bench/tools/{name}.c"
        host.run("gcc", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(source))
        return str(program)

    def launch(self, command, count, as_pid_1=False):
        """The median of `count` starts of a command, until its end, in milliseconds."""
        path = shutil.which(command[0])
        words = [self.tool("launch")] + (["-n"] if as_pid_1 else []) + [str(count), path, *command[1:]]
        return statistics.median(int(line) for line in host.run(*words).split()) / 1e6


@contextlib.contextmanager
def docker_daemon():
    def missing(what):
        raise RuntimeError(f"cannot measure against docker: {what}")

    daemon = DockerDaemon.find_or_start(missing)
    try:
        yield daemon
    finally:
        daemon.stop()


@contextlib.contextmanager
def running_pod(provider, parent=None, config=""):
    """A pod that runs; its project's folder is made in `parent`."""
    pod = Pod(provider, config=config, parent=parent)
    try:
        yield pod.up()
    finally:
        pod.close()


def make_cheap_vault(pod):
    """The pod makes its vault; then stock cryptsetup makes the key's derivation cheap, which is not to be measured."""
    pod.unlock()
    pod.lock()
    host.run(
        "cryptsetup", "luksConvertKey", "--batch-mode", "--key-file", "-", *CHEAP_DERIVATION, str(pod.image),
        stdin=PASSPHRASE.encode())


def wait_for_standby(pod):
    """A pod starts the process of its next ghost half a second after its start, or after a lock."""
    wait_until(lambda: pod.processes_named("tazpod-standby"), "the next ghost's process waits")


def program(name):
    """The path of one of TazPod's own programs."""
    return str(PROGRAMS / name)
