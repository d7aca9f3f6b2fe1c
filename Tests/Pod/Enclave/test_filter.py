"""What a ghost may ask of the kernel, and what it is refused.

Every attack is also run with the filter switched off, to show that it would be noticed.
"""

import pytest

from attacks import put

# Each as a program that ends with 0 when the kernel let it.
REFUSED_IN_A_GHOST = {
    "a user namespace": "unshare --user true",
    "a mount": "unshare --user --map-root-user --mount mount -t tmpfs tmpfs /tmp",
    "a keyring": "python3 -c 'import ctypes, sys; sys.exit(ctypes.CDLL(None).syscall(250, 0, -3, 1) < 0)'",
}


def allowed_in_a_ghost(pod):
    pod.unlock()
    # An image without Python cannot try the last.
    tried = {what: command for what, command in REFUSED_IN_A_GHOST.items() if pod.provider == "native" or "python3" not in command}
    return [what for what, command in tried.items() if pod.ghost(command).status == 0]


def test_a_ghost_gets_no_new_privileges_by_system_calls(pod):
    assert allowed_in_a_ghost(pod) == []


def test_without_the_filter_a_ghost_would_get_them(make_weakened_pod):
    pod = make_weakened_pod("filter")
    expected = list(REFUSED_IN_A_GHOST) if pod.provider == "native" else list(REFUSED_IN_A_GHOST)[:2]
    assert allowed_in_a_ghost(pod) == expected


def status_in_the_ghost(pod):
    """What /proc/PID/status says of a process of the ghost."""
    pod.unlock()
    status = pod.ghost("cat /proc/self/status", check=0).output
    return dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)


def test_a_ghost_holds_no_capability_and_can_gain_none(pod):
    fields = status_in_the_ghost(pod)
    assert {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"
    assert fields["Uid"].split() == ["1000"] * 4 or pod.provider == "native"
    assert fields["Groups"].split() in ([], fields["Gid"].split()[:1])


def test_without_dropping_them_capabilities_could_be_gained_again(make_weakened_pod):
    assert int(status_in_the_ghost(make_weakened_pod("privileges"))["CapBnd"], 16) != 0




# Groups in which the kernel lets an unprivileged process through, or answers otherwise than EPERM, so that the filter is seen.
SEEN = {
    "bpf", "clocks", "file_handles", "io_uring", "keyrings", "machine", "memory_policy", "mounts", "obsolete", "perf_events",
    "sockets", "terminals", "user_namespaces", "userfaultfd",
}


def answers(pod, probes):
    """What the kernel answered, as {group: {name: answer}}."""
    pod.unlock()
    result = {}
    for line in pod.ghost(put(pod, probes / "calls"), check=0).output.splitlines():
        group, name, answer = line.split()
        result.setdefault(group, {})[name] = answer
    return result


def opened(found):
    """The groups in which a call got through to the kernel."""
    return {group for group, tries in found.items() if "open" in tries.values()}


def test_a_ghost_is_refused_every_call_of_the_table(pod, probes):
    found = answers(pod, probes)
    assert SEEN <= set(found)
    assert set(found.pop("unavailable").values()) == {"ENOSYS"}
    for group, tries in found.items():
        assert set(tries.values()) == {"EPERM"}, f"{group}: {tries}"


def test_without_the_filter_every_group_would_be_open(make_weakened_pod, probes):
    pod = make_weakened_pod("filter")
    # Docker's own seccomp profile, which differs between its versions, refuses some beside us.
    expected = SEEN if pod.provider == "native" else {"bpf", "mounts", "terminals", "user_namespaces"}
    found = answers(pod, probes)
    assert expected <= opened(found), found
    # Of another architecture the kernel has no calls, or runs them: the filter's answer is another than both.
    foreign = found.get("foreign_architectures", {})
    assert "EPERM" not in [foreign.get("x32-getpid"), foreign.get("i386-getpid")]


def test_a_project_loosens_one_group_and_no_other_and_status_says_so(make_pod, probes):
    pod = make_pod(config="enclave: {allow: [user_namespaces, bpf]}\n")
    pod.use_quick_vault()
    found = answers(pod.up(), probes)
    assert opened(found) == {"user_namespaces", "bpf"}, found
    assert pod.status()["enclave"] == {"allowed": ["bpf", "user_namespaces"]}
    assert "loosened: bpf, user_namespaces" in pod.run("status", check=0).output
    # Mounts stay refused, also with the capabilities of a namespace of its own.
    assert pod.ghost("unshare --user --map-root-user --mount mount -t tmpfs tmpfs /tmp").status != 0
    pod.lock()


def test_nothing_is_loosened_unasked(pod):
    assert pod.status()["enclave"] == {"allowed": []}
    assert "loosened" not in pod.run("status", check=0).output


@pytest.mark.parametrize("name", ["mounts", "terminals", "foreign_architectures"])
def test_what_no_project_may_allow_is_refused_before_anything_starts(make_pod, name):
    pod = make_pod(config=f"enclave: {{allow: [{name}]}}\n")
    result = pod.run("up", "--provider", pod.provider)
    assert result.status == 3 and f"enclave: allow cannot have {name}" in result.errors
    assert pod.run("status").status == 3
    pod.configure("enclave: {allow: [user_namespaces]}\n")
    pod.run("up", "--provider", pod.provider, "--dry-run", check=0)
