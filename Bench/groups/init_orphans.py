"""Reaping: how fast an init gets rid of orphans, and how many it leaves waiting."""

import statistics

from Bench import host
from Bench.inits import AS_PID_1, OURS, PEERS, compare_all, for_each
from Bench.pairing import Series, take_turns, take_turns_sampling
from Bench.report import Table

NAME = "orphans"
TITLE = "Reaping orphans"
BURST, TIMED_BURSTS, COUNTED_BURSTS = 500, 3, 40
TEXT = f"""
Orphans in bursts of {BURST}: the init is PID 1, and its command makes a process that forks {BURST} children, which block on a pipe,
and ends.

- Time: from the moment the pipe is closed, so that all of them end, until kill(2) finds none of them any more, divided by {BURST};
  of {TIMED_BURSTS} bursts the median counts. Most of it is the kernel's work of ending a process, whichever the init.
- CPU time: what PID 1 itself used of that, from /proc/1/schedstat. An init that the kernel lets run only now and then finds many
  at a time and needs less; that is why it varies.
- Zombies: the most children of PID 1 in state Z that another process, which does nothing but look, found while there were
  {COUNTED_BURSTS * BURST:,} orphans. More than one burst would be some that an earlier burst had left behind.
"""

TIME_TURNS, ZOMBIE_TURNS = 120, 4
AT_MOST = {peer: 1 for peer in PEERS}


def run(workshop):
    def play(path, bursts, *options):
        command = [*AS_PID_1, path, "--", workshop.tool("orphans"), *options, str(bursts), str(BURST)]
        return host.run(*command, timeout=2 * host.MINUTE).splitlines()

    def times(path):
        return [[int(number) / BURST / 1e3 for number in line.split()] for line in play(path, TIMED_BURSTS)]

    def most_zombies(path):
        return int(play(path, COUNTED_BURSTS, "-z")[0])

    time, cpu = take_turns_sampling(
        "time of an orphan", "µs", for_each(times), TIME_TURNS, *(median_of_column(column) for column in (0, 1)))
    zombies = take_turns("zombies", "zombies", for_each(most_zombies), ZOMBIE_TURNS, warm_up=0)
    limit = Series("zombies", {OURS: zombies.scores[OURS], "one burst": [BURST] * ZOMBIE_TURNS})
    return [
        Table("Time to reap an orphan", compare_all(time, AT_MOST)),
        Table("CPU time of the init for an orphan", compare_all(cpu)),
        Table("Most zombies at a time", [limit.compare(OURS, OURS, "one burst", goal=1), *compare_all(zombies)]),
    ]


def median_of_column(column):
    return lambda lines: statistics.median(line[column] for line in lines)
