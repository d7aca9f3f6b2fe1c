"""What inits say, and where."""

import contextlib
import os
import signal
import subprocess

from behaviour import NO_OPTION, behaviour, comes, option
from inits import WAIT, Running, run


@behaviour("what it says goes into the command's output", "never", "with -v", "never", "never", tini="never")
def mixes_output(init):
    words = option(init, tazpod_init=["-vvv"], tini=["-vvv"], dumb_init=["-v"]) or []
    done = run(init, "sh", "-c", "sleep 0.05 & wait; echo mine", options=words, env=dict(os.environ, CATATONIT_DEBUG="1"))
    return "never" if done.output == "mine\n" else "with -v"


@behaviour(
    "it says something, and nobody reads it: the command", "runs on", "is ended by SIGPIPE", "is ended, and the init hangs", "is ended by SIGPIPE",
    tini="runs on", dumb_init="runs on", catatonit="runs on")
def unread_messages(init):
    words = option(init, tazpod_init=["-wvvv"], tini=["-wvvv"], dumb_init=["-v"]) or []
    reading, writing = os.pipe()
    os.close(reading)
    try:
        with Running(init, "sh", "-c", "(sleep 0.02 &); sleep 0.2; echo mine", options=words, stderr=writing,
                     env=dict(os.environ, CATATONIT_DEBUG="1")) as running:
            has_ended = comes(lambda: running.has_ended, 2)
            if has_ended and running.end() == 141:
                return "is ended by SIGPIPE"
            return "runs on" if has_ended and "mine" in running.lines else "is ended, and the init hangs"
    finally:
        os.close(writing)


@behaviour("--version begins with, for docker info", "its own name", "tini version", "its own name", "tini version")
def version(init):
    done = subprocess.run([init.path, "--version"], capture_output=True, text=True, timeout=WAIT, check=True)
    text = done.stdout or done.stderr
    return "tini version" if text.startswith("tini version ") else "its own name" if text.startswith(init.speaks) else text


@behaviour("runs no command and only reaps", "-P", NO_OPTION, NO_OPTION, "-P")
def pause(init):
    if init.speaks not in ("tazpod-init", "catatonit"):
        return NO_OPTION
    with Running(init, options=["-P"]) as running:
        def asked_to_end():
            with contextlib.suppress(ProcessLookupError):
                os.kill(running.pid, signal.SIGTERM)
            return comes(lambda: running.has_ended, 0.1)

        # What comes before it waits for signals is lost on a PID 1.
        return "-P" if comes(asked_to_end, 5) and running.end() == 0 else "no"
