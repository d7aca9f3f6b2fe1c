"""What the command is given, and how little the init needs: descriptors, folders, users, limits, memory."""

import os
import pathlib
import resource
import select
import signal
import subprocess

import pytest

from inits import NAMESPACE, OURS, WAIT, Running, children, field, probe, process_state, run, state, without_processes
from supervised import wait_until


@pytest.fixture(params=OURS, ids=str)
def init(request):
    return request.param


def test_standard_input_is_the_commands(init):
    done = subprocess.run([*NAMESPACE, init.path, "--", "cat"], input=b"one\ntwo\n", capture_output=True, timeout=WAIT, check=True)
    assert done.stdout == b"one\ntwo\n"


def test_a_closed_output_ends_the_command_and_not_the_init(init):
    process = subprocess.Popen([*NAMESPACE, init.path, "--", "yes"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(WAIT) == 128 + signal.SIGPIPE


def test_closed_standard_descriptors_become_null_and_nothing_else_lands_on_them(init):
    shell = 'exec "$@" <&- >&- 2>&-'
    with Running(init, probe("command"), "signals", options=["-wvvv"], below="under", wrapper=("sh", "-c", shell, "sh")) as running:
        command = wait_until(lambda: next((pid for pid in children(running.pid) if field(pid, "Name") == "command"), None), "the command runs")
        for pid in (running.pid, command):
            assert [os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)] == ["/dev/null"] * 3
        os.kill(command, signal.SIGKILL)
        assert running.end() == 137


def test_other_descriptors_are_the_commands(init):
    reading, writing = os.pipe()
    done = state(init, pass_fds=[reading, writing])
    assert done["descriptors"].split() == ["0", "1", "2", str(reading), str(writing)]
    os.close(reading)
    os.close(writing)


def test_a_pipe_that_the_command_closed_ends_for_its_reader(init, tmp_path):
    # The init would keep it open, had it not closed its own.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    wrapper = ("sh", "-c", f'exec 7>{pipe}; exec "$@"', "sh")
    with Running(init, "sh", "-c", "exec 7>&-; echo closed; exec sleep 1000", wrapper=wrapper) as running:
        running.expect("closed")
        hung_up = select.poll()
        hung_up.register(reading, 0)
        assert hung_up.poll(WAIT * 1000) == [(reading, select.POLLHUP)]
    os.close(reading)


def test_the_command_starts_where_the_init_was_started(init, tmp_path):
    assert state(init, cwd=tmp_path)["folder"] == str(tmp_path)


@pytest.mark.parametrize("environment", [[], ["A=1", "B=", "C=two words"]], ids=["empty", "some"])
def test_the_environment_is_passed_on_as_it_is(init, environment):
    told = state(init, wrapper=("env", "-i", *environment))
    assert told["environment"] == " ".join(environment)


def test_an_ignored_sigchld_is_ignored_by_the_command_again(init):
    told = state(init, wrapper=(probe("command"), "ignoring", "17,18"))
    assert int(told["SigIgn"], 16) & (1 << 16 | 1 << 17) == 1 << 16 | 1 << 17


@pytest.mark.parametrize("listen, expected", [("1", "its own"), ("2", "2"), ("", ""), ("1x", "1x"), ("01", "01")])
def test_only_a_listen_pid_that_names_the_init_is_rewritten(init, listen, expected):
    told = state(init, wrapper=("env", f"LISTEN_PID={listen}", "LISTEN_FDS=1"))
    assert told["listen"] == (told["pid"] if expected == "its own" else expected)
    assert "LISTEN_FDS=1" in told["environment"]


def test_a_listen_pid_of_many_digits_is_rewritten(init):
    told = state(init, below="under", wrapper=("sh", "-c", 'echo 99999 >/proc/sys/kernel/ns_last_pid; sh -c \'LISTEN_PID=$$ exec "$@"\' sh "$@"', "sh"))
    assert int(told["pid"]) > 99999 and told["listen"] == told["pid"]


def test_it_needs_no_privilege_and_nothing_to_write_to(init):
    # An unprivileged user, no capability, and every mount read-only, /dev and /proc too.
    shell = (
        "mount -o remount,ro,bind / && for mount in $(cut -d' ' -f5 /proc/self/mountinfo); do mount -o remount,ro,bind $mount 2>/dev/null; done; "
        'exec setpriv --reuid=54321 --regid=54321 --clear-groups --bounding-set=-all --no-new-privs "$@"')
    done = run(init, "sh", "-c", "! touch /tmp/x /x 2>/dev/null; (sleep 0.01 &); id -u; exit 5", wrapper=("unshare", "--mount", "sh", "-c", shell, "sh"))
    assert (done.status, done.output, done.errors) == (5, "54321\n", "")


def test_a_program_that_cannot_be_forked_is_told(init):
    done = run(init, "true", wrapper=without_processes(), below="under")
    assert done.status == 126
    assert "cannot run true: cannot start a process: Resource temporarily unavailable\n" in done.errors


def test_too_few_descriptors_are_told(init):
    done = run(init, "true", wrapper=("prlimit", "--nofile=4",))
    assert done.status == 126 and "cannot run true: cannot make a pipe: " in done.errors


def test_waiting_for_all_passes_signals_on_to_what_is_left(init):
    for below in (None, "under"):
        with Running(init, "sh", "-c", f"setsid {probe('command')} signals & exit 4", options=["--wait-all"], below=below) as running:
            running.expect("ready")
            wait_until(lambda: len(children(running.pid)) == 1, "the command has ended")
            for number in (10, 15):
                running.send(number)
                running.expect(f"{number} 0")
            assert not running.has_ended
            os.kill(children(running.pid)[0], signal.SIGKILL)
            assert running.end() == 4


def test_a_stopped_command_is_waited_for(init):
    with Running(init, probe("command"), "signals") as running:
        running.expect("ready")
        os.kill(running.command_pid, signal.SIGSTOP)
        wait_until(lambda: process_state(running.command_pid) == "T", "it is stopped")
        running.send(signal.SIGUSR1)
        running.send(signal.SIGCONT)
        running.expect("10 0")
        running.expect("18 0")


def test_inits_may_be_stacked(init):
    words = [init.path, "-s", "--", init.path, "-s", "--session", "--"]
    assert run(init, *words, "sh", "-c", "exit 21").status == 21
    with Running(init, *words, probe("command"), "signals") as running:
        running.expect("ready")
        running.send(signal.SIGTERM)
        running.expect("15 0")


def test_pause_reaps_what_it_adopts(init):
    # Its only children come from outside, by nsenter.
    with Running(init, options=["-P", "-w"]) as running:
        pid = running.pid
        wait_until(lambda: os.readlink(f"/proc/{pid}/cwd") == "/", "it runs")
        subprocess.run(["nsenter", "--target", str(pid), "--pid", "sh", "-c", "(sleep 0.05 &)"], check=True, timeout=WAIT)
        wait_until(lambda: b"Reaped zombie process with pid=" in running.errors, "it reaps")
        for number in (signal.SIGHUP, signal.SIGUSR1):
            running.send(number)
        running.send(signal.SIGINT)
        assert running.end() == 0


def test_it_is_small():
    embedded = OURS[0]
    size = pathlib.Path(embedded.path).stat().st_size
    with Running(embedded, probe("command"), "signals") as running:
        running.expect("ready")
        resident = int(field(running.pid, "VmRSS").split()[0])
    print(f"{size} bytes, {resident} kB resident")
    assert size <= 400_000 and resident <= 400


def test_its_own_limits_are_the_commands(init):
    # Nothing is lowered or raised on the way: what core dumps and files are allowed is the engine's choice.
    told = run(init, "sh", "-c", "ulimit -a; umask; nice").output
    plain = subprocess.run(["sh", "-c", "ulimit -a; umask; nice"], capture_output=True, text=True, timeout=WAIT, check=True).stdout
    assert told == plain and resource.getrlimit(resource.RLIMIT_CORE)
