"""`tazpod pull`: what arrives, what stays, and what is said."""

import os
import re
import signal
import subprocess
import time

import pytest

from pod import PASSPHRASE, canary, end_process, wait_until
from secrets_file import content, open_and_pull, pull, pull_json, put_file, write_secrets

HARD_VALUES = {
    "newlines": b"one\ntwo\n\nthree\n",
    "quotes": b"it's \"quoted\" `twice` $HOME \\ and \\\\ !!",
    "nothing": b"",
    "nul": b"a\0b\0",
    "bytes": bytes(range(256)),
    "large": os.urandom(1 << 20),
}


@pytest.fixture
def make(native_pod):
    def make(*items, **options):
        pod = native_pod(**options)
        write_secrets(pod, *items)
        return pod

    return make


def from_file(name, **more):
    return {"name": name, "source": "file", "path": f"source/{name}", "file": name, **more}


def source_file(pod, name, value):
    folder = pod.directory / "source"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    return put_file(pod, f"source/{name}", value)


def test_values_arrive_byte_for_byte_for_the_user_alone(make):
    pod = make(*(from_file(name) for name in HARD_VALUES))
    for name, value in HARD_VALUES.items():
        source_file(pod, name, value)
    result = open_and_pull(pod)
    assert result.errors == "tazpod: secrets: 6 pulled\n" and result.output == ""
    for name, value in HARD_VALUES.items():
        assert content(pod, name) == value, name
    modes = pod.ghost("stat -c '%a %U' ~/secrets/" + " ~/secrets/".join(HARD_VALUES), check=0).output.splitlines()
    assert modes == ["600 tazpod"] * 6
    # A second pull finds them as they should be, and writes nothing.
    before = pod.ghost("stat -c '%i %y' ~/secrets/large", check=0).output
    assert pull(pod).errors == "tazpod: secrets: 6 unchanged\n"
    assert pod.ghost("stat -c '%i %y' ~/secrets/large", check=0).output == before
    # A file that others could read is no file as it should be.
    pod.ghost("chmod 644 ~/secrets/quotes", check=0)
    assert pull(pod).errors == "tazpod: secrets: 1 pulled, 5 unchanged\n"
    assert pod.ghost("stat -c %a ~/secrets/quotes", check=0).output == "600\n"


def test_the_same_flow_under_every_provider(pod):
    write_secrets(
        pod, {"name": "A", "source": "command", "command": ["printf", "from a program"], "file": "deep/er/a", "env": "A_FILE"},
        {"name": "H", "source": "env", "key": "FROM_HOST", "env": "H"})
    value, _ = canary()
    pod.environment["FROM_HOST"] = value
    assert open_and_pull(pod, check=7).errors.count("FROM_HOST") == 2
    secrets = pull_json(pod, "--allow-env", "FROM_HOST")
    assert secrets["A"] == {
        "name": "A", "source": "command", "state": "kept", "file": "deep/er/a", "env": "A_FILE", "age": secrets["A"]["age"]}
    assert secrets["H"] == {"name": "H", "source": "env", "state": "pulled", "env": "H", "age": 0}
    ran = pod.run("run", "--", "sh", "-c", 'echo "$H"; cat "$A_FILE"; exit 3')
    assert (ran.status, ran.output) == (3, f"{value}\nfrom a program")
    # What is in the vault is nowhere else: not in the public area, and of no use to it.
    for words in (["env"], ["run", "--", "env"], ["pull"]):
        refused = pod.public("tazpod", *words)
        assert refused.status in (5, 7) and value not in refused.output + refused.errors, words
    # In a ghost the host's variables are not there any more, and what they gave last stays.
    assert "1 unchanged, 1 kept" in pod.ghost("tazpod pull", check=0).errors


def test_a_workspace_that_is_a_part_of_the_project_has_secrets_too(make_pod):
    pod = make_pod(config="workspace: part\n")
    (pod.directory / "part").mkdir()
    put_file(pod, "part/in-it", b"of the workspace")
    put_file(pod, ".tazpod/beside", b"of the project")
    pod.use_quick_vault()
    pod.up()
    write_secrets(
        pod, {"name": "A", "source": "file", "path": "in-it", "env": "A"},
        {"name": "B", "source": "file", "path": ".tazpod/beside", "env": "B"})
    assert open_and_pull(pod).errors == "tazpod: secrets: 2 pulled\n"
    # Also typed in the ghost, and after a change of the kind that editors make: a new file of that name.
    new = pod.directory / ".tazpod/secrets.new"
    new.write_text((pod.directory / ".tazpod/secrets.yml").read_text().replace('"env": "A"', '"env": "NEW"'))
    new.rename(pod.directory / ".tazpod/secrets.yml")
    assert pod.ghost("cd /; tazpod pull", check=0).errors == "tazpod: secrets: 1 pulled, 1 unchanged\n"
    assert pod.ghost('echo "$NEW, $B"', check=0).output == "of the workspace, of the project\n"
    # The pod has nothing more of the project's, and can change none of it.
    assert sorted(path.name for path in (pod.directory / "part").iterdir()) == ["in-it"]
    tried = pod.public("sh", "-c", "ls -A /run/tazpod/project /run/tazpod/project/.tazpod/vault; echo > /run/tazpod/project/.tazpod/secrets.yml")
    assert tried.status != 0 and "Read-only file system" in tried.errors
    assert tried.output == "/run/tazpod/project:\n.tazpod\n\n/run/tazpod/project/.tazpod/vault:\n"


def test_what_fails_leaves_what_was_there_and_the_rest_is_pulled(make):
    pod = make(from_file("one"), from_file("two", env="TWO"), from_file("three"))
    for name in ("one", "two", "three"):
        source_file(pod, name, b"first")
    open_and_pull(pod)
    source_file(pod, "one", b"second")
    (pod.directory / "source/two").unlink()
    (pod.directory / "source/three").unlink()
    result = pull(pod, check=4)
    lines = result.errors.splitlines()
    assert len(lines) == 3 and lines[2] == "tazpod: secrets: 1 pulled, 2 failed", lines
    for line, name in zip(lines, ("two", "three")):
        pattern = rf"tazpod: {name}: cannot read /workspace/source/{name}: No such file or directory; the one pulled \d+ s ago stays"
        assert re.fullmatch(pattern, line), line
    assert [content(pod, name) for name in ("one", "two", "three")] == [b"second", b"first", b"first"]
    failed = pull_json(pod, check=4)["two"]
    assert failed["state"] == "failed" and "No such file" in failed["error"] and failed["age"] >= 0
    assert pod.run("run", "--", "sh", "-c", 'cat "$TWO"', check=0).output == "first"
    # One of them, by its name.
    assert pull(pod, "one").errors == "tazpod: secrets: 1 unchanged\n"
    assert "names no secret four" in pull(pod, "four", check=3).errors


def test_a_secret_that_is_no_longer_named_is_nobodys_variable(make):
    pod = make(from_file("kept"), {"name": "GONE", "source": "command", "command": ["printf", "x"], "env": "GONE"}, from_file("left"))
    source_file(pod, "kept", b"k")
    source_file(pod, "left", b"l")
    open_and_pull(pod)
    assert "GONE" in pod.ghost("tazpod env", check=0).output
    write_secrets(pod, from_file("kept"))
    assert "no longer names left; its file ~/secrets/left stays" in pull(pod).errors
    assert pod.ghost("tazpod env; ls ~/secrets/.tazpod/env", check=0).output == ""


def test_ctrl_c_half_way_changes_nothing(make):
    marker = {"name": "slow", "source": "command", "command": ["sh", "-c", "sleep 30; echo slow"], "file": "slow"}
    pod = make(from_file("one"))
    source_file(pod, "one", b"first")
    open_and_pull(pod)
    source_file(pod, "one", b"second")
    write_secrets(pod, from_file("one"), marker)
    terminal = pod.terminal("pull", "--allow-commands")
    wait_until(lambda: pod.processes_named("sleep"), "the slow program runs")
    terminal.send("\x03")
    terminal.expect(["\\^C", "$"])
    wait_until(lambda: not pod.processes_named("sleep"), "it has ended with the pull")
    terminal.close()
    assert content(pod, "one") == b"first"
    assert "slow" not in pod.ghost("ls -A ~/secrets", check=0).output


def half_written(pod):
    """What a killed pull of two secrets, the second of them slow, leaves of the first."""
    def one(value):
        return {"name": "one", "source": "command", "command": ["printf", value], "file": "one"}

    write_secrets(pod, one("first"))
    open_and_pull(pod)
    write_secrets(pod, one("second"), {"name": "slow", "source": "command", "command": ["sleep", "30"], "file": "slow"})
    running = subprocess.Popen(pod.command("pull", "--allow-commands"), env=pod.environment, stderr=subprocess.DEVNULL)
    wait_until(lambda: pod.processes_named("sleep"), "the slow program runs")
    for process in pod.processes_named("tazpod-secrets"):
        end_process(process.pid)
    running.wait(timeout=20)
    return content(pod, "one")


def test_a_killed_pull_changes_nothing(make):
    pod = make()
    assert half_written(pod) == b"first"
    # It left its files beside their places; the next one takes them away.
    write_secrets(pod, from_file("two"))
    source_file(pod, "two", b"2")
    pull(pod)
    assert pod.ghost("ls -A ~/secrets/.tazpod/new", check=0).output == ""


@pytest.mark.parametrize("provider", ["native"], indirect=True)
def test_without_staging_a_killed_pull_would_leave_some_secrets_new(make_weakened_pod):
    assert half_written(make_weakened_pod("staging")) == b"second"


def test_a_full_vault_keeps_what_it_had(make):
    pod = make(from_file("one"), from_file("large"))
    source_file(pod, "one", b"first")
    source_file(pod, "large", b"small")
    open_and_pull(pod)
    pod.ghost("head -c 1G /dev/zero >~/secrets/filler; true")
    source_file(pod, "large", os.urandom(1 << 20))
    result = pull(pod, check=6)
    assert "No space left on device; what was there is as it was; make it larger: tazpod vault resize" in result.errors
    assert content(pod, "large") == b"small" and content(pod, "one") == b"first"
    pod.ghost("rm ~/secrets/filler", check=0)
    assert "1 pulled, 1 unchanged" in pull(pod).errors


def test_two_pulls_at_once_wait_for_each_other(make):
    pod = make({"name": "A", "source": "command", "command": ["sh", "-c", "sleep 1; date +%s%N"], "file": "a"})
    open_and_pull(pod)
    running = [
        subprocess.Popen(pod.command("pull"), env=pod.environment, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        assert process.communicate(timeout=30)[1] == "tazpod: secrets: 1 pulled\n" and process.returncode == 0


def test_a_program_that_hangs_is_given_up_and_one_that_fails_is_told(make):
    pod = make(
        {"name": "fails", "source": "command", "command": ["sh", "-c", "echo half; exit 9"], "file": "fails"},
        {"name": "missing", "source": "command", "command": ["no-such-program"], "file": "missing"},
        {"name": "endless", "source": "command", "command": ["cat", "/dev/zero"], "file": "endless"})
    errors = open_and_pull(pod, check=4).errors
    assert "fails: sh failed with status 9; run it by itself to see why" in errors
    assert "missing: cannot run no-such-program: No such file or directory" in errors
    assert "endless: cat gives more than 4 MiB, which is no secret" in errors
    left = pod.ghost("ls ~/secrets", check=0).output.split()
    assert not {"fails", "missing", "endless"} & set(left)


def test_watching_pulls_again(make):
    pod = make(from_file("one"))
    source_file(pod, "one", b"first")
    open_and_pull(pod)
    running = subprocess.Popen(pod.command("pull", "--watch", "--every", "1s"), env=pod.environment, stderr=subprocess.DEVNULL)
    try:
        source_file(pod, "one", b"second")
        wait_until(lambda: content(pod, "one") == b"second", "the change has come")
        (pod.directory / "source/one").unlink()
        time.sleep(1.5)
        source_file(pod, "one", b"third")
        wait_until(lambda: content(pod, "one") == b"third", "it goes on after a failure")
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=20)
    wait_until(lambda: not pod.processes_named("tazpod-secrets"), "it ends with its caller")


def test_without_a_file_of_secrets_pull_says_what_to_do(make):
    pod = make()
    (pod.directory / ".tazpod/secrets.yml").unlink()
    assert "there is no .tazpod/secrets.yml" in pull(pod, check=3, passphrase=PASSPHRASE).errors
    write_secrets(pod)
    assert open_and_pull(pod).errors == "tazpod: secrets.yml names no secret\n"


def test_a_wrong_passphrase_pulls_nothing(make):
    pod = make(from_file("one"))
    source_file(pod, "one", b"1")
    assert pull(pod, check=5, passphrase="wrong").output == ""
    assert pod.vault_state() == "locked"
