"""A vault in memory is in no swap, and gone when it is locked."""

from test_isolation import hold_a_file_over_a_lock


def test_its_memory_is_exempt_from_swap_and_gives_no_privileges(pod):
    pod.unlock()
    line = next(line for line in pod.ghost("cat /proc/self/mountinfo", check=0).output.splitlines() if "/secrets " in line)
    assert all(option in line for option in ("noswap", "nosuid", "nodev", "size="))


def test_a_file_handed_out_of_the_ghost_is_empty_after_the_lock(pod, probes):
    assert hold_a_file_over_a_lock(pod, probes) == "after:"


def test_without_the_shut_off_its_content_would_live_on(make_weakened_ram_pod, probes):
    assert hold_a_file_over_a_lock(make_weakened_ram_pod("shut-off"), probes) == "after: precious"
