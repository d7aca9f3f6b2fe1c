"""vault: lock_after: locks a vault that nobody types in."""

import subprocess
import time

import pytest

from pod import PASSPHRASE, wait_until

CONFIG = "vault: {lock_after: 10s}\n"
IN_MEMORY = "vault: {lock_after: 10s, driver: ram}\n"


# The same programs do it in every pod, and it takes its time.
@pytest.mark.parametrize("provider", ["native"], indirect=True)
def test_a_vault_locks_when_nothing_is_typed_and_stays_open_while_something_is(make_pod):
    left, typed, busy = pods = [make_pod(config=config) for config in (IN_MEMORY, CONFIG, CONFIG)]
    for pod in pods:
        pod.use_quick_vault()
        pod.up()
    left.unlock()
    left.ghost("echo saved > ~/secrets/file", check=0)
    begun = time.monotonic()
    assert left.status()["vault"]["lockAfter"] == 10
    for pod in (typed, busy):
        pod.unlock()
    terminal = typed.terminal("attach", "ghost")
    terminal.expect(r"\$ ")
    # Nobody types here, but somebody waits for it.
    command = subprocess.Popen(
        busy.command("exec", "--ghost", "--", "sleep", "30"), env=busy.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True)

    def type_and_look():
        terminal.send("x")
        time.sleep(1)
        return left.vault_state() == "locked"

    wait_until(type_and_look, "the one where nobody types is locked", 40)
    # A terminal knows the time of its last input to 8 seconds.
    assert time.monotonic() - begun >= 9
    assert left.run("unlock", "--", "cat", "/home/tazpod/secrets/file", passphrase=PASSPHRASE, check=0).output == "saved\n"
    while time.monotonic() - begun < 22:
        type_and_look()
    assert typed.vault_state() == "open"
    assert busy.vault_state() == "open"
    wait_until(lambda: typed.vault_state() == "locked", "it is locked when nobody types any more", 40)
    terminal.expect("nothing was typed in the ghost for 10 seconds")
    terminal.wait()
    assert terminal.exitstatus == 10
    command.wait(40)
    wait_until(lambda: busy.vault_state() == "locked", "it is locked when nobody waits any more", 40)
