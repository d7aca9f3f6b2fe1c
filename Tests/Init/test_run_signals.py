"""Signals through the init: each of them, many of them, early ones, and none while nothing happens."""

import contextlib
import os
import shutil
import signal
import subprocess
import time

import pytest

from inits import OURS, STAND_INS, WAIT, Running, children, field, folder, probe, process_state, zombies_below
from missing import missing
from supervised import wait_until

# KILL and STOP cannot be caught, and CHLD tells of children.
FORWARDED = [number for number in range(1, 65) if number not in (9, 17, 19)]
STOPS = (20, 21, 22)


@pytest.fixture(params=OURS, ids=str)
def init(request):
    return request.param


@pytest.mark.parametrize("below", [None, "under"], ids=["as PID 1", "below PID 1"])
@pytest.mark.parametrize("init", [*OURS, *STAND_INS[::2]], ids=str)
def test_every_signal_reaches_the_command(init, below):
    with Running(init, probe("command"), "signals", below=below) as running:
        running.expect("ready")
        for number in FORWARDED:
            running.send(number)
            running.expect(f"{number} 0")
        assert running.lines == ["ready", *(f"{number} 0" for number in FORWARDED)]


def test_in_a_session_every_signal_reaches_the_group_and_stops_arrive_as_stop(init):
    with Running(init, probe("command"), "child", options=["--session"]) as running:
        running.expect("ready")
        running.expect("child ready")
        for number in FORWARDED:
            if number not in STOPS:
                running.send(number)
                running.expect(f"{number} 0")
                running.expect(f"child {number} 0")
        command = running.command_pid
        for number in STOPS:
            running.send(number)
            wait_until(lambda: {process_state(command), process_state(children(command)[0])} == {"T"}, "both are stopped")
            running.send(signal.SIGCONT)
            wait_until(lambda: "T" not in (process_state(command), process_state(children(command)[0])), "both go on")


def test_real_time_signals_arrive_in_order_each_with_its_value(init):
    values = list(range(100, 400))
    with Running(init, probe("command"), "signals") as running:
        running.expect("ready")
        # Stopped, so that they queue up.
        running.send(signal.SIGSTOP)
        wait_until(lambda: process_state(running.pid) == "T", "it is stopped")
        for value in values:
            subprocess.run(["kill", "-s", "40", "-q", str(value), str(running.pid)], check=True, timeout=WAIT)
        running.send(signal.SIGCONT)
        running.expect(f"40 {values[-1]}")
        assert [line for line in running.lines if line.startswith("40 ")] == [f"40 {value}" for value in values]


def test_rewriting_goes_one_step_and_the_last_rule_for_a_signal_counts(init):
    options = ["-r", "TERM:INT", "-r2:15", "--rewrite", "USR1:0", "--rewrite=SIGHUP:QUIT", "-r", "HUP:RTMIN+3", "-r", "RTMAX:URG"]
    with Running(init, probe("command"), "signals", options=options) as running:
        running.expect("ready")
        for sent, came in ((15, 2), (2, 15), (1, 37), (64, 23), (3, 3)):
            running.send(sent)
            running.expect(f"{came} 0")
        running.send(10)
        running.send(12)
        running.expect("12 0")
        assert running.lines == ["ready", "2 0", "15 0", "37 0", "23 0", "3 0", "12 0"]


def test_signals_to_a_stopped_init_wait_for_it(init):
    with Running(init, probe("command"), "signals") as running:
        running.expect("ready")
        running.send(signal.SIGSTOP)
        wait_until(lambda: process_state(running.pid) == "T", "it is stopped")
        for number in (15, 10, 12):
            running.send(number)
        running.send(signal.SIGCONT)
        for number in (15, 10, 12, 18):
            running.expect(f"{number} 0")


def test_the_end_of_the_command_is_noticed_in_a_storm_of_other_ends(init):
    # Thousands of orphans end at once, and the command among them, so that its SIGCHLD is one with theirs.
    shell = f"{probe('command')} orphans 1000 & {probe('command')} orphans 1000 & sleep 0.3; exit 33"
    for _ in range(3):
        with Running(init, "sh", "-c", shell) as running:
            assert running.end() == 33


def test_thousands_of_orphans_leave_no_zombie_and_signals_get_through_meanwhile(init):
    with Running(init, probe("command"), "orphans", "5000", options=["-r", "15:0"]) as running:
        running.expect("made", 60)
        wait_until(lambda: not zombies_below(running.pid), "no zombie is left")
        running.send(signal.SIGUSR1)
        assert running.end() == 128 + 10


@contextlib.contextmanager
def traced(pid):
    """Watches the system calls of a process: a list that has them in the end."""
    log = folder() / f"strace-{pid}"
    if shutil.which("strace") is None:
        missing("strace is not installed")
    tracer = subprocess.Popen(["strace", "-q", "-o", str(log), "-p", str(pid)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    calls = []
    try:
        wait_until(lambda: field(pid, "TracerPid") == str(tracer.pid), "strace is attached")
        yield calls
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(WAIT)
    calls += [line.split("(")[0] for line in log.read_text().splitlines() if "(" in line]


def test_an_idle_init_makes_no_system_call(init):
    with contextlib.ExitStack() as stack:
        watched = []
        for options in ([], ["--session"], ["--wait-all", "-s"], ["-P"]):
            command = [] if "-P" in options else [probe("command"), "signals"]
            running = stack.enter_context(Running(init, *command, options=options))
            pid = running.pid
            wait_until(lambda: os.readlink(f"/proc/{pid}/cwd") == "/" and process_state(pid) == "S", "it is idle")
            watched.append(stack.enter_context(traced(pid)))
        time.sleep(3)
        stack.pop_all().close()
    for calls in watched:
        # The one that it was in when strace came, and what strace's coming made of it.
        assert len(calls) <= 2 and set(calls) <= {"rt_sigtimedwait", "restart_syscall"}, calls


def test_a_forwarded_signal_costs_two_system_calls(init):
    with Running(init, probe("command"), "signals") as running:
        running.expect("ready")

        with traced(running.pid) as calls:
            running.send(signal.SIGUSR1)
            running.expect("10 0")
    assert calls.count("kill") == 1 and set(calls) <= {"rt_sigtimedwait", "kill", "restart_syscall"}, calls
