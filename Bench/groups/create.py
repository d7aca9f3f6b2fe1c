"""Making a vault, without the key derivation, whose cost is a choice and not a speed."""

import contextlib
import subprocess
import time

from Bench import host
from Bench.pairing import take_turns_sampling
from Bench.report import Table
from Bench.workshop import running_pod, wait_for_standby

NAME = "create"
TITLE = "Making a vault"
SIZE = 512 << 20
TEXT = f"""
The first `tazpod unlock --detach`, which makes a vault of {SIZE >> 20} MiB on the disk, provider native, against `mkfs.ext4 -q` on
a sparse file of that size, which was made before. inotify(7) on the vault's folder tells when the image changes.

- The image: from the moment when its file appears under its temporary name until it has its own. That is the vault's process, the
  LUKS2 header with its key slot, made in memory, what is used of it and of the blank file system encrypted and written, and fsync
  of the image. mke2fs makes that file system in memory, beside the header and the key derivation.
- The whole command: all of it, with the launcher before, the enclave and its tmux after.

Of both, the longest time in which nothing is written to the image is taken off. It is the key derivation at its real cost
(argon2id; half a second and more, so that nothing else is as long), and, a few milliseconds, the key's splitting into the slot's
stripes. The peer makes no header, encrypts nothing, and is called with its own defaults.
"""

TURNS = 12
PEER = "mkfs.ext4"


def run(workshop):
    with (
        host.disk_folder() as folder,
        running_pod("native", parent=folder, config=f"vault: {{size: {SIZE >> 20}MiB}}\n") as pod,
    ):
        plain = folder / "plain.img"

        def create():
            wait_for_standby(pod)
            with changes(workshop, pod.image.parent) as lines:
                start = time.perf_counter()
                pod.unlock()
                whole = (time.perf_counter() - start) * 1000
            pod.lock()
            pod.image.unlink()
            making, derivation = read_changes(lines, pod.image.name)
            return making - derivation, whole - derivation

        def make_filesystem():
            plain.unlink(missing_ok=True)
            with open(plain, "wb") as file:
                file.truncate(SIZE)
            elapsed = host.milliseconds("mkfs.ext4", "-q", str(plain))
            return elapsed, elapsed

        image, command = take_turns_sampling(
            "create", "ms", {"tazpod": create, PEER: make_filesystem}, TURNS, lambda times: times[0], lambda times: times[1])
    return [
        Table("", [
            image.compare("the image", "tazpod", PEER, goal=1.2),
            command.compare("the first `tazpod unlock --detach`", "tazpod", PEER),
        ])
    ]


@contextlib.contextmanager
def changes(workshop, folder):
    """A list that at the end has a (nanoseconds, what, name) for every change to a file of `folder`."""
    lines = []
    with subprocess.Popen([workshop.tool("changes"), str(folder)], stdout=subprocess.PIPE, text=True) as watcher:
        try:
            assert watcher.stdout.readline() == "ready\n", "changes watches the folder"
            yield lines
        finally:
            watcher.terminate()
            lines += [line.split() for line in watcher.stdout]


def read_changes(lines, name):
    """How long it took to make the image, and the longest pause in that, in milliseconds."""
    times = [int(time) for time, _, file in lines if file.startswith(name)]
    if [f"{what} {file}" for _, what, file in lines if file.startswith(name)][:1] != [f"created {name}.new"]:
        raise RuntimeError(f"no image was made: {lines}")
    end = next(int(time) for time, what, file in lines if (what, file) == ("named", name))
    times = [time for time in times if time <= end]
    return (end - times[0]) / 1e6, max(later - earlier for earlier, later in zip(times, times[1:])) / 1e6
