"""What a good terminal can do reaches through the sessions: colours, letters, pastes, the clipboard, the mouse."""

import base64
import re

import pytest

from pod import plain_text, wait_until
from remote import PROVIDERS, make
from tmux_client import PROMPT, attach, detach


@pytest.fixture(scope="module", params=PROVIDERS)
def pod(request):
    if request.param != "native":
        request.getfixturevalue(request.param)
    pod = make(request.param, environment={"COLORTERM": "", "LANG": "C.UTF-8"})
    request.addfinalizer(pod.close)
    pod.up().unlock()
    return pod


@pytest.fixture(params=["main", "ghost"])
def terminal(pod, request):
    terminal = attach(pod, request.param)
    yield terminal
    detach(terminal)


def test_the_mouse_is_asked_for(pod):
    for session in ("main", "ghost"):
        terminal = pod.terminal("attach", session)
        terminal.expect(PROMPT)
        assert "\x1b[?1000h" in terminal.before and "\x1b[?1006h" in terminal.before
        detach(terminal)


def test_a_program_sets_the_clipboard(terminal):
    text = base64.b64encode(b"from the pod").decode()
    terminal.sendline(f"printf '\\033]52;c;%s\\a' {text}")
    terminal.expect_exact(f";{text}\x07")
    assert terminal.before.endswith(("\x1b]52;c", "\x1b]52;"))


def test_true_colour_stays_true(terminal):
    terminal.sendline("printf '\\033[38;2;12;34;56mcolour%s\\033[m\\n' ed")
    terminal.expect_exact("coloured")
    assert re.search(r"\x1b\[[0-9;]*38;2;12;34;56", terminal.before)


def test_letters_of_all_alphabets_are_shown(terminal):
    terminal.sendline("printf '\\346\\227\\245\\303\\251\\342\\202\\254%s\\n' =")
    terminal.expect_exact("日é€=")


def test_a_paste_is_not_typed(terminal):
    terminal.send("\x1b[200~echo one$((1+1))\necho two$((1+1))\x1b[201~")
    terminal.expect_exact("echo two$((1+1))")
    assert "one2" not in plain_text(terminal.before)
    terminal.send("\r")
    terminal.expect("one2")
    terminal.expect("two2")


def test_a_users_own_configuration_counts_more(pod):
    pod.public("sh", "-c", "echo 'set -g history-limit 77' > ~/.tmux.conf; tmux kill-server", check=0)
    wait_until(lambda: "main" in pod.run("sessions").output, "main is there again")
    assert pod.public("tmux", "show-options", "-gv", "history-limit", check=0).output == "77\n"
    assert pod.public("tmux", "show-options", "-sv", "set-clipboard", check=0).output == "on\n"


def test_what_tmux_begins_with_is_nobodys_to_change(pod):
    said = pod.public("sh", "-c", "echo 'run-shell true' >> /run/tazpod/tmux.conf; rm -f /run/tazpod/tmux.conf; stat -c %U:%a /run/tazpod/tmux.conf")
    assert said.output == "root:644\n"


def test_attach_without_a_name_asks_where_there_are_several(pod):
    pod.run("sessions", "--create", "build", check=0)
    terminal = pod.terminal("attach")
    terminal.expect(r"Attach to \(1-2, or Enter for none\): ")
    terminal.sendline("build")
    terminal.expect(PROMPT)
    terminal.sendline("tmux display-message -p 'in=#S'")
    terminal.expect("in=build")
    assert detach(terminal) == 0
    terminal = pod.terminal("attach")
    terminal.expect("Attach to")
    terminal.sendline("")
    terminal.wait()
    assert terminal.exitstatus == 0
    # A name is an answer already, and with one session there is nothing to ask.
    for words in (["attach", "main"], ["attach"]):
        terminal = pod.terminal(*words)
        terminal.expect(PROMPT)
        terminal.sendline("tmux display-message -p 'in=#S'")
        terminal.expect("in=main")
        assert detach(terminal) == 0
        pod.run("sessions", "--end", "build")


def test_on_a_terminal_one_is_asked_for_the_session(pod):
    pod.run("sessions", "--create", "build", check=0)
    terminal = pod.terminal("sessions")
    terminal.expect(r"Attach to \(1-3, or Enter for none\): ")
    shown = [line.split()[:3] for line in plain_text(terminal.before).splitlines() if line.split()]
    assert shown[0] == ["SESSION", "KIND", "WINDOWS"]
    numbers = {name: number for number, name, _ in shown[1:]}
    assert set(numbers) == {"main", "build", "ghost"}
    terminal.sendline("9")
    terminal.expect("there is no session 9")
    terminal.expect("Attach to")
    terminal.sendline(numbers["ghost"])
    terminal.expect(PROMPT)
    terminal.sendline("echo in=$TAZPOD_GHOST")
    terminal.expect("in=1")
    assert detach(terminal) == 0
    terminal = pod.terminal("sessions")
    terminal.expect("Attach to")
    terminal.sendline("build")
    terminal.expect(PROMPT)
    assert detach(terminal) == 0
    terminal = pod.terminal("sessions")
    terminal.expect("Attach to")
    terminal.sendline("")
    terminal.wait()
    assert terminal.exitstatus == 0
    # Without a terminal it is a list, as it was.
    assert "1" not in pod.run("sessions", check=0).output.split()[:4]
    pod.run("sessions", "--end", "build", check=0)
