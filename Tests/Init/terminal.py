"""A terminal with a program in a PID namespace of its own, as `docker run -it` gives it to one: PID 1 leads the session."""

import contextlib
import os
import subprocess
import termios

import pexpect
import pexpect.fdpexpect

from inits import NAMESPACE, WAIT, children, probe
from supervised import wait_until

PROMPT = "NEXT> "
SHELL = ("bash", "--norc", "--noprofile", "--noediting", "-i")


class Terminal:
    """Ends with `close`, which ends the whole namespace."""

    def __init__(self, *command):
        environment = dict(os.environ, PS1=PROMPT, TERM="dumb", HISTFILE="")
        self.master, slave = os.openpty()
        settings = termios.tcgetattr(slave)
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        self.process = subprocess.Popen(
            [*NAMESPACE, probe("command"), "leader", *command], env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.screen = pexpect.fdpexpect.fdspawn(self.master, encoding="utf-8", timeout=WAIT)

    @classmethod
    def with_shell(cls):
        """A shell that waits for its first line."""
        terminal = cls(*SHELL)
        terminal.expect(PROMPT)
        return terminal

    @property
    def pid(self):
        """PID 1 of the namespace, as the tests see it."""
        return wait_until(lambda: next(iter(children(self.process.pid)), None), "the namespace has a PID 1")

    def type(self, line):
        self.screen.send(line + "\n")

    def key(self, letter):
        """Types a letter with Control."""
        self.screen.send(chr(ord(letter) - ord("a") + 1))

    def expect(self, pattern, seconds=WAIT):
        """What stood before the pattern."""
        self.screen.expect_exact(pattern, timeout=seconds)
        return self.screen.before

    def says(self, pattern, seconds):
        """Whether the pattern comes."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF):
            self.expect(pattern, seconds)
            return True
        return False

    def ask(self, line):
        """What the shell answers."""
        self.type(line)
        return self.expect(PROMPT).replace("\r\n", "\n").strip()

    def foreground(self):
        """The group that has the foreground, as the tests see it, or None."""
        with contextlib.suppress(OSError):
            return os.tcgetpgrp(self.master)
        return None

    def rest(self):
        """What is still said, to the end."""
        self.screen.expect(pexpect.EOF)
        return self.screen.before

    def end(self):
        """The status of PID 1, once it has ended."""
        self.rest()
        return self.process.wait(WAIT)

    def close(self):
        self.process.kill()
        self.process.wait(WAIT)
        self.screen.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
