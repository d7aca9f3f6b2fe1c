"""What the bench does to the machine: commands with a time limit, and mounts and folders that go away again."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

from pod import wait_until

MINUTE = 60
# Of gocryptfs; what it protects is thrown away.
PASSWORD = "correct horse battery staple"


def run(*command, stdin=b"", timeout=MINUTE, environment=None):
    """Runs a command that has to succeed, and gives what it printed.

    It gets no terminal, and no signal from the bench's: what was begun is ended by the bench.
    """
    done = subprocess.run(
        command, input=stdin, capture_output=True, timeout=timeout, env=environment, start_new_session=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: status {done.returncode}: {done.stdout!r} {done.stderr!r}")
    return done.stdout.decode(errors="replace")


def milliseconds(*command, **options):
    """How long a command took that has to succeed."""
    start = time.perf_counter()
    run(*command, **options)
    return (time.perf_counter() - start) * 1000


def drop_caches():
    """Writes everything to the disk and empties the page cache: the next read is a cold one."""
    run("sync", timeout=2 * MINUTE)
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")


@contextlib.contextmanager
def scratch(parent=None):
    """A folder that is removed at the end, and that other users may enter."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-bench.", dir=parent))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def unmounted_later(folder):
    """Whatever gets mounted at `folder` meanwhile is unmounted at the end, at worst as soon as nobody uses it."""
    folder.mkdir(exist_ok=True)
    try:
        yield folder
    finally:
        if os.path.ismount(folder):
            unmount(folder)
        if os.path.ismount(folder):
            run("umount", "--lazy", str(folder))


def unmount(folder):
    """Unmounts if that can be done; whoever has to be sure looks afterwards."""
    with contextlib.suppress(RuntimeError, subprocess.TimeoutExpired):
        run("umount", str(folder))


@contextlib.contextmanager
def memory_folder(size):
    """A folder on a tmpfs of its own."""
    with scratch() as folder, unmounted_later(folder / "memory") as mount:
        run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tazpod-bench", str(mount))
        yield mount


@contextlib.contextmanager
def disk_folder():
    """A folder on the disk: /tmp may be memory."""
    with scratch("/var/tmp") as folder:
        yield folder


def make_plain_image(image, size):
    """An ext4 image like the one inside a vault, without encryption, and sparse as a new vault is."""
    with open(image, "wb") as file:
        file.truncate(size)
    run(
        "mke2fs", "-q", "-t", "ext4", "-b", "4096", "-m", "0", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard",
        str(image))


@contextlib.contextmanager
def plain_ext4(folder, size):
    """A mounted ext4 image in `folder`."""
    with unmounted_later(folder / "plain") as mount:
        make_plain_image(folder / "plain.img", size)
        run("mount", "-o", "loop,noatime", str(folder / "plain.img"), str(mount))
        yield mount


@contextlib.contextmanager
def gocryptfs(folder):
    """A mounted gocryptfs, whose encrypted files are in `folder`."""
    cipher, key = folder / "gocryptfs.cipher", folder / "gocryptfs.password"
    cipher.mkdir()
    key.write_text(PASSWORD + "\n")
    run("gocryptfs", "-init", "-quiet", "-scryptn", "10", "-passfile", str(key), str(cipher))
    with unmounted_later(folder / "gocryptfs") as mount:
        server = subprocess.Popen(
            ["gocryptfs", "-fg", "-quiet", "-nosyslog", "-passfile", str(key), str(cipher), str(mount)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_until(lambda: os.path.ismount(mount), "gocryptfs is mounted")
            yield mount
        finally:
            unmount(mount)
            end(server)


def end(process, seconds=10):
    """Ends a process of ours that may be about to end by itself."""
    for finish in (lambda: None, process.terminate, process.kill):
        finish()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(seconds)
            return
