"""No secret is where others look: in the state, the logs, the engine's records, the arguments and environment of any process."""

import contextlib
import http.client
import json
import pathlib
import socket

import pytest

from attacks import open_with_secret
from pod import PASSPHRASE, all_processes


def attach_with_a_typed_passphrase(pod):
    """A ghost with a secret in it, and a client that stays."""
    for file in (pod.folder / "run").rglob("*.token"):
        file.unlink()
    terminal = pod.terminal("attach", "ghost")
    terminal.expect("Passphrase for the vault of project: ")
    terminal.sendline(PASSPHRASE)
    terminal.expect(r"\$ ")
    return terminal


def token_of(pod):
    return next((pod.folder / "run").rglob("*.token")).read_text().split()[0]


def processes_that_show(needle, except_for=()):
    """(process, file) for every process of this machine that shows `needle` in its arguments or its environment."""
    found, excepted = [], {process.pid for process in except_for}
    for process in all_processes():
        for name in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                if process.pid not in excepted and needle.encode() in pathlib.Path(f"/proc/{process.pid}/{name}").read_bytes():
                    found.append((process, name))
    return found


def test_no_process_outside_of_the_ghost_shows_a_secret(pod):
    text = open_with_secret(pod)
    token = token_of(pod)
    terminal = attach_with_a_typed_passphrase(pod)
    inside = pod.enclave_processes()
    assert not processes_that_show(PASSPHRASE)
    assert not processes_that_show(text, except_for=inside)
    # A control: in the ghost's own environment it is.
    assert {process.pid for process, _ in processes_that_show(text)} <= {process.pid for process in inside}
    assert processes_that_show(text)
    # A token travels in the environment of root's processes, and in no arguments.
    assert not [process for process, name in processes_that_show(token) if name == "cmdline"]
    seen = pod.public("sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; true", check=0).output
    assert "TAZPOD_GHOST" not in seen and "HOME=" in seen
    for secret in (PASSPHRASE, text, token):
        assert secret not in seen
    terminal.close(force=True)


def test_the_state_and_the_logs_show_no_secret(pod):
    text = open_with_secret(pod)
    pod.unlock(passphrase="a wrong one that is typed", check=None)
    token = token_of(pod)
    shown = pod.log() + "".join(
        result.output + result.errors
        for result in (
            pod.run("status", "--json"), pod.run("status", "--verbose"), pod.run("sessions", "--json"), pod.run("list", "--json"),
            pod.run("exec", "--verbose", "--ghost", "--", "true"), pod.run("up", "--dry-run"),
        ))
    assert text in pod.ghost("cat ~/secrets/token", check=0).output
    pod.lock()
    shown += pod.log()
    assert "the vault is open" in shown and "the vault is locked" in shown, "the log was read"
    for secret in (PASSPHRASE, "a wrong one that is typed", text, token):
        assert secret not in shown


@pytest.mark.parametrize("provider", ["docker"], indirect=True)
def test_docker_inspect_shows_no_secret(pod, request):
    text = open_with_secret(pod)
    token = token_of(pod)
    terminal = attach_with_a_typed_passphrase(pod)
    docker = request.getfixturevalue("docker")
    shown = docker.run("inspect", pod.name).stdout
    assert "TAZPOD_PROJECT" in shown, "the pod's own variables are shown"
    commands = json.loads(shown)[0]["ExecIDs"]
    assert commands, "the attached client is an exec"
    shown += "".join(exec_record(docker.host, identifier) for identifier in commands)
    shown += docker.run("logs", pod.name).stdout + docker.run("top", pod.name, "-eo", "pid,args").stdout
    for secret in (PASSPHRASE, text, token):
        assert secret not in shown
    terminal.close(force=True)


def exec_record(host, identifier):
    """What the daemon tells of a command that it runs in a container."""
    assert host.startswith("unix://")
    connection = http.client.HTTPConnection("docker", timeout=20)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(host.removeprefix("unix://"))
    connection.request("GET", f"/exec/{identifier}/json")
    return connection.getresponse().read().decode()
