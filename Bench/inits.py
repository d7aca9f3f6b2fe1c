"""The small inits, as PID 1 of a new PID namespace."""

import contextlib
import pathlib
import re
import shutil
import subprocess

from Bench import host
from Bench.workshop import program
from pod import all_processes, wait_until

PEERS = ("tini", "tini-static", "catatonit", "dumb-init")
OURS = "tazpod-init"

# What makes a command PID 1 of a new PID namespace with its own /proc, all of which ends with unshare.
AS_PID_1 = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def inits():
    """The path of each init by its name, ours first."""
    return {OURS: program(OURS), **{name: shutil.which(name) for name in PEERS}}


def for_each(measure):
    """Rivals: `measure` with each init's path."""
    return {name: lambda path=path: measure(path) for name, path in inits().items()}


def compare_all(series, goals=None):
    """Ours against every peer."""
    return [series.compare(OURS, OURS, peer, goal=(goals or {}).get(peer)) for peer in PEERS]


def memory(pid, field):
    """Kibibytes of a process, as smaps_rollup has them."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return float(re.search(rf"^{field}:\s*(\d+) kB$", text, re.MULTILINE)[1])


@contextlib.contextmanager
def pid_1(*command):
    """The process of unshare(1), under which `command` is PID 1."""
    unshare = subprocess.Popen(
        [*AS_PID_1, *command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield unshare
    finally:
        unshare.kill()
        unshare.wait(host.MINUTE)


@contextlib.contextmanager
def idle_init(path):
    """The pid of an init as PID 1 of a new namespace, once its command runs and it has nothing left to do."""
    with pid_1(path, "--", "sleep", "infinity") as unshare:
        yield wait_until(lambda: sleeper_parent(unshare.pid), f"{path} runs its command")


def sleeper_parent(unshare):
    """The child of `unshare`, when it sleeps and so does its own child, the command."""
    processes = all_processes()
    for init in processes:
        if init.parent == unshare and init.state == "S":
            if any(each.parent == init.pid and each.name == "sleep" and each.state == "S" for each in processes):
                return init.pid
    return None
