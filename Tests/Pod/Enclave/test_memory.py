"""Keys and passphrases are where they must be and nowhere else: not in other memory, in core files, in swap."""

import os
import resource
import signal

import pytest

from attacks import as_bare_root, put
from luks import Luks2
from memory import regions_with
from pod import PASSPHRASE, Leftovers, canary, end_process, tool, wait_until


def key_of(pod):
    return Luks2(pod.image, PASSPHRASE).key


def server(pod):
    return pod.processes_named("tazpod-vault")[0]


def test_the_passphrase_is_in_no_memory_and_the_key_in_the_servers_alone(pod):
    pod.unlock()
    # And again as proof, which another process checks.
    pod.run("exec", "--ghost", "--", "true", passphrase=PASSPHRASE, check=0)
    key, holder = key_of(pod), server(pod).pid
    # XTS has two keys, which the cipher keeps apart.
    halves = key[:len(key) // 2], key[len(key) // 2:]
    for process in pod.processes():
        assert not regions_with(process.pid, PASSPHRASE.encode()), process
        if process.pid != holder:
            assert not any(regions_with(process.pid, half) for half in halves), process
    assert all(regions_with(holder, half) for half in halves), "the scan finds what is there"


def regions_of_the_key(pod):
    pod.unlock()
    key = key_of(pod)
    return [region for half in (key[:32], key[32:]) for region in regions_with(server(pod).pid, half)]


def test_the_key_is_on_pages_that_are_neither_swapped_nor_dumped(pod):
    found = regions_of_the_key(pod)
    assert found and all(region.is_locked and region.is_left_out_of_dumps for region in found)


def test_without_locked_memory_the_key_could_be_swapped(make_weakened_pod):
    assert not all(region.is_locked for region in regions_of_the_key(make_weakened_pod("locked-memory")))


def as_bare_root_on_the_server(pod):
    """What root without capabilities gets of the process that holds the key."""
    pod.unlock()
    inside = f"/proc/{server(pod).numbers[-1]}"
    script = f"""
        (: <{inside}/mem) && echo mem; cat {inside}/maps | grep -q . && echo maps; ls {inside}/root/ | grep -q . && echo root
        readlink {inside}/fd/* | grep -q . && echo fd; cat {inside}/environ | grep -q . && echo environ; true"""
    return set(as_bare_root(pod, "sh", "-c", f"({script}) 2>/dev/null").split())


def test_root_without_capabilities_cannot_read_the_process_that_holds_the_key(pod):
    assert as_bare_root_on_the_server(pod) == set()


def test_were_it_dumpable_bare_root_would_read_the_key(make_weakened_pod):
    assert {"mem", "maps"} <= as_bare_root_on_the_server(make_weakened_pod("not-dumpable"))


def crash_in_the_ghost(pod, probes):
    """A program with a secret in its memory crashes in the workspace: what its parent hears, and the files with the secret."""
    program, (text, _) = put(pod, probes / "crash"), canary()
    pod.unlock()
    heard = pod.ghost(f"mkdir -p cores && cd cores && {program} {text}", check=0).output.strip()
    files = [file for file in (pod.directory / "cores").iterdir() if text.encode() in file.read_bytes()]
    return heard, len(files)


def test_a_crash_in_a_ghost_leaves_no_core(pod, probes):
    assert crash_in_the_ghost(pod, probes) == ("no dump", 0)


def test_without_the_limit_a_crash_would_leave_the_secret_in_the_workspace(make_weakened_pod, probes):
    heard, files = crash_in_the_ghost(make_weakened_pod("core-limit"), probes)
    # Where the host's core_pattern names a place or a program of its own, the file is not in the workspace.
    with open("/proc/sys/kernel/core_pattern") as file:
        is_name = not file.read().startswith(("|", "/"))
    assert heard == "dumped" and (files == 1 or not is_name)


def files_after_a_crash(pod, name, number):
    """What is new in the folder of our process `name` after this signal, which the vault's end follows."""
    leftovers = Leftovers(pod)
    pod.unlock()
    victim = pod.processes_named(name)[0]
    folder = f"/proc/{pod.init_pid()}/root" + os.readlink(f"/proc/{victim.pid}/cwd")
    before = set(os.listdir(folder))
    # As much as it may have: many machines start with a soft limit of nothing.
    _, hard = resource.prlimit(victim.pid, resource.RLIMIT_CORE)
    resource.prlimit(victim.pid, resource.RLIMIT_CORE, (hard, hard))
    end_process(victim.pid, number)
    wait_until(lambda: pod.vault_state() == "locked", f"locked after {name} got {number}")
    leftovers.check()
    return set(os.listdir(folder)) - before


# The enclave's own PID 1 hears of no such signal (pid_namespaces(7)).
@pytest.mark.parametrize("name", ["tazpod-ghost", "tazpod-vault"])
def test_our_own_processes_leave_no_core_and_nothing_open(pod, name):
    for number in (signal.SIGSEGV, signal.SIGABRT):
        assert files_after_a_crash(pod, name, number) == set()


# A native pod's root folder, which is theirs too, cannot be written.
@pytest.mark.parametrize("provider", ["docker"], indirect=True)
def test_without_the_limit_our_own_processes_would_leave_one(make_weakened_pod):
    with open("/proc/sys/kernel/core_pattern") as file:
        is_name = not file.read().startswith(("|", "/"))
    left = files_after_a_crash(make_weakened_pod("core-limit", "not-dumpable"), "tazpod-vault", signal.SIGSEGV)
    assert len(left) == 1 or not is_name


def unlock_with_swaps(pod, table):
    """Unlocks where the kernel's table of swap is `table`."""
    (pod.directory / "swaps").write_text(table)
    tool("nsenter", "--target", str(pod.init_pid()), "--mount", "mount", "--bind", "/workspace/swaps", "/proc/swaps")
    return pod.unlock().errors


HEAD = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"


def test_swap_on_a_disk_is_warned_of_at_unlock(pod):
    said = unlock_with_swaps(pod, HEAD + "/dev/sdz9                               partition\t1048572\t\t0\t\t-2\n")
    assert "this machine swaps to /dev/sdz9" in said and len(said.splitlines()) == 1


def test_without_swap_nothing_is_warned_of(pod):
    assert unlock_with_swaps(pod, HEAD) == ""
