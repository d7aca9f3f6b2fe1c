"""Services and sessions side by side."""

import os
import pathlib
import signal
import subprocess
import time

from services import FOREVER, same_namespace, service
from supervised import wait_until


def test_the_crash_of_the_tmux_server_loses_no_service_and_the_session_comes_back(start):
    init = start({"web": service(FOREVER)})
    wait_until(init.is_ready, "the pod is ready")
    before = init.service_list()
    server = wait_until(lambda: tmux_server(init), "tmux runs")
    os.kill(server, signal.SIGSEGV)
    wait_until(lambda: tmux_server(init) not in (None, server), "tmux runs again")
    assert init.service_list() == before


def tmux_server(init):
    for pid in os.listdir("/proc"):
        if pid.isdigit() and same_namespace(pid, init.pid) and pathlib.Path(f"/proc/{pid}/comm").read_text() == "tmux: server\n":
            return int(pid)
    return None


def test_sessions_are_created_kept_alive_and_ended(start):
    init = start()
    wait_until(init.is_ready, "the pod is ready")
    assert init.ask("create-session", name="build") == ("ok", [])
    assert session_names(init) == ["build", "main"]
    assert init.ask("create-session", name="build") == ("ok", [])
    tmux(init, "kill-session", "-t", "=build")
    wait_until(lambda: session_names(init) == ["build", "main"], "build is there again")
    tmux(init, "new-session", "-d", "-s", "mine")
    tmux(init, "kill-session", "-t", "=mine")
    assert init.ask("end-session", name="build") == ("ok", [])
    time.sleep(0.6)
    assert session_names(init) == ["main"]
    assert init.ask("end-session", name="build")[0] == "error"
    assert dict(init.ask("end-session", name="main")[1])["code"] == "7"
    for name in ("", "a.b", "-x", "a b", "x" * 65, "a:b"):
        assert dict(init.ask("create-session", name=name)[1])["code"] == "2"


def session_names(init):
    word, fields = init.ask("sessions")
    return sorted(value for key, value in fields if key == "session") if word == "ok" else None


def tmux(init, *arguments):
    subprocess.run(
        ["nsenter", "--target", str(init.pid), "--mount", "--pid", "setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "tmux", *arguments],
        check=True, timeout=20, env={"PATH": os.environ["PATH"]})
