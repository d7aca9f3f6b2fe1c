"""ssh into an open enclave: after proof, and no longer than it is open."""

import subprocess

import pexpect
import pytest

from pod import PASSPHRASE, canary, wait_until
from remote import PROVIDERS, Remote, ended, make
from secrets_file import pull, write_secrets


@pytest.fixture(scope="module", params=PROVIDERS)
def remote(request):
    if request.param != "native":
        request.getfixturevalue(request.param)
    pod = make(request.param)
    request.addfinalizer(pod.close)
    return Remote(pod.up())


@pytest.fixture(autouse=True)
def open_vault(remote):
    remote.pod.unlock()
    yield
    remote.pod.lock()


def tokens(remote):
    return list((remote.pod.folder / "run").rglob("*.token"))


def test_an_editor_is_in_the_ghost(remote, tmp_path):
    assert remote.run("%h", "echo $TAZPOD_GHOST; echo precious > ~/secrets/token", session="ghost").stdout == "1\n"
    assert remote.pod.ghost("cat ~/secrets/token", check=0).output == "precious\n"
    remote.run("%h:secrets/token", str(tmp_path / "token"), program="scp", session="ghost")
    assert (tmp_path / "token").read_text() == "precious\n"
    # The ghost's history is in the vault for a shell that came by ssh too.
    assert remote.run("%h", "echo $HISTFILE", session="ghost").stdout == "/home/tazpod/secrets/.bash_history\n"
    assert remote.run("%h", "cat ~/secrets/token", check=1).stdout == ""


def test_a_terminal_in_the_ghost_is_the_enclaves(remote):
    command = remote.command("-tt", "%h", "tty; stty size; ls /dev/pts", session="ghost")
    terminal = pexpect.spawn(command[0], command[1:], dimensions=(31, 101), encoding="utf-8", timeout=20, env=remote.pod.environment)
    terminal.expect(r"/dev/pts/(\d+)\r\n31 101")
    terminal.wait()
    terminal.close()


def test_the_passphrase_may_be_typed_on_sshs_terminal(remote):
    command = remote.command("%h", "echo in=$TAZPOD_GHOST", session="ghost")
    for file in tokens(remote):
        file.unlink()
    terminal = pexpect.spawn(command[0], command[1:], encoding="utf-8", timeout=20, env=remote.pod.environment)
    terminal.expect("Passphrase for the vault of project: ")
    terminal.sendline(PASSPHRASE)
    terminal.expect("in=1")
    assert PASSPHRASE not in terminal.before
    terminal.wait()
    terminal.close()


def named_secret(remote, text):
    write_secrets(remote.pod, {"name": "A", "source": "command", "command": ["printf", text], "env": "A"})
    pull(remote.pod, "--allow-commands")


def test_its_sessions_have_the_secrets(remote):
    text, _ = canary()
    named_secret(remote, text)
    done = remote.run("%h", 'echo "$A"; echo ${SSH_ORIGINAL_COMMAND-unset} $SHLVL; umask; exit 9', check=9, session="ghost")
    assert (done.stdout, done.stderr) == (f"{text}\nunset 1\n0022\n", "")
    terminal = login(remote)
    terminal.sendline("echo it-is-$A-; shopt login_shell; tty; stty size")
    terminal.expect(f"it-is-{text}-")
    terminal.expect(r"login_shell\s+on\s+/dev/pts/\d+\s+31 101")
    # sshd has them nowhere, and what began with it neither.
    files = remote.run("%h", "cat ~/.local/state/tazpod/sshd/*", session="ghost").stdout
    assert "ForceCommand" in files and text not in files
    servers = [p for p in remote.pod.enclave_processes() if p.name.startswith("sshd")]
    assert servers and not [p for p in servers if text.encode() in open(f"/proc/{p.pid}/environ", "rb").read()]
    # A rotated one is there in the next session.
    named_secret(remote, "rotated")
    assert remote.run("%h", "echo $A", session="ghost").stdout == "rotated\n"
    terminal.sendline("exit 4")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 4


def login(remote, session="ghost"):
    command = remote.command("-tt", "%h", session=session)
    terminal = pexpect.spawn(command[0], command[1:], dimensions=(31, 101), encoding="utf-8", timeout=20, env=remote.pod.environment)
    terminal.expect(r"\$ ")
    return terminal


def test_files_come_through_whatever_a_shell_prints(remote, tmp_path):
    remote.run("%h", "cp ~/.bashrc ~/.bashrc.kept; sed -i '1i echo noise' ~/.bashrc", session="ghost")
    try:
        # As without us: a shell that sshd starts reads it once.
        assert remote.run("%h", "echo done", session="ghost").stdout == "noise\ndone\n"
        (tmp_path / "file").write_bytes(bytes(range(256)) * 1000)
        remote.run(str(tmp_path / "file"), "%h:secrets/file", program="scp", session="ghost")
        remote.run("-b", "-", "%h", program="sftp", input=f"get secrets/file {tmp_path}/back\n", session="ghost")
        assert (tmp_path / "back").read_bytes() == (tmp_path / "file").read_bytes()
    finally:
        remote.run("%h", "mv ~/.bashrc.kept ~/.bashrc", session="ghost")


def test_a_locked_vault_is_said(remote):
    remote.pod.lock()
    refused = remote.run("%h", "true", check=255, session="ghost")
    assert "the vault is locked; run tazpod unlock first" in refused.stderr


def test_the_lock_ends_every_connection(remote):
    process = remote.start("%h", "echo up; exec cat", session="ghost")
    with ended(process):
        assert process.stdout.readline() == "up\n"
        assert [p for p in remote.pod.enclave_processes() if p.name.startswith("sshd")]
        remote.pod.lock()
        assert process.wait(20) == 255
    wait_until(lambda: not [p for p in remote.pod.processes() if p.name.startswith("sshd")], "no sshd is left")


def test_the_public_area_sees_nothing_of_the_ghosts_ssh(remote):
    text, _ = canary()
    process = remote.start("%h", f"echo {text} > ~/secrets/token; echo up; exec cat", session="ghost")
    with ended(process):
        assert process.stdout.readline() == "up\n"
        private = (remote.keys / remote.host("ghost") / "host_key").read_text().splitlines()[2]
        # Everything of this user that can be read, by way of ssh and of exec; the probe finds its own key.
        script = "cat ~/.local/state/tazpod/sshd/* /proc/[0-9]*/environ /proc/[0-9]*/root/home/*/.local/state/tazpod/sshd/* 2>/dev/null; true"
        seen = remote.run("%h", script).stdout
        assert "BEGIN OPENSSH PRIVATE KEY" in seen
        assert private not in seen and text not in seen
        inside = {p.pid for p in remote.pod.enclave_processes() if p.name.startswith("sshd")}
        assert inside, "the ghost's sshd is in the enclave"
    # Its keys were in the enclave's memory alone.
    remote.pod.lock()
    assert private not in remote.pod.public("sh", "-c", "cat ~/.local/state/tazpod/sshd/* /tmp/* 2>/dev/null; true").output


def test_the_two_have_keys_of_their_own(remote):
    hosts = [remote.host("main"), remote.host("ghost")]
    keys = {(remote.keys / host / name).read_text() for host in hosts for name in ("key", "host_key")}
    assert len(keys) == 4
    # What the public area's sshd shows is not taken for the ghost's.
    config = remote.home / "mixed"
    config.write_text(remote.config.read_text().replace(f"UserKnownHostsFile {remote.keys}/{hosts[0]}/", f"UserKnownHostsFile {remote.keys}/{hosts[1]}/"))
    done = subprocess.run(["ssh", "-F", config, hosts[0], "true"], capture_output=True, text=True, env=remote.pod.environment, timeout=60)
    assert done.returncode == 255 and "Host key verification failed" in done.stderr
