"""tazpod-init as a supervisor, driven as the tests do it, and s6."""

import contextlib
import shutil

from Bench.inits import OURS, pid_1
from Bench.workshop import program
from pod import all_processes, wait_until
from supervised import Supervised

FOREVER = "exec = sleep infinity\n"
LONGEST_START = 120
# Two for each service, and some for itself.
DESCRIPTORS_FOR_MANY = 8192


@contextlib.contextmanager
def supervisor(services=0, sessions=1, more=None):
    """A tazpod-init that supervises so many services that sleep, those of `more`, and sessions; once all of them are ready."""
    files = {f"service-{number}": FOREVER for number in range(services)} | (more or {})
    supervised = Supervised(program(OURS), files, wrapper=("prlimit", f"--nofile={DESCRIPTORS_FOR_MANY}"))
    with contextlib.closing(supervised):
        wait_until(supervised.is_ready, f"{services} services are ready", LONGEST_START)
        for number in range(1, sessions):
            word, fields = supervised.ask("create-session", name=f"session-{number}")
            if word != "ok":
                raise RuntimeError(f"no session: {fields}")
        yield supervised


def control_socket(supervised):
    return f"/proc/{supervised.pid}/root/run/tazpod/control.sock"


@contextlib.contextmanager
def s6(folder, services):
    """The pids of s6-svscan and the s6-supervise of so many services that sleep, once all of them do."""
    for number in range(services):
        service = folder / f"service-{number}"
        service.mkdir()
        (service / "run").write_text("#!/bin/sh\nexec sleep infinity\n")
        (service / "run").chmod(0o755)
    with pid_1(shutil.which("s6-svscan"), str(folder)) as unshare:
        yield wait_until(lambda: s6_processes(unshare.pid, services), "s6's services sleep")


def s6_processes(unshare, services):
    processes = {each.pid: each for each in all_processes()}
    scanners = [each.pid for each in processes.values() if each.parent == unshare and each.name == "s6-svscan"]
    supervisors = [each.pid for each in processes.values() if each.parent in scanners and each.name == "s6-supervise"]
    sleepers = [each.pid for each in processes.values() if each.parent in supervisors and each.name == "sleep"]
    return scanners + supervisors if len(sleepers) == services else None
