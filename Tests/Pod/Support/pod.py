"""A pod under test: the real programs, driven as a user would, and looked at from outside as root."""

import atexit
import contextlib
import functools
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
import time

import pexpect

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = REPOSITORY / "bin"
WEAKENED = REPOSITORY / ".build-weakened/release/tazpod-ghost"
PASSPHRASE = "correct horse battery staple"
WAIT = 60


class Result:
    """What a command said and how it ended."""

    def __init__(self, status, output, errors):
        self.status, self.output, self.errors = status, output, errors

    def __repr__(self):
        return f"status {self.status}\nstdout: {self.output!r}\nstderr: {self.errors!r}"


def wait_until(condition, what, seconds=20.0):
    """Polls until `condition` gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Pod:
    """One project with its pod, on one provider. Ends with `close`, which leaves nothing behind."""

    # Where native pods are kept, and the namespaces of a native pod.
    records = pathlib.Path("/var/lib/tazpod")
    namespaces = ("--mount", "--pid")

    def __init__(self, provider, programs=PROGRAMS, config="", environment=None, name=None, parent=None):
        self.provider, self.programs = provider, pathlib.Path(programs)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-test.", dir=parent))
        self.directory = self.folder / (name or "project")
        self.directory.mkdir()
        (self.folder / "run").mkdir(mode=0o700)
        self.environment = dict(os.environ, XDG_RUNTIME_DIR=str(self.folder / "run"), TERM="xterm-256color", **(environment or {}))
        for path in (self.folder, self.directory):
            path.chmod(0o755)
        os.chown(self.directory, 1000, 1000)
        (self.directory / ".tazpod").mkdir()
        self.configure(config)

    # -- the project ---------------------------------------------------------------------------------------------------

    def configure(self, text):
        (self.directory / ".tazpod/config.yaml").write_text("version: 1\n" + text)

    @property
    def image(self):
        return self.directory / ".tazpod/vault/vault.img"

    def use_quick_vault(self, size=64 << 20, sector=4096, passphrase=PASSPHRASE, filesystem="4096"):
        """A vault made with stock tools, whose key costs almost nothing to derive."""
        self.image.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(stock_image(size, sector, passphrase, filesystem), self.image)

    # -- the launcher --------------------------------------------------------------------------------------------------

    def command(self, *arguments):
        verb = 2 if arguments[0] == "vault" else 1
        return [str(self.programs / "tazpod"), *arguments[:verb], "--project", str(self.directory), *arguments[verb:]]

    def run(self, *arguments, stdin=b"", passphrase=None, timeout=WAIT, check=None):
        """Runs `tazpod ARGUMENTS` with no terminal. A passphrase goes through a descriptor."""
        command, inherited = list(arguments), ()
        if passphrase is not None:
            reading, writing = os.pipe()
            os.write(writing, passphrase.encode() + b"\n")
            os.close(writing)
            command[1:1] = ["--passphrase-fd", str(reading)]
            inherited = (reading,)
        try:
            done = subprocess.run(
                self.command(*command), input=stdin, capture_output=True, timeout=timeout, pass_fds=inherited,
                env=self.environment, start_new_session=True)
        finally:
            for descriptor in inherited:
                os.close(descriptor)
        # As a shell would see it: a launcher that became the command ends with the command, by its signal too.
        status = 128 - done.returncode if done.returncode < 0 else done.returncode
        result = Result(status, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
        assert check is None or result.status == check, f"{' '.join(command)}: {result}"
        return result

    def up(self):
        self.run("up", "--provider", self.provider, check=0)
        return self

    def unlock(self, passphrase=PASSPHRASE, check=0):
        return self.run("unlock", "--detach", passphrase=passphrase, check=check)

    def lock(self):
        return self.run("lock", check=0)

    def public(self, *command, **options):
        """Runs a command in the public area."""
        return self.run("exec", "--", *command, **options)

    def ghost(self, script, **options):
        """Runs a shell script in the open enclave, with this host's token as proof."""
        return self.run("exec", "--ghost", "--", "sh", "-c", script, **options)

    def terminal(self, *arguments, rows=30, columns=100):
        """Runs `tazpod ARGUMENTS` on a terminal."""
        command = self.command(*arguments)
        child = pexpect.spawn(
            command[0], command[1:], dimensions=(rows, columns), encoding="utf-8", codec_errors="replace", timeout=20,
            env=self.environment)
        child.delaybeforesend = None
        return child

    def status(self):
        return json.loads(self.run("status", "--json", check=0).output)

    def vault_state(self):
        return self.status()["vault"]["state"]

    # -- from outside, as the host's root ------------------------------------------------------------------------------

    @property
    def name(self):
        return self.status()["name"]

    def init_pid(self):
        """The host's number of the pod's PID 1."""
        if self.provider == "native":
            return json.loads((self.records / self.name / "pod.json").read_text())["pid"]
        done = subprocess.run(
            [self.provider, "inspect", "--format", "{{.State.Pid}}", self.name], capture_output=True, text=True, check=True,
            env=self.environment, timeout=WAIT)
        return int(done.stdout)

    def processes(self):
        """Every process of the pod, as the host sees it."""
        root = self.init_pid()
        namespace = os.readlink(f"/proc/{root}/ns/pid")
        found, children = {}, {}
        for process in all_processes():
            found[process.pid] = process
            children.setdefault(process.parent, []).append(process.pid)
        pending, result = [root] + [pid for pid in found if pid_namespace(pid) == namespace], {}
        while pending:
            pid = pending.pop()
            if pid in found and pid not in result:
                result[pid] = found[pid]
                pending += children.get(pid, [])
        return list(result.values())

    def processes_named(self, name):
        return [process for process in self.processes() if process.name == name]

    def enclave_processes(self):
        """The processes inside the enclave: their PID namespace is one deeper than the pod's."""
        depth = Process.read(self.init_pid()).depth
        return [process for process in self.processes() if process.depth > depth]

    def log(self):
        return self.run("logs").output + self.run("logs").errors

    def down(self):
        with contextlib.suppress(Exception):
            self.run("down", "--quiet", timeout=120)

    def close(self):
        self.down()
        shutil.rmtree(self.folder, ignore_errors=True)


class Process:
    """A line of /proc."""

    def __init__(self, pid, name, parent, uid, numbers, state):
        self.pid, self.name, self.parent, self.uid, self.numbers, self.state = pid, name, parent, uid, numbers, state

    @property
    def depth(self):
        return len(self.numbers)

    def __repr__(self):
        return f"{self.pid}:{self.name}"

    @staticmethod
    def read(pid):
        text = pathlib.Path(f"/proc/{pid}/status").read_text(errors="replace")
        fields = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        return Process(
            pid, fields["Name"], int(fields["PPid"]), int(fields["Uid"].split()[0]), fields["NSpid"].split(), fields["State"][0])


def pid_namespace(pid):
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/pid")
    return None


def all_processes():
    result = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, KeyError, ProcessLookupError):
                process = Process.read(int(entry))
                if process.state != "Z":
                    result.append(process)
    return result


# -- what must not be left behind ---------------------------------------------------------------------------------------


def used_loop_devices():
    """Loop devices that are set up, with what they are over."""
    result = {}
    for entry in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        with contextlib.suppress(OSError):
            result[entry.parts[3]] = entry.read_text().strip()
    return result


def fuse_connections():
    with contextlib.suppress(FileNotFoundError):
        return set(os.listdir("/sys/fs/fuse/connections"))
    return set()


class Leftovers:
    """Takes stock, and compares later."""

    def __init__(self, pod):
        self.pod, self.loops, self.connections = pod, used_loop_devices(), fuse_connections()

    def found(self):
        """What is there that was not before; empty is good."""
        result = [f"loop device {name} over {file}" for name, file in used_loop_devices().items() if name not in self.loops]
        result += [f"FUSE connection {name}" for name in fuse_connections() - self.connections]
        result += [
            f"process {process}" for process in self.pod.processes()
            if process.name.startswith(("tazpod-ghost", "tazpod-vault", "tazpod-enclave", "tazpod-proof", "tazpod-loader", "tazpod-saver"))
        ]
        mounts = pathlib.Path(f"/proc/{self.pod.init_pid()}/mountinfo").read_text()
        result += [line for line in mounts.splitlines() if "/secrets" in line or " fuse " in line]
        return result

    def check(self, seconds=20.0):
        wait_until(lambda: not self.found(), f"nothing left behind, but: {self.found()}", seconds)


# -- stock tools ----------------------------------------------------------------------------------------------------------


def tool(*command, stdin=b"", check=True, **options):
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=WAIT, **options)
    assert not check or done.returncode == 0, f"{command}: {done.returncode} {done.stdout!r} {done.stderr!r}"
    return done


def make_stock_vault(path, size, sector, passphrase, pbkdf_memory=32):
    """`cryptsetup luksFormat`, with a key that is cheap to derive."""
    with open(path, "wb") as file:
        file.truncate(size)
    tool(
        "cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--sector-size", str(sector), "--pbkdf", "argon2id",
        "--pbkdf-force-iterations", "4", "--pbkdf-memory", str(pbkdf_memory), "--pbkdf-parallel", "1", "--key-file", "-", str(path),
        stdin=passphrase.encode())


def make_stock_filesystem(path, passphrase, sector, block="4096"):
    """`mkfs.ext4` on the plain data, written through the independent cipher: this kernel has no device-mapper."""
    from luks import Luks2

    vault = Luks2(path, passphrase)
    plain = pathlib.Path(f"{path}.plain")
    with open(plain, "wb") as file:
        file.truncate(vault.length)
    tool("mkfs.ext4", "-q", "-b", block, "-E", "lazy_itable_init=1,lazy_journal_init=1", str(plain))
    vault.write_plain(plain)
    plain.unlink()


@functools.cache
def stock_image(size, sector, passphrase, block):
    """Made once a run; pods get copies."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-stock."))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_stock_vault(folder / "vault.img", size, sector, passphrase)
    make_stock_filesystem(folder / "vault.img", passphrase, sector, block)
    return folder / "vault.img"


def digest(path):
    import hashlib

    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def canary():
    """A secret to look for: text, and 64 random bytes."""
    return "canary-" + secrets.token_hex(32), secrets.token_bytes(64)


def end_process(pid, number=signal.SIGKILL):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def plain_text(terminal_output):
    """Without escape sequences."""
    return re.sub(r"\x1b(\[[0-9;?>]*[a-zA-Z]|\([A-Z0-9]|\][^\x07]*\x07|[=>])", "", terminal_output)
