"""Reading and writing in an open vault."""

import contextlib
import dataclasses
import json

from Bench import host
from Bench.pairing import say, take_turns
from Bench.report import Table
from Bench.workshop import make_cheap_vault, running_pod

NAME = "storage"
TITLE = "Files in the vault"
TEXT = """
fio, on one file of 256 MiB: in the enclave (`tazpod exec --ghost -- fio …`, provider native, so all sides run the host's own
fio), in a gocryptfs of Debian's, and in a plain ext4 image under `mount -o loop`. All three lie on the same backing storage, a
tmpfs or the disk; both images are sparse files of 640 MiB.

- Sequential: 1 MiB blocks through the page cache. A write makes a new file and counts until its fsync has returned.
- Random: 4 KiB blocks in the file's whole length with O_DIRECT, for one second. Depth 16 is libaio's `iodepth`; with fsync after
  every write it is 16 threads with a write each.
- Before every run, `sync` and `/proc/sys/vm/drop_caches` make every cache cold, that of the backing storage too. (On a tmpfs
  the backing files stay in memory, of course. fio also drops the file's own pages, its `invalidate`.)

In a virtual machine that gives freed memory back to its host (free page reporting), filling a cold cache costs several times
more when that memory has to be fetched again. That is what spreads the sequential figures so widely.
"""

# Sequential runs are short, and vary more.
SEQUENTIAL_TURNS, RANDOM_TURNS = 10, 6
FILE_MIB = 256
IMAGE_MIB = 640
# Room for two images and gocryptfs's files.
MEMORY = "2G"
SECRETS = "/home/tazpod/secrets"


@dataclasses.dataclass
class Job:
    what: str
    # What of fio's result counts: the direction, and the field with its unit.
    direction: str
    unit: str
    options: list
    turns: int = RANDOM_TURNS
    # The ratio to reach, by peer.
    goals: dict = dataclasses.field(default_factory=lambda: {"gocryptfs": 1.3})


SEQUENTIAL_GOALS = {"gocryptfs": 1.5, "plain ext4": 0.5}
SEQUENTIAL = ["--bs=1M", "--runtime=3"]
NEW_FILE = ["--filename=new", "--unlink=1", "--end_fsync=1"]
RANDOM = ["--bs=4k", "--direct=1", "--time_based", "--runtime=1", "--filename=data"]
DEEP = ["--ioengine=libaio", "--iodepth=16"]

JOBS = [
    Job(
        "sequential write", "write", "MiB/s", ["--rw=write", *SEQUENTIAL, *NEW_FILE], SEQUENTIAL_TURNS, SEQUENTIAL_GOALS),
    Job(
        "sequential read", "read", "MiB/s", ["--rw=read", *SEQUENTIAL, "--filename=data"], SEQUENTIAL_TURNS, SEQUENTIAL_GOALS),
    Job("random read", "read", "/s", ["--rw=randread", *RANDOM]),
    Job("random read, depth 16", "read", "/s", ["--rw=randread", *RANDOM, *DEEP]),
    Job("random write", "write", "/s", ["--rw=randwrite", *RANDOM]),
    Job("random write, depth 16", "write", "/s", ["--rw=randwrite", *RANDOM, *DEEP]),
    Job("random write + fsync", "write", "/s", ["--rw=randwrite", *RANDOM, "--fsync=1"]),
    Job("random write + fsync, depth 16", "write", "/s", ["--rw=randwrite", *RANDOM, "--fsync=1", "--numjobs=16"]),
]
LAYOUT = ["--rw=write", "--bs=1M", "--filename=data", "--end_fsync=1"]


def fio(folder, options):
    return [
        "fio", "--name=bench", f"--directory={folder}", f"--size={FILE_MIB}M", "--fallocate=none", "--thread",
        "--group_reporting", "--randrepeat=0", "--output-format=json", *options,
    ]


def score(job, output):
    """fio's result; what it has to say comes before its JSON."""
    result = json.loads(output[output.index("{"):])["jobs"][0]
    if result["error"] != 0:
        raise RuntimeError(f"fio failed: {output}")
    found = result[job.direction]
    return found["bw_bytes"] / (1 << 20) if job.unit == "MiB/s" else found["iops"]


def run(workshop):
    return [
        measure("Backing storage: tmpfs", host.memory_folder(MEMORY)),
        measure("Backing storage: the disk", host.disk_folder()),
    ]


def measure(title, storage):
    """Every job, for the three side by side on one storage."""
    say(f"  {title}")
    with contextlib.ExitStack() as ending:
        folder = ending.enter_context(storage)
        pod = ending.enter_context(running_pod("native", parent=folder, config=f"vault: {{size: {IMAGE_MIB}MiB}}\n"))
        make_cheap_vault(pod)
        pod.unlock()
        plain = ending.enter_context(host.plain_ext4(folder, IMAGE_MIB << 20))
        encrypted = ending.enter_context(host.gocryptfs(folder))

        rivals = {
            "tazpod": lambda options: pod.run("exec", "--ghost", "--", *fio(SECRETS, options), check=0).output,
            "gocryptfs": lambda options: host.run(*fio(encrypted, options)),
            "plain ext4": lambda options: host.run(*fio(plain, options)),
        }
        for play in rivals.values():
            play(LAYOUT)
        return Table(title, [comparison for job in JOBS for comparison in compare(job, rivals)])


def compare(job, rivals):
    def cold(play):
        host.drop_caches()
        return score(job, play(job.options))

    series = take_turns(
        job.what, job.unit, {name: lambda play=play: cold(play) for name, play in rivals.items()}, job.turns, warm_up=0)
    return [series.compare(job.what, "tazpod", peer, goal=job.goals.get(peer)) for peer in ("gocryptfs", "plain ext4")]
