"""Whether tazpod-init grows with what it has done."""

import contextlib
import os
import shutil

from Bench import host
from Bench.inits import memory
from Bench.pairing import Series, say
from Bench.report import Table
from Bench.supervisors import FOREVER, control_socket, supervisor
from pod import wait_until

NAME = "soak"
TITLE = "After much work"
ORPHANS, MESSAGES = 10_000_000, 1_000_000
TEXT = f"""
The memory (Rss) and the open descriptors of a tazpod-init that supervises services and a tmux session, after it has reaped
{ORPHANS:,} processes, and after it has then answered {MESSAGES:,} messages on its control socket, a new connection every 100: `status`,
`services` and `probe` in equal parts, and as a tenth of all `reload`. Against what they were at the start, when it had done a
hundredth of that, so that the pages of its program are there that all this takes.

The processes are children that one of its services gives it (clone(2) with CLONE_PARENT). Takes a quarter of an hour, and is only
run when it is asked for: `make bench ONLY=soak`.
"""
ONLY_WHEN_ASKED = True

SHARES = {"status": 0.3, "services": 0.3, "probe": 0.3, "reload": 0.1}
LONGEST_REAPING = 3600
TOOL = "offspring"


def run(workshop):
    services = {"web": FOREVER, "database": FOREVER}
    with supervisor(more=services) as supervised:
        shutil.copy(workshop.tool(TOOL), supervised.tmp / TOOL)
        reap(supervised, ORPHANS // 100)
        send(workshop, supervised, MESSAGES // 100)
        start = measure(supervised)
        reap(supervised, ORPHANS)
        reaped = measure(supervised)
        send(workshop, supervised, MESSAGES)
        answered = measure(supervised)
    return [
        Table("", [
            Series(unit, {"now": [now[unit]], "at the start": [start[unit]]}).compare(
                f"after {what}", "now", "at the start", goal=1)
            for what, now in [(f"{ORPHANS:,} orphans", reaped), (f"{MESSAGES:,} messages more", answered)] for unit in start
        ])
    ]


def measure(supervised):
    return {"KiB": memory(supervised.pid, "Rss"), "descriptors": len(os.listdir(f"/proc/{supervised.pid}/fd"))}


def reap(supervised, count):
    """Lets a service give the init so many children, and waits until they are gone."""
    say(f"  {count:,} orphans")
    supervised.write(TOOL, f"exec = /tmp/{TOOL} {count}\nrestart = never\n")
    reload(supervised)
    supervised.wait_for_state(TOOL, "done", LONGEST_REAPING)
    wait_until(lambda: not has_zombies(supervised.pid), "every orphan is reaped")
    (supervised.services / TOOL).unlink()
    reload(supervised)


def reload(supervised):
    word, fields = supervised.ask("reload")
    if word != "ok":
        raise RuntimeError(f"the services cannot be reloaded: {fields}")


def has_zombies(pid):
    for child in open(f"/proc/{pid}/task/{pid}/children").read().split():
        with contextlib.suppress(OSError):
            if ") Z " in open(f"/proc/{child}/stat").read():
                return True
    return False


def send(workshop, supervised, count):
    say(f"  {count:,} messages")
    for request, share in SHARES.items():
        host.run(
            workshop.tool("clients"), "-s", control_socket(supervised), str(int(count * share)), request, timeout=2 * host.MINUTE)
