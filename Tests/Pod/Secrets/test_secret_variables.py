"""The secrets' variables: in new shells, by `eval`, and for one command."""

import os
import shutil

import pexpect
import pytest

from missing import missing
from pod import PASSPHRASE
from secrets_file import open_and_pull, pull, put_file, write_secrets

VALUES = {
    "PLAIN": b"plain",
    "EMPTY": b"",
    "QUOTES": b"it's \"quoted\" `twice` $HOME $(id) !! * ~ \\ \\\\ \\n",
    "TEXT": b"one\ntwo\n\nlast\n",
    "BYTES": bytes(byte for byte in range(1, 256)),
    "LARGE": os.urandom(90_000).replace(b"\0", b"x"),
}


@pytest.fixture
def pod(native_pod):
    pod = native_pod()
    for name, value in VALUES.items():
        put_file(pod, name, value)
    write_secrets(pod, *({"name": name.lower(), "source": "file", "path": name, "env": name} for name in VALUES))
    open_and_pull(pod)
    return pod


SHOW = " ".join(VALUES)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_value_survives_eval(pod, shell):
    if shutil.which(shell) is None:
        missing(f"{shell} is not installed")
    # What the shell passes on is asked of a program, and the values of as many as come.
    script = f'eval "$(tazpod env)"; exec python3 -c "import os, sys; [print(os.environb[n.encode()].hex()) for n in sys.argv[1:]]" {SHOW}'
    output = pod.ghost(f"unset {SHOW}; exec {shell} -c '{script}'", check=0).output
    assert [bytes.fromhex(line) for line in output.splitlines()] == list(VALUES.values())


def test_a_value_that_no_program_can_be_given_is_the_shells_alone(native_pod):
    pod = native_pod()
    large = os.urandom(1 << 20).replace(b"\0", b"x")
    put_file(pod, "large", large)
    put_file(pod, "nul", b"a\0b")
    write_secrets(
        pod, {"name": "large", "source": "file", "path": "large", "env": "LARGE"},
        {"name": "nul", "source": "file", "path": "nul", "env": "NUL"})
    open_and_pull(pod)
    result = pod.ghost("""exec bash -c 'eval "$(tazpod env)"; /bin/true && printf %s "$LARGE" | sha256sum; echo ${NUL-unset}'""", check=0)
    digest, nul = result.output.split("\n")[:2]
    import hashlib

    assert digest.split()[0] == hashlib.sha256(large).hexdigest() and nul == "unset"
    assert "LARGE is too long for the environment of a program, so it is set in this shell only" in result.errors
    assert "nul has a NUL byte, which no variable can hold" in result.errors
    refused = pod.run("run", "--", "true")
    assert refused.status == 2 and "LARGE is too long for the environment of a program" in refused.errors
    # A new shell comes all the same.
    assert pod.ghost("SHELL=/bin/true tazpod-secrets shell").status == 0


def test_run_passes_everything_on(pod):
    ran = pod.run("run", "--", "sh", "-c", 'cat; echo "$PLAIN" "$1" >&2; kill -TERM $$', "sh", "an argument", stdin=b"input")
    assert (ran.status, ran.output, ran.errors) == (143, "input", "plain an argument\n")
    missing_program = pod.run("run", "--", "no-such-program")
    assert missing_program.status == 4 and "cannot run no-such-program" in missing_program.errors
    assert pod.run("run").status == 2


PRINT = 'printf "%s " "$PLAIN" "$QUOTES" | od -An -v -tx1 | tr -d " \\n"'
PRINTED = b"plain " + VALUES["QUOTES"] + b" "


def test_a_command_of_the_ghost_has_them(pod):
    assert bytes.fromhex(pod.ghost(PRINT, check=0).output) == PRINTED
    # It is what was asked for in every other way.
    ran = pod.run("exec", "--ghost", "--", "sh", "-c", 'cat; umask; echo "$1" >&2; kill -TERM $$', "sh", "an argument", stdin=b"input")
    assert (ran.status, ran.output, ran.errors) == (143, "input0022\n", "an argument\n")
    absent = pod.run("exec", "--ghost", "--", "no-such-program")
    assert (absent.status, absent.errors) == (127, "tazpod: cannot run no-such-program in the ghost: No such file or directory\n")
    assert pod.run("exec", "--ghost", "--", "/etc/passwd").status == 126
    # A rotated one is there at once.
    put_file(pod, "PLAIN", b"rotated")
    pull(pod, "plain")
    assert pod.ghost("echo $PLAIN", check=0).output == "rotated\n"
    pod.lock()
    assert pod.run("unlock", "--", "sh", "-c", "echo $PLAIN", passphrase=PASSPHRASE, check=0).output == "rotated\n"


def test_a_command_comes_without_them_rather_than_not_at_all(pod):
    pod.ghost("echo damage > ~/secrets/.tazpod/pulled", check=0)
    ran = pod.ghost("echo ${PLAIN-none}; exit 3")
    assert (ran.status, ran.output) == (3, "none\n") and "this command has no secrets in its environment: the list of pulled" in ran.errors


def test_a_new_shell_has_the_secrets_at_once_and_an_old_one_by_eval(pod):
    terminal = pod.terminal("unlock")
    terminal.expect(r"\$ ")
    terminal.sendline("clear; echo shell-has-$PLAIN-$(umask)-")
    terminal.expect("shell-has-plain-0022-")
    put_file(pod, "PLAIN", b"rotated")
    pull(pod, "plain")
    terminal.sendline('clear; echo "old-$PLAIN-"; tmux new-window')
    terminal.expect("old-plain-")
    terminal.expect("1:")
    terminal.sendline('clear; echo "new-$PLAIN-"')
    terminal.expect("new-rotated-")
    terminal.sendline("exit")
    terminal.expect("old-plain-")
    terminal.sendline('eval "$(tazpod env)"; clear; echo "evaluated-$PLAIN-"')
    terminal.expect("evaluated-rotated-")
    terminal.close()


def test_a_variable_of_a_secret_with_a_file_is_its_path(native_pod):
    pod = native_pod()
    write_secrets(pod, {"name": "K", "source": "command", "command": ["printf", "content"], "file": "kubeconfig", "env": "KUBECONFIG"})
    open_and_pull(pod)
    assert pod.run("run", "--", "sh", "-c", 'echo "$KUBECONFIG"; cat "$KUBECONFIG"', check=0).output == "/home/tazpod/secrets/kubeconfig\ncontent"


def test_a_pull_that_opens_the_vault_is_there_before_its_first_shell(native_pod):
    pod = native_pod()
    write_secrets(
        pod, {"name": "A", "source": "command", "command": ["printf", "first"], "env": "A"},
        {"name": "H", "source": "env", "key": "FROM_HOST", "env": "H"})
    pod.environment["FROM_HOST"] = "hosts"
    assert pod.vault_state() == "locked"
    terminal = pod.terminal("pull", "--allow-env", "FROM_HOST")
    terminal.expect("Passphrase")
    terminal.sendline(PASSPHRASE)
    # The pod's, and the host's.
    terminal.expect("secrets: 1 pulled")
    terminal.expect("secrets: 1 pulled")
    terminal.expect(pexpect.EOF)
    # The ghost stays open for its first shell, and locks with its last.
    assert pod.vault_state() == "open"
    terminal = pod.terminal("attach", "ghost")
    terminal.expect(r"\$ ")
    terminal.sendline("clear; echo it-is-$A-$H-")
    terminal.expect("it-is-first-hosts-")
    terminal.sendline("exit")
    terminal.expect("the vault is locked")
    terminal.expect(pexpect.EOF)
    assert pod.vault_state() == "locked"


def test_a_session_that_is_there_stays_through_a_pull_and_locks_with_its_last_shell(native_pod):
    pod = native_pod()
    write_secrets(pod, {"name": "A", "source": "command", "command": ["printf", "first"], "env": "A"})
    terminal = pod.terminal("unlock")
    terminal.expect("Passphrase")
    terminal.sendline(PASSPHRASE)
    terminal.expect(r"\$ ")
    pull(pod)
    terminal.sendline("exit")
    terminal.expect("the vault is locked")
    terminal.expect(pexpect.EOF)
    assert pod.vault_state() == "locked"
