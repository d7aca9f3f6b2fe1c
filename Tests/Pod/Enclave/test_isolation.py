"""A process of the public area, of the same user, at any time, gets nothing of an open enclave.

Every attack is also run with the defence against it switched off, to show that it would be noticed.
"""

import re
import shutil
import subprocess

import pytest

from attacks import as_bare_root, open_with_secret, put
from pod import Leftovers, tool
from remote import Remote

# What the user namespace shuts: with it off, each of these must be seen open.
BY_USER_NAMESPACE = {
    "environ", "mem", "maps", "auxv", "root", "cwd", "fd", "ptrace-attach", "ptrace-seize", "process_vm_readv", "pidfd_getfd", "ns-mnt",
}


def attempts(output):
    """(open, shut) channels of a probe's report."""
    lines = re.findall(r"^(OPEN|shut) (\S+) \d+$", output, re.M)
    return {name for how, name in lines if how == "OPEN"}, {name for how, name in lines if how == "shut"}


@pytest.mark.parametrize("place", [[], ["--nested"]], ids=["as it is", "from its own user namespace"])
def test_no_channel_into_a_ghost_is_open(pod, probes, place):
    open_with_secret(pod)
    result = pod.public(put(pod, probes / "attack"), *place, check=0)
    opened, shut = attempts(result.output)
    assert int(re.search(r"tried (\d+)", result.output).group(1)) >= 3, result
    assert not opened, f"open: {opened}"
    assert BY_USER_NAMESPACE <= shut


def test_without_the_user_namespace_the_same_channels_are_open(make_weakened_pod, probes):
    pod = make_weakened_pod("user-namespace")
    open_with_secret(pod)
    opened, _ = attempts(pod.public(put(pod, probes / "attack"), check=0).output)
    # Docker's own seccomp profile shuts two of them beside us.
    engines_own = {"process_vm_readv", "pidfd_getfd"} if pod.provider == "docker" else set()
    assert BY_USER_NAMESPACE - engines_own <= opened


def test_an_attacker_that_was_there_before_sees_nothing_appear(pod, probes):
    watcher = start_watching(pod, probes, seconds=6)
    for _ in range(3):
        open_with_secret(pod)
        pod.lock()
    output, _ = watcher.communicate(timeout=60)
    assert int(re.search(r"tried (\d+)", output).group(1)) > 0, output
    assert "OPEN" not in output


def test_without_the_user_namespace_an_early_attacker_gets_in(make_weakened_pod, probes):
    pod = make_weakened_pod("user-namespace")
    watcher = start_watching(pod, probes, seconds=3)
    open_with_secret(pod)
    output, _ = watcher.communicate(timeout=60)
    assert "OPEN environ" in output


def start_watching(pod, probes, seconds):
    watcher = subprocess.Popen(
        pod.command("exec", "--", put(pod, probes / "attack"), "--watch", str(seconds)), stdout=subprocess.PIPE, text=True,
        env=pod.environment)
    assert watcher.stdout.readline() == "watching\n"
    return watcher


def test_root_without_capabilities_gets_nothing(pod, probes):
    open_with_secret(pod)
    opened, shut = attempts(as_bare_root(pod, put(pod, probes / "attack")))
    # Its owner's folder and file modes are open to root, whose files they are; what is behind them is not.
    assert not opened & BY_USER_NAMESPACE, opened
    assert BY_USER_NAMESPACE <= shut


def test_were_root_the_owner_of_the_namespace_bare_root_would_get_in(make_weakened_pod, probes):
    pod = make_weakened_pod("namespace-owner")
    open_with_secret(pod)
    opened, _ = attempts(as_bare_root(pod, put(pod, probes / "attack")))
    assert {"maps", "cwd", "ptrace-attach", "ns-mnt"} <= opened


def test_stock_nsenter_gets_nowhere(pod):
    text = open_with_secret(pod)
    script = "for p in /proc/[0-9]*; do nsenter -t ${p#/proc/} -m cat /home/tazpod/secrets/token; done"
    result = pod.public("sh", "-c", script)
    assert text not in result.output
    assert "nsenter:" in result.errors
    ghost = next(process for process in pod.enclave_processes() if process.name == "sleep")
    shown = tool("nsenter", "-t", str(ghost.pid), "-m", "cat", "/home/tazpod/secrets/token")
    assert text.encode() in shown.stdout, "the machine's own root gets in that way"


def sessions_on_every_socket(pod):
    """The names of all tmux sessions that the public area can ask about."""
    script = """
        for s in $(sed -n 's|.* \\(/[^ ]*\\)$|\\1|p' /proc/net/unix) $(find / -type s 2>/dev/null); do
            timeout 5 tmux -S "$s" list-sessions -F '#{session_name}' </dev/null 2>/dev/null
        done; true"""
    pod.unlock()
    return set(pod.public("sh", "-c", script, check=0).output.split())


def test_no_tmux_socket_leads_to_the_ghost(pod):
    # The public session is found: the probe works.
    assert sessions_on_every_socket(pod) == {"main"}
    assert "ghost" in pod.ghost("tmux list-sessions -F '#{session_name}'", check=0).output.split()


def test_without_a_tmp_of_its_own_the_ghosts_session_would_be_found(make_weakened_pod):
    assert "ghost" in sessions_on_every_socket(make_weakened_pod("private-tmp"))


def test_the_mount_tables_and_devices_show_nothing(pod):
    pod.unlock()
    assert "/secrets " in pod.ghost("cat /proc/self/mountinfo", check=0).output
    table = pod.public("cat", "/proc/self/mountinfo", "/proc/1/mountinfo").output
    assert "/secrets " not in table and " - fuse" not in table
    script = "for d in /dev/loop[0-9]*; do head -c 1 $d >/dev/null 2>&1 && echo $d; done; ls /dev; true"
    result = pod.public("sh", "-c", script, check=0).output
    assert "/dev/loop" not in result


def test_the_image_is_out_of_the_public_areas_reach(pod):
    listed = pod.public("sh", "-c", "ls -A /workspace/.tazpod/vault; cat /run/tazpod/private/vault/vault.img")
    assert "vault.img" not in listed.output
    assert "Permission denied" in listed.errors


def test_an_image_in_the_workspace_itself_would_be_in_their_reach(make_pod):
    pod = make_pod(config="vault: {path: vault.img}\n")
    pod.use_quick_vault()
    shutil.move(pod.image, pod.directory / "vault.img")
    (pod.directory / "vault.img").chmod(0o666)
    pod.up()
    assert pod.public("test", "-w", "/workspace/vault.img").status == 0


POISON = {
    ".bashrc": "cp ~/secrets/token /workspace/leak",
    ".bash_profile": "cp ~/secrets/token /workspace/leak",
    ".profile": "cp ~/secrets/token /workspace/leak",
    ".tmux.conf": "run-shell 'cp ~/secrets/token /workspace/leak'",
    ".config/tmux/tmux.conf": "run-shell 'cp ~/secrets/token /workspace/leak'",
    ".inputrc": r"\"\C-g\": \"cp ~/secrets/token /workspace/leak\\n\"",
}


def poison_and_use(pod):
    for name, text in POISON.items():
        pod.public("sh", "-c", 'mkdir -p "$(dirname "$HOME/$1")"; printf "%s\\n" "$2" > "$HOME/$1"', "-", name, text, check=0)
    pod.run("unlock", "--", "sh", "-c", "echo precious > ~/secrets/token", passphrase="correct horse battery staple", check=0)
    pod.unlock()
    terminal = pod.terminal("attach", "ghost")
    terminal.expect(r"\$ ")
    terminal.sendline("bash -l -c true; echo all$((1 + 1))done")
    terminal.expect("all2done")
    terminal.close(force=True)
    return (pod.directory / "leak").exists()


def test_files_that_the_public_area_left_in_its_home_are_not_run(pod):
    assert not poison_and_use(pod)


def test_without_a_home_of_its_own_the_ghost_would_run_them(make_weakened_pod):
    assert poison_and_use(make_weakened_pod("private-home"))


def test_without_a_home_of_its_own_the_ghosts_key_for_ssh_would_be_seen(make_weakened_pod):
    remote = Remote(make_weakened_pod("private-home"))
    remote.pod.unlock()
    remote.run("%h", "true", session="ghost")
    private = (remote.keys / remote.host("ghost") / "host_key").read_text().splitlines()[2]
    assert private in remote.pod.public("sh", "-c", "cat ~/.local/state/tazpod/sshd/*", check=0).output


def who_loaded(make_pod, probes, config):
    """The uids of the processes that a library was loaded into which the project's own config names."""
    pod = make_pod(config=config)
    shutil.copy2(probes / "loaded.so", pod.directory / "loaded.so")
    (pod.directory / "loaded-by").touch()
    (pod.directory / "loaded-by").chmod(0o666)
    pod.use_quick_vault()
    pod.up().unlock()
    pod.ghost("true", check=0)
    pod.public("true", check=0)
    pod.status()
    pod.lock()
    pod.run("unlock", "--", "true", passphrase="correct horse battery staple", check=0)
    return set((pod.directory / "loaded-by").read_text().split())


def test_a_library_that_the_projects_config_names_is_loaded_by_the_users_processes_alone(make_pod, probes):
    # The host has no such path, so there it could not be loaded, but would be complained about: see the next test.
    assert who_loaded(make_pod, probes, "env: {LD_PRELOAD: /workspace/loaded.so}\n") == {"1000"}


def test_programs_of_the_host_see_nothing_of_the_configs_variables(make_pod):
    pod = make_pod(config="env: {LD_PRELOAD: /no/such/library.so}\n")
    pod.use_quick_vault()
    for done in (pod.run("up", "--provider", pod.provider, check=0), pod.unlock(), pod.run("lock", check=0), pod.run("down", check=0)):
        assert "library.so" not in done.errors


def test_a_file_handed_out_of_the_ghost_is_dead_after_the_lock(pod, probes):
    assert hold_a_file_over_a_lock(pod, probes) == "after: Input/output error"


def test_without_the_shut_off_a_handed_out_file_would_live_on(make_weakened_pod, probes):
    assert hold_a_file_over_a_lock(make_weakened_pod("shut-off"), probes) == "after: precious"


def hold_a_file_over_a_lock(pod, probes):
    """A collaborator in the public area is given an open file of the vault, and reads it after the lock."""
    program, leftovers = put(pod, probes / "hold"), Leftovers(pod)
    pod.unlock()
    holder = subprocess.Popen(
        pod.command("exec", "--", program, "serve", "/workspace/hold.sock", "/workspace/go"), stdout=subprocess.PIPE, text=True,
        env=pod.environment)
    assert holder.stdout.readline() == "listening\n"
    pod.ghost(f"echo precious > ~/secrets/token && sync && {program} give /workspace/hold.sock ~/secrets/token", check=0)
    assert holder.stdout.readline() == "before: precious\n"
    holder.stdout.readline()
    pod.lock()
    (pod.directory / "go").touch()
    output, _ = holder.communicate(timeout=30)
    leftovers.check()
    return output.strip()
