"""Terminals and job control, further than the table of behaviours goes."""

import fcntl
import os
import signal
import struct
import termios

import pytest

from inits import OURS, STAND_INS, Running, descendants, field, probe, process_state
from supervised import wait_until
from terminal import PROMPT, SHELL, Terminal


@pytest.fixture(params=OURS, ids=str)
def init(request):
    return request.param


def commands(terminal):
    """Our probe programs, by what the tests see as their numbers."""
    return [pid for pid in descendants(terminal.pid) if field(pid, "Name") == "command"]


def wait_for_states(terminal, *states):
    wait_until(
        lambda: [process_state(pid) for pid in commands(terminal)] == list(states),
        lambda: f"the commands are {states}; they are {[process_state(pid) for pid in commands(terminal)]}")


def started(terminal, line):
    terminal.type(line)
    terminal.expect("started")


def test_a_pipeline_is_stopped_as_a_whole_and_goes_on_as_a_whole(init):
    with Terminal.with_shell() as terminal:
        started(terminal, f"{init.path} -- {probe('command')} waits | cat")
        terminal.key("z")
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        wait_for_states(terminal, "T")
        terminal.type("fg")
        terminal.expect("cat")
        wait_for_states(terminal, "S")
        terminal.key("c")
        terminal.expect(PROMPT)


def test_a_script_that_runs_the_init_is_stopped_with_it(init):
    with Terminal.with_shell() as terminal:
        started(terminal, f"sh -c '{init.path} -- {probe('command')} waits; echo ended with $?'")
        terminal.key("z")
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        terminal.type("fg")
        wait_for_states(terminal, "S")
        terminal.key("c")
        terminal.expect("ended with 130")


@pytest.mark.parametrize("options", ["", "--session"], ids=["by default", "in a session"])
def test_stopping_and_continuing_can_be_repeated(init, options):
    with Terminal.with_shell() as terminal:
        started(terminal, f"{init.path} {options} -- {probe('command')} waits")
        for _ in range(5):
            terminal.key("z")
            terminal.expect("Stopped")
            terminal.expect(PROMPT)
            wait_for_states(terminal, "T")
            terminal.type("fg")
            terminal.expect("waits")
            wait_for_states(terminal, "S")
        terminal.key("c")
        terminal.expect(PROMPT)
        assert terminal.ask("echo $?") == "130"


def test_a_stopped_job_can_go_on_in_the_background_and_come_back(init):
    with Terminal.with_shell() as terminal:
        shell = terminal.foreground()
        started(terminal, f"{init.path} -- {probe('command')} waits")
        terminal.key("z")
        terminal.expect(PROMPT)
        terminal.type("bg")
        terminal.expect(PROMPT)
        wait_for_states(terminal, "S")
        assert terminal.foreground() == shell
        terminal.type("fg")
        wait_until(lambda: terminal.foreground() != shell, "the command has the terminal")
        terminal.key("c")
        terminal.expect(PROMPT)


def test_a_background_job_that_read_the_terminal_gets_what_is_typed_once_it_is_in_the_foreground(init):
    with Terminal.with_shell() as terminal:
        terminal.type(f"{init.path} -- cat &")
        terminal.expect(PROMPT)
        wait_until(lambda: "Stopped" in terminal.ask("jobs"), "the shell knows that it stopped")
        terminal.type("fg")
        terminal.expect("cat")
        terminal.type("typed words")
        terminal.expect("typed words")
        terminal.key("d")
        terminal.expect(PROMPT)
        assert terminal.ask("echo $?") == "0"


def test_a_command_that_stops_itself_stops_the_job(init):
    with Terminal.with_shell() as terminal:
        terminal.type(f"{init.path} -- sh -c 'kill -STOP $$; echo went on'")
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        terminal.type("fg")
        terminal.expect("went on")
        terminal.expect(PROMPT)


def test_a_shell_below_the_init_can_be_suspended(init):
    with Terminal.with_shell() as terminal:
        terminal.type(f"PS1='INNER> ' {init.path} -- {' '.join(SHELL)}")
        terminal.expect("INNER> ")
        terminal.type("suspend -f")
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        terminal.type("fg")
        terminal.type("echo here")
        terminal.expect("here")
        terminal.type("exit 4")
        terminal.expect(PROMPT)
        assert terminal.ask("echo $?") == "4"


def test_inits_that_run_inits_stop_and_go_on_together(init):
    with Terminal.with_shell() as terminal:
        started(terminal, f"{init.path} -- {init.path} -- {probe('command')} waits")
        terminal.key("z")
        terminal.expect("Stopped")
        terminal.expect(PROMPT)
        terminal.type("fg")
        terminal.expect("waits")
        wait_for_states(terminal, "S")
        terminal.key("c")
        terminal.expect(PROMPT)
        assert terminal.ask("echo $?") == "130"


def test_as_pid_1_a_stop_that_was_asked_for_lasts_until_it_is_continued(init):
    with Terminal(init.path, "--", probe("command"), "waits") as terminal:
        terminal.expect("started")
        os.kill(terminal.pid, signal.SIGTSTP)
        wait_for_states(terminal, "T")
        assert not terminal.says("anything", 0.3)
        wait_for_states(terminal, "T")
        os.kill(terminal.pid, signal.SIGCONT)
        wait_for_states(terminal, "S")
        wait_until(lambda: terminal.foreground() == commands(terminal)[0], "the command has the terminal again")
        terminal.key("z")
        assert not terminal.says("anything", 0.3)
        wait_for_states(terminal, "S")
        terminal.key("c")
        assert terminal.end() == 130


def test_the_window_size_is_told_once(init):
    with Terminal(init.path, "--", probe("command"), "signals") as terminal:
        terminal.expect("ready")
        fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 132, 0, 0))
        terminal.expect("28 0")
        os.kill(terminal.pid, signal.SIGUSR1)
        assert "28 0" not in terminal.expect("10 0")


@pytest.mark.parametrize("options", [[], ["--session"]], ids=["by default", "in a session"])
def test_a_terminal_that_goes_hangs_the_command_up(init, options):
    terminal = Terminal(init.path, *options, "--", probe("command"), "waits")
    try:
        terminal.expect("started")
        os.close(terminal.master)
        assert terminal.process.wait(20) == 128 + signal.SIGHUP
    finally:
        terminal.process.kill()
        terminal.process.wait(20)


@pytest.mark.parametrize("init", [*OURS, STAND_INS[1]], ids=str)
def test_handing_the_terminal_to_a_session_signals_nothing_to_the_command(init):
    options = [] if init.speaks == "dumb-init" else ["--session"]
    with Terminal(init.path, *options, "--", probe("command"), "signals") as terminal:
        terminal.expect("ready")
        os.kill(terminal.pid, signal.SIGUSR1)
        text = terminal.expect("10 0")
        assert "1 0" not in text.split() and "18 0" not in text, text
        # Later ones are meant.
        for number in (1, 18, 1):
            os.kill(terminal.pid, number)
            terminal.expect(f"{number} 0")


def test_a_hangup_that_came_before_the_session_is_still_delivered(init):
    command = (probe("command"), "early", "1,18", init.path, "--session", "--", probe("command"), "signals")
    with Terminal(*command) as terminal:
        terminal.expect("ready")
        assert {terminal.expect(" 0").split()[-1], terminal.expect(" 0").split()[-1]} == {"1", "18"}


def test_input_from_a_file_leaves_the_keys_to_the_command(init):
    with Terminal.with_shell() as terminal:
        terminal.type(f"echo words | {init.path} -- sh -c 'read piped; read typed </dev/tty; echo $piped and $typed'")
        terminal.type("keys")
        terminal.expect("words and keys")


LATE_FOREGROUND = """
import os, signal, subprocess, sys, time
job = subprocess.Popen(sys.argv[1:], process_group=0)
time.sleep(0.3)
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
os.tcsetpgrp(0, job.pid)
os.waitpid(job.pid, os.WUNTRACED)
"""


def test_a_shell_may_give_it_the_terminal_late(init):
    # As a shell with a pipeline does: each of its processes starts as soon as it can.
    with Terminal("/usr/bin/python3", "-c", LATE_FOREGROUND, init.path, "--", "sh", "-c", "sleep 0.5; read word; echo got $word") as terminal:
        terminal.type("something")
        terminal.expect("got something")


def test_a_script_that_runs_it_in_the_background_keeps_the_terminal(init):
    # A shell without job control gives its background /dev/null to read.
    with Terminal("sh", "-c", f"{init.path} -- {probe('command')} waits & read word; echo got $word; kill $!") as terminal:
        terminal.expect("started")
        terminal.type("something")
        terminal.expect("got something")


def test_without_a_terminal_a_stopped_command_stops_nothing_else(init):
    # The group that it shares with whoever started it is left alone.
    with open("/dev/zero", "rb") as zero, Running(init, probe("command"), "waits", below="under", stdin=zero) as running:
        running.expect("started")
        os.kill(running.command_pid, signal.SIGTSTP)
        wait_until(lambda: process_state(running.command_pid) == "T", "the command is stopped")
        assert "T" not in {process_state(pid) for pid in (running.process.pid, running.pid)}
        running.send(signal.SIGTERM)
        running.send(signal.SIGCONT)
        assert running.end() == 143
