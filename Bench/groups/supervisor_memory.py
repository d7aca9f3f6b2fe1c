"""The memory of tazpod-init as a supervisor."""

from Bench import host
from Bench.inits import OURS, memory
from Bench.pairing import Series, say, take_turns
from Bench.report import Table
from Bench.supervisors import s6, supervisor

NAME = "supervisor"
TITLE = "Memory of a supervisor"
SERVICES, SESSIONS = 10, 3
MANY = 1000
TEXT = f"""
From /proc/PID/smaps_rollup, as for an init; the services are `sleep`, whose own memory does not count.

- {SERVICES} services: tazpod-init also keeps {SESSIONS} tmux sessions, `main` and two that were asked for through its control
  socket. The peer is Debian's s6, all of whose supervising processes count: s6-svscan as PID 1, and an s6-supervise for each of the
  same {SERVICES} services. It keeps no sessions, and no last lines of what services print.
- One more service: how much each adds from {MANY // 2} to {MANY:,}, against from 1 to {MANY // 2}.
"""

TURNS, GROWTH_TURNS = 4, 2
LIMIT, LIMIT_KIB = "a limit of 1.2 MB", 1_200_000 / 1024
PEER = "s6-svscan and s6-supervise"


def run(_workshop):
    return [Table(f"{SERVICES} services", compare_with_s6()), Table("One more service", [compare_growth()])]


def compare_with_s6():
    rows = []
    for field, limits in [("Rss", {LIMIT: LIMIT_KIB}), ("Pss", {})]:
        series = take_turns(field, "KiB", {OURS: lambda: our_memory(field), PEER: lambda: s6_memory(field)}, TURNS, warm_up=0)
        series.scores |= {name: [value] * TURNS for name, value in limits.items()}
        rows += [series.compare(f"{field}", OURS, peer, goal=1 if field == "Rss" else None) for peer in [*limits, PEER]]
    return rows


def our_memory(field):
    with supervisor(SERVICES, SESSIONS) as supervised:
        return memory(supervised.pid, field)


def s6_memory(field):
    with host.scratch() as folder, s6(folder, SERVICES) as pids:
        return sum(memory(pid, field) for pid in pids)


def compare_growth():
    say(f"  one more service: 1, {MANY // 2}, {MANY}, {GROWTH_TURNS} turns")
    late, early = f"from {MANY // 2} to {MANY:,}", f"from 1 to {MANY // 2}"
    scores = {late: [], early: []}
    for _ in range(GROWTH_TURNS):
        few, half, many = (rss_with(count) for count in (1, MANY // 2, MANY))
        scores[early].append((half - few) / (MANY // 2 - 1))
        scores[late].append((many - half) / (MANY - MANY // 2))
    return Series("KiB", scores).compare(f"a service, {late}", late, early, goal=1.1)


def rss_with(services):
    with supervisor(services) as supervised:
        return memory(supervised.pid, "Rss")
