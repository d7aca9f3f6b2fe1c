"""tazpod-init in the place of the small inits."""

import os

from Bench.inits import compare_all, for_each, idle_init, inits, memory
from Bench.pairing import Series, take_turns
from Bench.report import Table

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

START_TURNS, MEMORY_TURNS, STARTS = 60, 4, 10
START_GOALS = {"tini-static": 1.05}
RSS_GOALS = {"tini": 1, "catatonit": 1.1}


def run(workshop):
    start = take_turns(
        "start", "ms", for_each(lambda path: workshop.launch([path, "--", "/bin/true"], STARTS, as_pid_1=True)), START_TURNS)
    rss = take_turns("Rss", "KiB", for_each(lambda path: idle_memory(path, "Rss")), MEMORY_TURNS, warm_up=0)
    pss = take_turns("Pss", "KiB", for_each(lambda path: idle_memory(path, "Pss")), MEMORY_TURNS, warm_up=0)
    size = Series("KiB", {name: [os.stat(path).st_size / 1024] for name, path in inits().items()})
    return [
        Table("Start of /bin/true in a new PID namespace", compare_all(start, START_GOALS)),
        Table("Memory of an idle init, Rss", compare_all(rss, RSS_GOALS)),
        Table("Memory of an idle init, Pss", compare_all(pss)),
        Table("Size of the program", compare_all(size)),
    ]


def idle_memory(path, field):
    """Kibibytes of an idle init that waits for one command."""
    with idle_init(path) as pid:
        return memory(pid, field)
