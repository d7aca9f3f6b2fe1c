"""The inits under test: ours in both builds and under its peers' names, and the peers themselves; and how one is run."""

import atexit
import contextlib
import dataclasses
import functools
import hashlib
import os
import pathlib
import random
import shutil
import subprocess
import tempfile
import threading

from missing import missing
from supervised import BUILDS, wait_until

PROBES = pathlib.Path(__file__).resolve().parent / "probes"
WAIT = 20
# A PID namespace with a /proc of its own. With unshare(1), all of it ends.
LOCK = threading.RLock()
NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")


def locked(function):
    """For what several threads may need first."""

    @functools.wraps(function)
    def alone(*arguments):
        with LOCK:
            return function(*arguments)

    return alone


@locked
@functools.cache
def folder():
    """For the probes and the links; readable by everybody, and gone at the end."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-init-test."))
    path.chmod(0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@locked
@functools.cache
def probe(name):
    """A program of probes/, compiled statically so that it runs everywhere and changes nothing at its start."""
    if shutil.which("gcc") is None:
        missing("gcc is not installed")
    program = folder() / name
    source = PROBES / f"{name}.c"
    subprocess.run(
        ["gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(source)], check=True, timeout=120)
    return str(program)


def script(text):
    """An executable file with this text."""
    path = folder() / f"script-{hashlib.sha1(text.encode()).hexdigest()}"
    if not path.exists():
        # Written elsewhere and moved: a file that is open for writing cannot be run.
        new = path.with_name(f"{path.name}.{threading.get_ident()}")
        new.write_text(text)
        new.chmod(0o755)
        new.rename(path)
    return str(path)


@dataclasses.dataclass(frozen=True)
class Init:
    """One program; `speaks` is whose options it understands, `name` the one it is started by."""

    name: str
    speaks: str
    build: str = ""
    is_ours: bool = False

    def __str__(self):
        if not self.is_ours:
            return self.name
        return f"ours-{self.build}" if self.name == "tazpod-init" else f"ours-{self.build}-as-{self.name}"

    @property
    @locked
    def path(self):
        if not self.is_ours:
            return shutil.which(self.name) or missing(f"{self.name} is not installed")
        program = BUILDS[self.build]
        if not program.exists():
            missing(f"{program} is not built; run make test")
        link = folder() / self.build / self.name
        link.parent.mkdir(exist_ok=True)
        if not link.exists():
            # The first is a copy that every user can reach, and the others are links to it, as in an image.
            own = link.parent / "tazpod-init"
            if not own.exists():
                shutil.copy2(program, own)
            if link != own:
                link.symlink_to("tazpod-init")
        return str(link)


OURS = [Init("tazpod-init", "tazpod-init", build, True) for build in BUILDS]
PEERS = [Init("tini", "tini"), Init("tini-static", "tini"), Init("dumb-init", "dumb-init"), Init("catatonit", "catatonit")]
STAND_INS = [Init(name, name, "embedded", True) for name in ("tini", "dumb-init", "catatonit")]


@dataclasses.dataclass
class Done:
    status: int
    output: str
    errors: str


def command_line(init, command, options=(), below=None, wrapper=()):
    """As PID 1 of a namespace, or below a PID 1 that ends with it ("under") or after it ("linger")."""
    return [*NAMESPACE, *((probe("command"), below) if below else ()), *wrapper, init.path, *options, *(("--", *command) if command else ())]


def run(init, *command, options=(), below=None, wrapper=(), timeout=WAIT, **more):
    """Runs an init to its end."""
    more.setdefault("stdin", subprocess.DEVNULL)
    # Whoever runs the tests may have a terminal, which is not for these inits.
    more.setdefault("start_new_session", True)
    done = subprocess.run(
        command_line(init, command, options, below, wrapper), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout, **more)
    return Done(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))


def without_processes():
    """What an init is started by that cannot start any process. The limit counts all processes of a user: so each has its own."""
    user = random.randrange(1 << 20, 1 << 30)
    return ("prlimit", "--nproc=1", "setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")


def state(init, **more):
    """What `command state` tells when `init` runs it."""
    done = run(init, probe("command"), "state", **more)
    assert done.status == 0, done
    return dict(line.split(" ", 1) if " " in line else (line, "") for line in done.output.splitlines())


class Running:
    """An init that runs on. Ends with `close`, which leaves nothing behind."""

    def __init__(self, init, *command, options=(), below=None, wrapper=(), **more):
        more.setdefault("stdin", subprocess.DEVNULL)
        more.setdefault("stderr", subprocess.PIPE)
        more.setdefault("start_new_session", True)
        self.init, self.below = init, below
        self.process = subprocess.Popen(command_line(init, command, options, below, wrapper), stdout=subprocess.PIPE, **more)
        self.lines, self.errors = [], b""
        readers = [self._read_lines, *([self._read_errors] if self.process.stderr else [])]
        self.readers = [threading.Thread(target=reader, daemon=True) for reader in readers]
        for reader in self.readers:
            reader.start()

    def _read_lines(self):
        for line in self.process.stdout:
            self.lines.append(line.decode(errors="replace").rstrip("\n"))

    def _read_errors(self):
        while chunk := os.read(self.process.stderr.fileno(), 65536):
            self.errors += chunk

    def expect(self, line, seconds=WAIT):
        """Waits until the command has told `line`."""
        wait_until(lambda: line in self.lines, lambda: f"{self.init} passes on {line!r}; it passed on {self.lines}", seconds)

    @functools.cached_property
    def pid(self):
        """The init's number, as the tests see it."""
        outer = self._child(self.process.pid) if self.below else self.process.pid
        return self._child(outer)

    def _child(self, pid):
        return wait_until(lambda: next(iter(children(pid)), None), f"{self.init} runs; {self.errors}")

    @property
    def command_pid(self):
        return self._child(self.pid)

    def send(self, number):
        os.kill(self.pid, number)

    def end(self, seconds=WAIT):
        """The exit status, once it has ended by itself."""
        status = self.process.wait(seconds)
        for reader in self.readers:
            reader.join(WAIT)
        return status

    @property
    def has_ended(self):
        return self.process.poll() is not None

    def close(self):
        if not self.has_ended:
            self.process.kill()
            self.process.wait(WAIT)
        for reader in self.readers:
            reader.join(WAIT)
        self.process.stdout.close()
        if self.process.stderr:
            self.process.stderr.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def children(pid):
    with contextlib.suppress(OSError):
        return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def descendants(pid):
    found = []
    for child in children(pid):
        found += [child, *descendants(child)]
    return found


def field(pid, name):
    """A line of /proc/PID/status, or None when the process has gone."""
    with contextlib.suppress(OSError, StopIteration):
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{name}:"))
    return None


def process_state(pid):
    """R, S, T for stopped, Z for a zombie, or None."""
    text = field(pid, "State")
    return text[0] if text else None


def zombies_below(pid):
    return [child for child in descendants(pid) if process_state(child) == "Z"]
