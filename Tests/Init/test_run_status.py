"""Every exit status and every death of a command, through the init."""

import subprocess

import pytest

from inits import OURS, PEERS, STAND_INS, probe, run, script

INITS = [*OURS, *STAND_INS, *PEERS]
STOPS = range(19, 23)
# CHLD, CONT, URG and WINCH end nobody.
HARMLESS = {17, 18, 23, 28}


def matrix(what, init, *options):
    done = subprocess.run(
        [probe("matrix"), what, init.path, probe("command"), *options], stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=True)
    return [int(word) for word in done.stdout.split()]


@pytest.mark.parametrize("init", INITS, ids=str)
def test_every_exit_status_is_passed_on(init):
    assert matrix("statuses", init) == list(range(256))


@pytest.mark.parametrize("init", INITS, ids=str)
def test_every_signal_that_ends_the_command_is_told_as_128_and_its_number(init):
    numbers = [number for number in range(1, 65) if number not in STOPS]
    assert matrix("deaths", init) == [0 if number in HARMLESS else 128 + number for number in numbers]


@pytest.mark.parametrize("init", OURS, ids=str)
def test_expected_statuses_become_0_and_the_others_stay(init):
    expected = {0, 42, 143, 255}
    options = [word for status in expected for word in ("-e", str(status))]
    assert matrix("statuses", init, *options) == [0 if status in expected else status for status in range(256)]


@pytest.mark.parametrize("init", OURS, ids=str)
def test_an_expected_death_becomes_0(init):
    assert run(init, probe("command"), "die", "15", options=["-e", "143"]).status == 0


@pytest.mark.parametrize("init", OURS, ids=str)
@pytest.mark.parametrize(
    "command, status, sentence",
    [
        ("/no/such/command", 127, "cannot run /no/such/command: No such file or directory"),
        ("no-such-command", 127, "cannot run no-such-command: No such file or directory"),
        ("", 127, "cannot run : No such file or directory"),
        ("/etc/passwd", 126, "cannot run /etc/passwd: Permission denied"),
        ("/", 126, "cannot run /: Permission denied"),
        ("/etc/passwd/x", 126, "cannot run /etc/passwd/x: Not a directory"),
        pytest.param("/" + "x" * 5000, 126, "name too long", id="a long name"),
    ])
def test_what_cannot_be_run_is_told_with_a_shells_status(init, command, status, sentence):
    done = run(init, command)
    assert (done.status, done.output) == (status, "")
    assert sentence in done.errors
    assert done.errors.startswith("tazpod-init: cannot run ") and done.errors.count("\n") == 1


@pytest.mark.parametrize("init", OURS, ids=str)
def test_a_program_without_its_interpreter_says_so(init):
    done = run(init, script("#!/no/such/shell\n"))
    assert done.status == 126
    assert "it is there, but not the interpreter or loader that it names" in done.errors


@pytest.mark.parametrize("init", OURS, ids=str)
def test_the_search_goes_on_after_a_file_that_may_not_be_run(init, tmp_path):
    for name, mode in (("first", 0o644), ("second", 0o755)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tool").write_text("#!/bin/sh\nexit 9\n")
        (tmp_path / name / "tool").chmod(mode)
    first, second = tmp_path / "first", tmp_path / "second"
    assert run(init, "tool", wrapper=("env", f"PATH={first}:{second}")).status == 9
    done = run(init, "tool", wrapper=("env", f"PATH={first}:/no/such/folder"))
    assert done.status == 126 and "Permission denied" in done.errors


@pytest.mark.parametrize("init", OURS, ids=str)
def test_an_empty_part_of_the_path_is_the_current_folder(init, tmp_path):
    (tmp_path / "tool").write_text("#!/bin/sh\nexit 9\n")
    (tmp_path / "tool").chmod(0o755)
    assert run(init, "tool", wrapper=("env", "PATH=/no/such/folder::/bin"), cwd=tmp_path).status == 9


@pytest.mark.parametrize("init", OURS, ids=str)
def test_without_a_path_the_standard_folders_are_searched(init):
    assert run(init, "true", wrapper=("env", "-i")).status == 0


@pytest.mark.parametrize("init", OURS, ids=str)
def test_a_script_without_an_interpreter_gets_its_arguments(init):
    program = script('echo "$0" "$@"\n')
    assert run(init, program, "one", "two three").output == f"{program} one two three\n"
