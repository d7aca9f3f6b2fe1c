"""What an init does when there is nothing to do."""

import contextlib
import pathlib
import re
import shutil
import subprocess
import time

from Bench import host
from Bench.inits import OURS, idle_init
from Bench.pairing import Series, say
from Bench.report import Table
from Bench.supervisors import supervisor
from Bench.workshop import program
from pod import wait_until

NAME = "idle"
TITLE = "Idle"
SECONDS, SERVICES = 60, 3
TEXT = f"""
{SECONDS} seconds in which nothing happens, of `tazpod-init -- sleep`, of a tazpod-init that supervises {SERVICES} services and a tmux
session, and of tini, all at the same time.

- Wake-ups: voluntary and involuntary context switches, from /proc/PID/status.
- System calls: those that strace sees another three of them make, from a moment after it has attached.
"""

PEER = "tini"
SUPERVISOR = f"tazpod-init with {SERVICES} services"
# Until all that a start brings with it is over, such as tmux's server, and strace's own interruption.
SETTLING = 5


def run(_workshop):
    say(f"  {PEER} / {OURS} / {SUPERVISOR}, {SECONDS} s")
    with contextlib.ExitStack() as ending:
        folder = ending.enter_context(host.scratch())
        watched = start_all(ending)
        traces = {}
        for number, (name, pid) in enumerate(start_all(ending).items()):
            traces[name] = folder / str(number)
            ending.enter_context(traced(pid, traces[name]))
        time.sleep(SETTLING)
        switches = count_each(watched, context_switches)
        calls = count_each(traces, count_lines)
        time.sleep(SECONDS)
        switches_made = difference(count_each(watched, context_switches), switches)
        calls_made = difference(count_each(traces, count_lines), calls)
    return [
        Table("Wake-ups", compare("wake-ups", switches_made)),
        Table("System calls", compare("calls", calls_made)),
    ]


def compare(unit, counts):
    series = Series(unit, {name: [count] for name, count in counts.items()})
    return [series.compare(name, name, PEER, goal=0) for name in (OURS, SUPERVISOR)]


def start_all(ending):
    """The pids of one of each, which end with `ending`."""
    pids = {name: ending.enter_context(idle_init(path)) for name, path in [(OURS, program(OURS)), (PEER, shutil.which(PEER))]}
    return pids | {SUPERVISOR: ending.enter_context(supervisor(SERVICES)).pid}


def count_each(things, count):
    return {name: count(thing) for name, thing in things.items()}


def difference(after, before):
    return {name: after[name] - before[name] for name in after}


def context_switches(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return sum(int(count) for count in re.findall(r"^(?:non)?voluntary_ctxt_switches:\s*(\d+)$", text, re.MULTILINE))


def count_lines(path):
    return path.read_bytes().count(b"\n")


@contextlib.contextmanager
def traced(pid, output):
    """strace writes every system call of a process, a line each, into `output`."""
    strace = subprocess.Popen(
        ["strace", "--quiet=all", "-o", str(output), "-p", str(pid)], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until(lambda: is_traced(pid), f"strace has attached to {pid}")
        yield
    finally:
        host.end(strace)


def is_traced(pid):
    return re.search(r"^TracerPid:\s*[1-9]", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE) is not None
