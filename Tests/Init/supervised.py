"""tazpod-init as a workspace's supervisor: PID 1 of a PID namespace, with an /etc, /run and /tmp of its own."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BUILDS = {"embedded": REPOSITORY / "bin/tazpod-init", "ordinary": REPOSITORY / ".build/release/tazpod-init"}
WAIT = 20

PASSWD = """root:x:0:0:root:/root:/bin/sh
tazpod:x:1000:1000::/tmp:/bin/sh
nobody:x:65534:65534::/:/usr/sbin/nologin
"""
GROUP = "root:x:0:\ntazpod:x:1000:\nextra:x:2000:tazpod\nnogroup:x:65534:\n"

# Run in new namespaces: what the init is given, before it becomes PID 1.
SETUP = """
set -e
mount --bind "$1/etc" /etc
mount -t tmpfs -o mode=755 tmpfs /run
cp "$2" /run/tazpod-init
mount --bind "$1/tmp" /tmp
shift 2
exec "$@" /run/tazpod-init
"""


def wait_until(condition, what, seconds=WAIT):
    """Polls until `condition` gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.01)


class Supervised:
    """One supervisor. Ends with `close`, which leaves nothing behind."""

    def __init__(self, program, services=None, environment=None, wrapper=(), reads_output=True):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-init."))
        self.folder.chmod(0o755)
        self.services = self.folder / "etc/tazpod/services"
        self.services.mkdir(parents=True)
        (self.folder / "tmp").mkdir()
        (self.folder / "tmp").chmod(0o1777)
        (self.folder / "etc/passwd").write_text(PASSWD)
        (self.folder / "etc/group").write_text(GROUP)
        for name, text in (services or {}).items():
            self.write(name, text)
        variables = {"PATH": os.environ["PATH"], "TAZPOD_PROJECT": "test", **(environment or {})}
        self.process = subprocess.Popen(
            [
                "unshare", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child", "bash", "-c", SETUP, "setup", str(self.folder),
                str(program), *wrapper,
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=variables, cwd="/")
        self.output = b""
        self.reader = None
        if reads_output:
            self.read_output()
        try:
            self.pid = wait_until(self.find_init, "the init runs")
            wait_until(lambda: self.try_ask("probe") is not None, "the control socket answers")
        except BaseException:
            self.close()
            raise

    def read_output(self):
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while chunk := os.read(self.process.stderr.fileno(), 65536):
            self.output += chunk

    def find_init(self):
        """The host's number of the init: the child of unshare that became it."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            with contextlib.suppress(OSError):
                if pathlib.Path(f"/proc/{child}/comm").read_text() == "tazpod-init\n":
                    return int(child)
        assert self.process.poll() is None, self.output
        return None

    def write(self, name, text):
        (self.services / name).write_text(text)

    @property
    def tmp(self):
        """Seen as /tmp by the services."""
        return self.folder / "tmp"

    # -- the control socket -----------------------------------------------------------------------------------------------

    def connect(self):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(WAIT)
        client.connect(f"/proc/{self.pid}/root/run/tazpod/control.sock")
        return client

    def ask(self, word, **fields):
        """The answer: its word, and its fields in order."""
        message = b"\0".join([word.encode(), *(f"{key}={value}".encode() for key, value in fields.items())])
        with contextlib.closing(self.connect()) as client:
            client.send(message)
            return parse(client.recv(65536))

    def try_ask(self, word, **fields):
        with contextlib.suppress(OSError):
            return self.ask(word, **fields)
        return None

    def status(self):
        word, fields = self.ask("status")
        assert word == "ok", fields
        return dict(fields)

    def service_list(self):
        """Name → state, pid, restarts, note."""
        result, position = {}, 0
        while position is not None:
            word, fields = self.ask("services", **{"from": position})
            assert word == "ok", fields
            position = None
            for key, value in fields:
                if key == "service":
                    current = result.setdefault(value, {})
                elif key == "next":
                    position = int(value)
                else:
                    current[key] = value
        return result

    def state(self, name):
        return self.service_list()[name]["state"]

    def wait_for_state(self, name, state, seconds=WAIT):
        wait_until(lambda: self.state(name) == state, f"{name} is {state}; it is {self.service_list()[name]}", seconds)

    def is_ready(self):
        return self.ask("probe", kind="ready")[0] == "ok"

    # -- its processes and its end ----------------------------------------------------------------------------------------

    def host_pid(self, pid):
        """The host's number of a process of the namespace."""
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                with contextlib.suppress(OSError):
                    status = pathlib.Path(f"/proc/{entry}/status").read_text()
                    numbers = next(line for line in status.splitlines() if line.startswith("NSpid:")).split()[1:]
                    same = os.readlink(f"/proc/{entry}/ns/pid") == os.readlink(f"/proc/{self.pid}/ns/pid")
                    if same and int(numbers[-1]) == int(pid):
                        return int(entry)
        raise AssertionError(f"there is no process {pid}")

    def text(self):
        return self.output.decode(errors="replace")

    def send(self, number):
        os.kill(self.pid, number)

    def stop(self, number=signal.SIGTERM, seconds=WAIT):
        """The exit status."""
        self.send(number)
        status = self.process.wait(seconds)
        if self.reader:
            self.reader.join(WAIT)
        return status

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(WAIT)
        if self.reader:
            self.reader.join(WAIT)
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def parse(message):
    if message.startswith(b"error\0"):
        _, code, sentence = message.split(b"\0", 2)
        return "error", [("code", code.decode()), ("sentence", sentence.decode())]
    word, *fields = message.decode(errors="replace").split("\0")
    return word, [tuple(field.split("=", 1)) for field in fields]
