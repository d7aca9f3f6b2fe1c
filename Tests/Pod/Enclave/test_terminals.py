"""The ghost's terminals, and those of its clients, are nobody else's."""

import contextlib
import os
import time

from pod import wait_until


def test_the_ghosts_terminal_cannot_be_opened(pod):
    pod.unlock()
    terminal = pod.terminal("attach", "ghost")
    terminal.expect(r"\$ ")
    # The one process of the user that has it, and that the pod's other processes would see if they could.
    clients = wait_until(lambda: [p for p in pod.enclave_processes() if p.name == "tmux: client"], "tmux's client is in the ghost")
    held = {tty for process in clients for tty in terminals_of(process.pid)}
    assert held, "the attached client has a terminal"
    script = "for t in /dev/pts/[0-9]*; do (: <>$t) 2>/dev/null && stat -c %d:%r $t; done; true"
    opened = set(pod.public("sh", "-c", script, check=0).output.split())
    assert opened, "the public session's own terminal can be opened: the probe works"
    assert not held & opened
    terminal.close(force=True)


def terminals_of(pid):
    """Terminals that a process holds, as filesystem:device, since the host's devpts and the pod's use the same names."""
    found = set()
    for descriptor in ("0", "1"):
        with contextlib.suppress(OSError):
            if os.readlink(f"/proc/{pid}/fd/{descriptor}").startswith("/dev/pts/"):
                status = os.stat(f"/proc/{pid}/fd/{descriptor}")
                found.add(f"{status.st_dev}:{status.st_rdev}")
    return found


def test_the_ghosts_own_terminals_are_not_in_the_pod(pod):
    pod.unlock()
    inside = pod.ghost("tmux list-panes -a -F '#{pane_tty}'; ls /dev/pts", check=0).output
    assert "/dev/pts/0" in inside
    # The same name outside leads to another terminal: what is written there does not show in the ghost.
    pod.public("sh", "-c", "echo intruder-$((40 + 2)) > /dev/pts/0; true", check=0)
    time.sleep(0.3)
    assert "intruder-42" not in pod.ghost("tmux capture-pane -p -t ghost", check=0).output


def test_without_own_terminals_the_public_area_would_write_to_the_ghost(make_weakened_pod):
    pod = make_weakened_pod("terminals")
    pod.unlock()
    pane = pod.ghost("tmux list-panes -a -F '#{pane_tty}'", check=0).output.split()[0]
    pod.public("sh", "-c", f"echo intruder-$((40 + 2)) > {pane}", check=0)
    wait_until(lambda: "intruder-42" in pod.ghost("tmux capture-pane -p -t ghost", check=0).output, "it shows")
