"""A lock from outside is no request: whatever the ghost does or ignores, it ends, and with it everything of the vault."""

import subprocess
import time

from attacks import open_with_secret, put
from pod import Leftovers, wait_until

# A lock asks politely for 0.3 s; one that could not kill would take more than 4.
LONGEST = 3.0


def lock_against(pod, probes, count):
    """How long a lock takes when so many processes of the ghost ignore every signal, are stopped, or come back."""
    program, leftovers = put(pod, probes / "stubborn"), Leftovers(pod)
    pod.unlock()
    holder = subprocess.Popen(
        pod.command("exec", "--ghost", "--", "sh", "-c", f"cd ~/secrets && exec {program} {count} 9>held"),
        stdout=subprocess.PIPE, text=True, env=pod.environment, stdin=subprocess.DEVNULL)
    assert holder.stdout.readline() == "ready\n"
    assert len(pod.enclave_processes()) > count
    start = time.monotonic()
    pod.lock()
    taken = time.monotonic() - start
    holder.communicate(timeout=30)
    leftovers.check()
    assert pod.vault_state() == "locked"
    return taken


def test_a_ghost_that_ignores_everything_is_locked(pod, probes):
    assert lock_against(pod, probes, 300) < LONGEST


def test_without_force_it_would_not_be(make_weakened_pod, probes):
    assert lock_against(make_weakened_pod("forced-end"), probes, 3) > LONGEST


# Sixty processes, each of which lives for a moment and starts the next.
BOMB = """trap '' HUP TERM INT
next() { sleep 0.1; next & }
for number in $(seq 60); do next & done
echo ready
"""


def test_a_ghost_that_goes_on_forking_is_locked(pod):
    """A fork bomb, within reason."""
    leftovers = Leftovers(pod)
    (pod.directory / "bomb").write_text(BOMB)
    pod.unlock()
    assert pod.ghost("setsid bash /workspace/bomb 2>/dev/null | head -1", check=0).output == "ready\n"
    assert len(pod.enclave_processes()) > 30
    start = time.monotonic()
    pod.lock()
    assert time.monotonic() - start < LONGEST
    leftovers.check()


def test_a_ghost_whose_processes_were_all_stopped_from_outside_is_locked(pod):
    """The public area has the same uid, so its signals arrive: a nuisance, and no way in."""
    leftovers = Leftovers(pod)
    open_with_secret(pod)
    stop = r"for p in /proc/[0-9]*; do grep -qE '^NSpid:\s[0-9]+\s[0-9]+' $p/status && kill -STOP ${p#/proc/}; done 2>/dev/null; true"
    pod.public("sh", "-c", stop, check=0)
    wait_until(lambda: all(process.state == "T" for process in pod.enclave_processes()), "the ghost is stopped")
    start = time.monotonic()
    pod.lock()
    assert time.monotonic() - start < LONGEST
    leftovers.check()


def test_killing_everything_of_the_user_from_the_public_area_locks_the_vault(pod):
    leftovers = Leftovers(pod)
    text = open_with_secret(pod)
    assert text in pod.ghost("cat ~/secrets/token", check=0).output
    pod.public("sh", "-c", "kill -KILL -1")
    wait_until(lambda: pod.vault_state() == "locked", "the vault is locked")
    leftovers.check()
    assert text not in pod.public("sh", "-c", "cat ~/secrets/* 2>&1; true").output
