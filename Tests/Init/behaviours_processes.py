"""Orphans, groups, sessions, and what else of their surroundings inits care for."""

import os
import pathlib
import shutil
import signal
import time

from behaviour import NO_OPTION, behaviour, comes, option, yes
from inits import Running, children, field, probe, process_state, run, state, zombies_below
from missing import missing
from supervised import wait_until


@behaviour("wakes up while idle", "never", "every second", "never", "never", tini="never")
def wakes_up(init):
    with Running(init, probe("command"), "signals") as running:
        running.expect("ready")
        # Whatever it does after the start.
        wait_until(lambda: process_state(running.pid) == "S", "it sleeps")
        time.sleep(0.1)
        before = switches(running.pid)
        time.sleep(1.2)
        return "never" if switches(running.pid) == before else "every second"


def switches(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return [line for line in text.splitlines() if "ctxt_switches" in line]


@behaviour("reaps orphans as PID 1", "yes")
def reaps(init):
    with Running(init, probe("command"), "orphans", "50") as running:
        running.expect("made")
        return yes(comes(lambda: not zombies_below(running.pid), 2))


@behaviour(
    "orphans when it is not PID 1", "elsewhere, and it warns; -s: reaped", "elsewhere, and it warns; -s: reaped", "elsewhere", "reaped")
def orphans_elsewhere(init):
    def adopts(options):
        with Running(init, "sh", "-c", "(sleep 1000 & echo made); exec sleep 1000", below="under", options=options) as running:
            running.expect("made")
            return comes(lambda: len(children(running.pid)) == 2), b"zombie reaping won't work" in running.errors

    adopted, warned = adopts([])
    if adopted:
        return "reaped"
    text = f"elsewhere{', and it warns' if warned else ''}"
    if init.speaks in ("tazpod-init", "tini"):
        adopted, warned = adopts(["-s"])
        text += "; -s: reaped" if adopted and not warned else "; -s does not help"
    return text


@behaviour("says which orphan was reaped", "-w", "-w", "-v", "no", catatonit="with CATATONIT_DEBUG")
def says_what_is_reaped(init):
    for name, words, environment in (("-w", ["-w"], {}), ("-v", ["-v"], {}), ("with CATATONIT_DEBUG", [], {"CATATONIT_DEBUG": "1"})):
        if words and not option(init, tazpod_init=["-w"], tini=["-w"], dumb_init=["-v"]) == words:
            continue
        done = run(init, "sh", "-c", "(sleep 0.02 &); sleep 0.2", options=words, env=dict(os.environ, **environment))
        if "zombie process with pid=" in done.errors or done.errors.count("A child with PID") > 1:
            return name
    return "no"


@behaviour(
    "its own folder and other descriptors", "let go", "kept", "folder let go", "descriptors let go", tini="let go", dumb_init="let go", catatonit="let go")
def surroundings(init):
    reading, writing = os.pipe()
    try:
        with Running(init, probe("command"), "signals", pass_fds=[writing]) as running:
            running.expect("ready")
            kept = []
            if not comes(lambda: os.readlink(f"/proc/{running.pid}/cwd") == "/"):
                kept.append("folder")
            if not comes(lambda: str(writing) not in os.listdir(f"/proc/{running.pid}/fd")):
                kept.append("descriptors")
            assert str(writing) in os.listdir(f"/proc/{running.command_pid}/fd")
    finally:
        os.close(reading)
        os.close(writing)
    return {(): "let go", ("descriptors",): "folder let go", ("folder",): "descriptors let go", ("folder", "descriptors"): "kept"}[tuple(kept)]


@behaviour("LISTEN_PID that names it becomes the command's", "yes", "no", "no", "yes", tini="yes", dumb_init="yes")
def listen_pid(init):
    told = state(init, env=dict(os.environ, LISTEN_PID="1"))
    return yes(told["listen"] == told["pid"])


@behaviour("the command's process group", "its own", "its own", "its own", "its own")
def process_group(init):
    told = state(init)
    return "its own" if told["group"] == told["pid"] else "the init's"


@behaviour("the command's session", "the init's; --session: its own", "the init's", "its own", "the init's")
def session(init):
    def own(options):
        told = state(init, options=options)
        return told["session"] == told["pid"]

    if own([]):
        return "its own"
    return "the init's; --session: its own" if init.speaks == "tazpod-init" and own(["--session"]) else "the init's"


@behaviour("its parent's death", "-p, by name or number", "-p, by name", NO_OPTION, NO_OPTION, tini="-p, by name or number")
def parent_death(init):
    if init.speaks not in ("tazpod-init", "tini"):
        return NO_OPTION

    def told(word):
        # Its parent is a shell, which is killed.
        shell = '"$@" & exec sleep 1000'
        with Running(init, probe("command"), "signals", options=["-s", "-p", word], below="under", wrapper=("sh", "-c", shell, "sh")) as running:
            parent = running.pid
            if not comes(lambda: "ready" in running.lines):
                return False
            wait_until(lambda: "sleep" in (field(parent, "Name") or ""), "the shell waits")
            # PID 1 sees the shell end, and ends too; a stopped one does not.
            os.kill(next(iter(children(running.process.pid))), signal.SIGSTOP)
            os.kill(parent, signal.SIGKILL)
            return comes(lambda: "15 0" in running.lines)

    if not told("SIGTERM"):
        return "no"
    return "-p, by name or number" if told("15") else "-p, by name"


@behaviour("its parent dies while it starts (-p)", "it is told", "it is not told", NO_OPTION, NO_OPTION, tini="it is told")
def parent_death_race(init):
    if init.speaks not in ("tazpod-init", "tini"):
        return NO_OPTION
    if shutil.which("strace") is None:
        missing("strace is not installed")
    # Its first prctl is held up, in which time its parent dies. strace is no parent here (-D). The signal is blocked from the start on, for
    # it may come before the command could do that itself.
    slow = [probe("command"), "blocking", "12", "strace", "-D", "-q", "-o", "/dev/null", "-e", "trace=prctl", "-e", "inject=prctl:delay_enter=500000:when=1"]
    with Running(
            init, probe("command"), "signals", options=["-s", "-p", "SIGUSR2"], below="linger",
            wrapper=("sh", "-c", '"$@" & sleep 0.2; kill -KILL $$', "sh", *slow)) as running:
        running.expect("ready")
        return "it is told" if comes(lambda: "12 0" in running.lines) else "it is not told"
