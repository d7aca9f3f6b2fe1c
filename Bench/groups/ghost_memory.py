"""The memory of an open vault."""

import pathlib
import re

from Bench import host
from Bench.inits import memory
from Bench.pairing import Series, take_turns
from Bench.report import Table
from Bench.workshop import make_cheap_vault, running_pod
from pod import all_processes

NAME = "ghost-memory"
TITLE = "Memory of an open vault"
WORK_MIB = 64
TEXT = f"""
What TazPod's own processes take while a vault is open (provider native, 512 MiB on the disk): the keeper `tazpod-ghost`,
`tazpod-vault`, which holds the key and serves the plain data, and `tazpod-enclave`, PID 1 of the enclave. The tmux and the shell
in it are the user's, and `tazpod-init` is there without a vault too: neither counts. The peer is the one process of a gocryptfs
of Debian's over a folder on the same disk.

From /proc/PID/smaps_rollup: when just opened, and after a file of {WORK_MIB} MiB was written with an fsync, dropped from all caches
and read back, on both sides. The sum of Rss counts three times what the three processes, which are forks of one, share; that
of Pss counts it once.

Locked is VmLck of /proc/PID/status after that work, in relation to the same process's Rss: memory that cannot get to a swap
area, in which keys and passphrases are. gocryptfs locks none.
"""

TURNS = 4
OURS = ("tazpod-ghost", "tazpod-vault", "tazpod-enclave")
SUM, PEER = "all three", "gocryptfs"
JUST_OPENED, AFTER_WORK = "just opened", f"after {WORK_MIB} MiB"
SECRETS = "/home/tazpod/secrets"
WRITE = f"dd if=/dev/zero of=data bs=1M count={WORK_MIB} conv=fsync status=none"
READ = "dd if=data of=/dev/null bs=1M status=none"


def run(_workshop):
    with host.disk_folder() as folder, running_pod("native", parent=folder, config="vault: {size: 512MiB}\n") as pod:
        make_cheap_vault(pod)
        rivals = {"tazpod": lambda: measure_ours(pod), PEER: lambda: measure_peer(folder)}
        turns = take_turns("memory", "KiB", rivals, TURNS, warm_up=0).scores
    rows = [(state, name) for state in (JUST_OPENED, AFTER_WORK) for name in (SUM, *OURS)]
    return [
        *(Table(field, [compare(turns, state, field, name) for state, name in rows]) for field in ("Rss", "Pss")),
        Table("Locked", [locked_share(turns, name) for name in OURS]),
    ]


def compare(turns, state, field, name):
    """One process of ours, or their sum, against the peer's."""
    scores = {name: values(turns["tazpod"], state, field, name), PEER: values(turns[PEER], state, field, PEER)}
    return Series("KiB", scores).compare(f"{name}, {state}", name, PEER, goal=1 if name == SUM else None)


def locked_share(turns, name):
    scores = {what: values(turns["tazpod"], AFTER_WORK, field, name) for what, field in [("locked", "VmLck"), ("its Rss", "Rss")]}
    return Series("KiB", scores).compare(name, "locked", "its Rss")


def values(turns, *key):
    return [turn[key] for turn in turns]


def measure_ours(pod):
    """Kibibytes by state, field and process."""
    pod.unlock()
    try:
        pids = {name: pod.processes_named(name)[0].pid for name in OURS}
        return measure(pids, lambda script: pod.ghost(f"cd {SECRETS} && {script}", check=0))
    finally:
        pod.lock()


def measure_peer(parent):
    with host.scratch(parent) as folder, host.gocryptfs(folder) as mount:
        [pid] = [each.pid for each in all_processes() if each.name == PEER and str(mount) in command_line(each.pid)]
        return measure({PEER: pid}, lambda script: host.run("sh", "-c", f"cd '{mount}' && {script}"))


def measure(pids, work):
    found = take(pids, JUST_OPENED)
    work(WRITE)
    host.drop_caches()
    work(READ)
    return found | take(pids, AFTER_WORK)


def take(pids, state):
    found = {(state, field, name): memory(pid, field) for name, pid in pids.items() for field in ("Rss", "Pss")}
    found |= {(state, "VmLck", name): locked(pid) for name, pid in pids.items()}
    return found | {(state, field, SUM): sum(found[state, field, name] for name in pids) for field in ("Rss", "Pss")}


def locked(pid):
    return float(re.search(r"^VmLck:\s*(\d+) kB$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)[1])


def command_line(pid):
    return pathlib.Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
