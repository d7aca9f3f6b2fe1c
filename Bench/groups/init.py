"""tazpod-init in the place of the small inits."""

import contextlib
import os
import pathlib
import re
import shutil
import subprocess

from Bench import host
from Bench.pairing import Series, take_turns
from Bench.report import Table
from Bench.workshop import program
from pod import all_processes, wait_until

NAME = "init"
TITLE = "Init"
TEXT = """
`tazpod-init -- COMMAND` against Debian's packages of tini (and its tini-static), catatonit and dumb-init.

- Start: the init is PID 1 of a new PID namespace with `/bin/true` as its command, from clone until PID 1 has been waited for;
  a small C program does it 10 times in a row, of which the median counts.
- Memory: as PID 1 under `unshare --pid --fork --mount-proc`, idle over one `sleep`, from /proc/PID/smaps_rollup. Rss counts
  pages of shared libraries in full; Pss divides them by those that use them now, so a dynamic program's depends on what else
  runs.
- Size: of the program's file, which for tini and dumb-init is not all: they need the C library's too.
"""

PEERS = ("tini", "tini-static", "catatonit", "dumb-init")
START_TURNS, MEMORY_TURNS, STARTS = 60, 4, 10
IDLE = "60"


def run(workshop):
    inits = {"tazpod-init": program("tazpod-init"), **{name: shutil.which(name) for name in PEERS}}

    def each(measure):
        return {name: lambda path=path: measure(path) for name, path in inits.items()}

    start = take_turns(
        "start", "ms", each(lambda path: workshop.launch([path, "--", "/bin/true"], STARTS, as_pid_1=True)), START_TURNS)
    rss = take_turns("Rss", "KiB", each(lambda path: memory(path, "Rss")), MEMORY_TURNS, warm_up=0)
    pss = take_turns("Pss", "KiB", each(lambda path: memory(path, "Pss")), MEMORY_TURNS, warm_up=0)
    size = Series("KiB", {name: [os.stat(path).st_size / 1024] for name, path in inits.items()})
    return [
        Table(title, [series.compare("tazpod-init", "tazpod-init", peer) for peer in PEERS])
        for title, series in [
            ("Start of /bin/true in a new PID namespace", start), ("Memory of an idle init, Rss", rss),
            ("Memory of an idle init, Pss", pss), ("Size of the program", size),
        ]
    ]


def memory(path, field):
    """Kibibytes of an idle init that waits for one command."""
    with idle_init(path) as pid:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return float(re.search(rf"^{field}:\s*(\d+) kB$", text, re.MULTILINE)[1])


@contextlib.contextmanager
def idle_init(path):
    """The pid of an init as PID 1 of a new namespace, once its command runs and it has nothing left to do."""
    unshare = subprocess.Popen(
        ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", path, "--", "sleep", IDLE],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield wait_until(lambda: sleeper_parent(unshare.pid), f"{path} runs its command")
    finally:
        unshare.kill()
        unshare.wait(host.MINUTE)


def sleeper_parent(unshare):
    """The child of `unshare`, when it sleeps and so does its own child, the command."""
    processes = all_processes()
    for init in processes:
        if init.parent == unshare and init.state == "S":
            if any(each.parent == init.pid and each.name == "sleep" and each.state == "S" for each in processes):
                return init.pid
    return None
