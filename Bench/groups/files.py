"""Many small files in an open vault: what a developer does with a source tree."""

import contextlib
import dataclasses
import operator

from Bench import host, sourcetree
from Bench.pairing import say, take_turns_sampling
from Bench.report import Table
from Bench.workshop import make_cheap_vault, running_pod

NAME = "files"
TITLE = "Many small files in the vault"
TEXT = f"""
A source tree of {sourcetree.FILES:,} text files, 25 to a folder, 0.3 to 10 KiB each and the same in every run: in the enclave
(`tazpod exec --ghost -- sh -c …`, provider native, so both sides run the host's own tools) and in a gocryptfs of Debian's, both
on the same backing storage. The figures are files a second. The shell on either side takes the time itself, so going into the
enclave does not count.

- Unpack: `tar -xf`, from a tar that is not encrypted and is in the page cache, until tar ends; and until a `sync` after it has
  ended, so that everything is on the backing storage on both sides. Only the first has a goal.
- Read: `tar -cf -` of the tree into `wc -c`, which reads every file to its end.
- `git clone --no-hardlinks` of a bare repository with these files in one pack, which lies beside the clone. (Over gocryptfs git
  refuses the hard links that it would make: "hardlink different from source".)
- `rg` for a word that every tenth file has; once with cold caches, and once more right after that.
- Before every run, `sync` and `/proc/sys/vm/drop_caches` make every cache cold; then the tools themselves are read again.
"""

TURNS = 3
IMAGE_MIB = 1024
# Room for the image and gocryptfs's files.
MEMORY = "2G"
SECRETS, WORKSPACE = "/home/tazpod/secrets", "/workspace"
PEER = "gocryptfs"


@dataclasses.dataclass
class Job:
    # What is measured, with the ratio to reach, if there is one.
    goals: dict
    # Run in an empty folder of its own; $FROM has the two archives, $SHARED the tree and the repository. It calls `lap` for each of
    # the goals, which takes the time since `begin`.
    script: str


FIND = f"test $(rg --files-with-matches {sourcetree.NEEDLE} $SHARED/tree | wc -l) = {sourcetree.FILES // 10}"
JOBS = [
    Job({"unpack": 4, "unpack, sync": None}, "begin; tar -xf $FROM/tree.tar; lap; sync; lap"),
    Job({"read, cold": 1.5}, f"begin; test $(tar -C $SHARED -cf - tree | wc -c) -gt {sourcetree.LEAST_BYTES}; lap"),
    Job({"`git clone`, cold": 1.5}, "begin; git clone -q --no-hardlinks $SHARED/repository clone; lap"),
    Job({"`rg`, cold": 1.5, "`rg`, again": 1.5}, f"begin; {FIND}; lap; begin; {FIND}; lap"),
]
LAYOUT = "tar -xf $FROM/tree.tar && tar --no-same-owner -xf $FROM/repository.tar"
# Reads the tools and the archive into the page cache.
WARM = "{ tar --version; git --version; rg --version; wc --version; date; cat $FROM/tree.tar; } > /dev/null"


CLOCK = "begin() { start=$(date +%s%N); }; lap() { echo $(($(date +%s%N) - start)); }"


def run(_workshop):
    return [
        measure("Backing storage: tmpfs", host.memory_folder(MEMORY)),
        measure("Backing storage: the disk", host.disk_folder()),
    ]


def measure(title, storage):
    """Every job, for the two side by side on one storage."""
    say(f"  {title}")
    with contextlib.ExitStack() as ending:
        folder = ending.enter_context(storage)
        pod = ending.enter_context(running_pod("native", parent=folder, config=f"vault: {{size: {IMAGE_MIB}MiB}}\n"))
        sourcetree.make_archive(pod.directory / "tree.tar")
        sourcetree.make_repository(pod.directory / "repository.tar", pod.directory / "tree.tar")
        make_cheap_vault(pod)
        pod.unlock()
        encrypted = ending.enter_context(host.gocryptfs(folder))

        rivals = {
            "tazpod": lambda script: pod.ghost(f"SHARED={SECRETS} FROM={WORKSPACE}; {script}", check=0).output,
            PEER: lambda script: host.run("sh", "-c", f"SHARED={encrypted} FROM={pod.directory}; {script}"),
        }
        for play in rivals.values():
            play(f"set -e; cd $SHARED; {LAYOUT}")
        return Table(title, [comparison for job in JOBS for comparison in compare(job, rivals)])


def compare(job, rivals):
    script = f"set -e; cd $(mktemp -d -p $SHARED); {WARM}; {CLOCK}; {job.script}"

    def files_a_second(play):
        host.drop_caches()
        return [sourcetree.FILES / (int(nanoseconds) / 1e9) for nanoseconds in play(script).split()]

    series = take_turns_sampling(
        " / ".join(job.goals), "/s", {name: lambda play=play: files_a_second(play) for name, play in rivals.items()}, TURNS,
        *(operator.itemgetter(lap) for lap in range(len(job.goals))), warm_up=0)
    return [each.compare(what, "tazpod", PEER, goal=goal) for each, (what, goal) in zip(series, job.goals.items())]
