"""Sessions: several terminals at once, resize, detach and reattach, and terminals that go away."""

import json
import os
import signal
import subprocess

from pod import PASSPHRASE, plain_text, wait_until
from tmux_client import attach, detach


def size_of(terminal, marker):
    """What the shell in `terminal` takes its size for."""
    terminal.sendline(f"echo {marker}$(stty size | tr ' ' x)=")
    terminal.expect(rf"{marker}(\d+x\d+)=")
    return terminal.match.group(1)


def test_unlock_on_a_terminal_asks_attaches_and_locks_at_the_end(pod):
    terminal = pod.terminal("unlock")
    terminal.expect("Passphrase for the vault of project: ")
    terminal.sendline("wrong")
    terminal.expect("wrong")
    terminal.expect("Passphrase for the vault of project: ")
    terminal.sendline(PASSPHRASE)
    terminal.expect(r"\$ ")
    assert PASSPHRASE not in plain_text(terminal.before)
    terminal.sendline("id -u; exit")
    terminal.expect("the vault is locked")
    terminal.wait()
    assert terminal.exitstatus == 0
    assert pod.vault_state() == "locked"


def test_three_wrong_passphrases_end_the_request(pod):
    terminal = pod.terminal("unlock")
    for _ in range(3):
        terminal.expect("Passphrase")
        terminal.sendline("wrong")
    terminal.expect("the passphrase is wrong; nothing was changed")
    terminal.wait()
    assert terminal.exitstatus == 5


def test_a_new_passphrase_is_asked_for_twice(make_pod):
    pod = make_pod(config="vault: {size: 64MiB}\n").up()
    terminal = pod.terminal("unlock")
    terminal.expect("There is no vault yet")
    terminal.expect("New passphrase")
    terminal.sendline(PASSPHRASE)
    terminal.expect("The same again")
    terminal.sendline("something else")
    terminal.expect("the two passphrases differ")
    terminal.wait()
    assert terminal.exitstatus == 5 and not pod.image.exists()
    terminal = pod.terminal("unlock")
    for prompt in ("New passphrase", "The same again"):
        terminal.expect(prompt)
        terminal.sendline(PASSPHRASE)
    terminal.expect(r"\$ ")
    terminal.sendline("exit")
    terminal.expect("the vault is locked")


def test_ctrl_c_at_the_prompt_ends_the_request_and_restores_the_terminal(pod):
    terminal = pod.terminal("unlock")
    terminal.expect("Passphrase")
    terminal.send("\x03")
    terminal.wait()
    assert terminal.exitstatus in (130, 5)
    wait_until(lambda: pod.vault_state() == "locked", "locked")
    pod.unlock()


def test_two_terminals_share_a_ghost_and_a_third_is_public(pod):
    pod.unlock()
    first, second, public = attach(pod, "ghost"), attach(pod, "ghost"), attach(pod, "main")
    first.sendline("echo shared-$((40 + 2))")
    second.expect("shared-42")
    public.sendline("echo alone-$((40 + 2)); cat ~/secrets/* 2>&1")
    public.expect("alone-42")
    assert "shared-42" not in plain_text(public.before)
    sessions = {session["name"]: session["kind"] for session in json.loads(pod.run("sessions", "--json", check=0).output)["sessions"]}
    assert sessions == {"main": "public", "ghost": "ghost"}
    assert detach(first) == 0 and detach(public) == 0
    second.sendline("echo still-$((40 + 2))")
    second.expect("still-42")
    assert detach(second) == 0
    assert pod.vault_state() == "open"


def test_a_resize_reaches_the_shell(pod):
    pod.unlock()
    for session in ("ghost", "main"):
        terminal = attach(pod, session, rows=30, columns=100)
        wait_until(lambda terminal=terminal: size_of(terminal, "a") == "29x100", f"{session} has the terminal's size", 10)
        terminal.setwinsize(41, 133)
        wait_until(lambda terminal=terminal: size_of(terminal, "b") == "40x133", f"{session} is resized", 10)
        detach(terminal)


def kill_terminal(terminal):
    """The terminal's window is closed: everything on it hears SIGHUP, and the terminal is gone."""
    terminal.close(force=True)


def test_a_killed_terminal_leaves_the_session_to_come_back_to(pod):
    pod.unlock()
    for session in ("ghost", "main"):
        terminal = attach(pod, session)
        terminal.sendline("MARK=kept; echo set$((1 + 1))")
        terminal.expect("set2")
        kill_terminal(terminal)
        terminal = attach(pod, session)
        terminal.sendline("echo mark=$MARK=")
        terminal.expect("mark=kept=")
        detach(terminal)


def test_a_dropped_exec_leaves_the_session_alive(pod):
    """The engine's own client is killed, without a word to the pod."""
    pod.unlock()
    terminal = attach(pod, "ghost")
    terminal.sendline("MARK=kept; echo set$((1 + 1))")
    terminal.expect("set2")
    os.kill(terminal.pid, signal.SIGKILL)
    terminal.wait()
    terminal.close()
    assert pod.vault_state() == "open"
    terminal = attach(pod, "ghost")
    terminal.sendline("echo mark=$MARK=")
    terminal.expect("mark=kept=")
    terminal.close(force=True)


def test_the_public_session_comes_back_when_its_shell_ends(pod):
    terminal = attach(pod, "main")
    terminal.sendline("exit")
    terminal.wait()
    wait_until(lambda: "main" in pod.run("sessions").output, "main is there again")
    detach(attach(pod, "main"))


def test_a_killed_public_tmux_comes_back_and_harms_no_ghost(pod):
    pod.unlock()
    pod.public("sh", "-c", "kill -9 $(tmux display-message -p '#{pid}')", check=0)
    wait_until(lambda: "main" in pod.run("sessions").output, "main is there again")
    assert pod.vault_state() == "open"
    assert "ghost" in pod.ghost("tmux list-sessions", check=0).output


def test_without_a_token_attach_asks_for_the_passphrase(pod):
    pod.unlock()
    for file in (pod.folder / "run").rglob("*.token"):
        file.unlink()
    terminal = pod.terminal("attach", "ghost")
    terminal.expect("Passphrase for the vault of project: ")
    terminal.sendline("wrong")
    terminal.expect("passphrase is wrong")
    terminal.wait()
    assert terminal.exitstatus == 5
    terminal = pod.terminal("attach", "ghost")
    terminal.expect("Passphrase for the vault of project: ")
    terminal.sendline(PASSPHRASE)
    terminal.expect(r"\$ ")
    detach(terminal)
    # And the same without a terminal.
    assert pod.run("exec", "--ghost", "--", "echo", "in", passphrase=PASSPHRASE, check=0).output == "in\n"
    assert pod.run("exec", "--ghost", "--", "echo", "in", passphrase="wrong").status == 5


def test_exec_passes_input_output_and_status(pod):
    pod.unlock()
    for where in ([], ["--ghost"]):
        result = pod.run("exec", *where, "--", "sh", "-c", "cat; echo bad >&2; exit 7", stdin=b"good\n")
        assert (result.status, result.output, result.errors.strip()) == (7, "good\n", "bad")
        missing = pod.run("exec", *where, "--", "no-such-program")
        assert (missing.status, missing.output) == (127, "")


def test_a_signal_to_exec_reaches_the_command(pod):
    pod.unlock()
    script = "trap 'echo caught; exit 3' INT TERM; echo ready; while :; do sleep 0.05; done"
    terminal = pod.terminal("exec", "--ghost", "--", "sh", "-c", script)
    terminal.expect("ready")
    terminal.send("\x03")
    terminal.expect("caught")
    terminal.wait()
    assert terminal.exitstatus == 3


def test_unlock_detach_without_a_terminal_and_lock_from_anywhere(pod):
    pod.unlock()
    tazpod = "/run/tazpod/bin/tazpod" if pod.provider == "native" else "tazpod"
    assert pod.public(tazpod, "status", check=0).output.count("open") == 1
    pod.public(tazpod, "lock", check=0)
    assert pod.vault_state() == "locked"
    pod.unlock()
    pod.ghost(f"{tazpod} lock")
    assert pod.vault_state() == "locked"


def test_the_last_process_of_the_ghost_ends_it_not_the_first(pod):
    pod.unlock()
    pod.ghost("setsid sleep 2 >/dev/null 2>&1 & tmux kill-server; true")
    assert pod.vault_state() == "open"
    wait_until(lambda: pod.vault_state() == "locked", "the sleep has ended", 10)


def test_a_token_is_the_hosts_alone(pod):
    pod.unlock()
    files = list((pod.folder / "run").rglob("*.token"))
    assert len(files) == 1 and files[0].stat().st_mode & 0o777 == 0o600
    shown = subprocess.run(
        ["sh", "-c", "cat /proc/[0-9]*/cmdline"], capture_output=True, timeout=20).stdout.decode(errors="replace")
    for token in files[0].read_text().split():
        assert token not in shown
    before = files[0].read_text()
    pod.lock()
    assert not list((pod.folder / "run").rglob("*.token"))
    # A token of a session that was locked opens nothing.
    pod.unlock()
    files[0].write_text(before)
    assert pod.run("exec", "--ghost", "--", "true").status == 5
