"""A terminal that is watched until a screen is drawn on it."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import termios
import time

WAIT = 20
ROWS, COLUMNS = 30, 100
# tmux's: a prefix and a command. Keys that come at once are a paste to tmux, so there is a pause between them.
DETACH, PAUSE = (b"\x02", b"d"), 0.1


def milliseconds_to_screen(command, environment, marker):
    """How long it takes from exec until tmux has drawn `marker`, which is what comes last; then detaches."""
    start = time.perf_counter()
    with attached(command, environment, marker):
        return (time.perf_counter() - start) * 1000


def milliseconds_to_echo(command, environment, marker, keys):
    """How long it takes until tmux shows a key that was typed into a shell: the median of `keys`, which are taken back."""
    with attached(command, environment, marker) as terminal:
        times = []
        for _ in range(keys):
            time.sleep(PAUSE)
            drain(terminal)
            start = time.perf_counter()
            os.write(terminal, b"x")
            read_until(terminal, b"x")
            times.append((time.perf_counter() - start) * 1000)
        os.write(terminal, b"\x15")
        return statistics.median(times)


@contextlib.contextmanager
def attached(command, environment, marker):
    """The terminal of a command that shows a tmux session, from when it has drawn `marker`; then detaches."""
    child, terminal = pty.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            os.execvpe(command[0], command, environment)
        os._exit(127)
    try:
        read_until(terminal, marker)
        yield terminal
        for key in DETACH:
            time.sleep(PAUSE)
            os.write(terminal, key)
        read_until(terminal, b"[detached")
    finally:
        os.close(terminal)
        end(child)


def drain(terminal):
    """Reads what is there to read."""
    while select.select([terminal], [], [], 0)[0]:
        os.read(terminal, 65536)


def read_until(terminal, marker):
    """Reads what the terminal shows until `marker` is in it."""
    shown, deadline = b"", time.monotonic() + WAIT
    while marker not in shown:
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise RuntimeError(f"the terminal did not show {marker!r}, but {shown!r}")
        try:
            shown += os.read(terminal, 65536)
        except OSError:
            raise RuntimeError(f"the terminal's command ended, having shown {shown!r}") from None


def end(child):
    """Waits a moment for a child whose terminal is gone, then kills it."""
    deadline = time.monotonic() + 5
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return
        time.sleep(0.005)
