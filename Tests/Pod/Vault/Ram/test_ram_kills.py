"""Kills while a vault in memory is saved."""

import os
import random
import subprocess
import time

import pytest

from plain import filesystem_facts
from pod import end_process, wait_until
from ram import wait_until_ended

SEED = int(os.environ.get("TAZPOD_SEED", str(random.randrange(1 << 32))))
GENERATION = "cd ~/secrets && for i in $(seq 40); do echo {0} > $i; done; head -c 3M /dev/urandom > bulk; printf '\\n{0}\\n' >> bulk"
COUNT = "cd ~/secrets && (cat $(seq 40) 2>/dev/null; tail -n 1 bulk 2>/dev/null) | grep -a '^[0-9]*$' | sort | uniq -c"


@pytest.mark.long
def test_fifty_kills_during_saves_leave_the_old_or_the_new_image(pod):
    """Every file is of one generation, at least that of the last save that was acknowledged."""
    chance = random.Random(SEED)
    init, kept = pod.init_pid(), 0
    pod.unlock()
    for generation in range(1, 51):
        pod.ghost(GENERATION.format(generation), check=0)
        save = subprocess.Popen(pod.command("vault", "save"), env=pod.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(chance.random() * 0.2)
        victim = chance.choice(["tazpod-ghost", "tazpod-vault", "tazpod-vault", "tazpod-saver", "mke2fs", "e2fsck"])
        for process in pod.processes_named(victim):
            end_process(process.pid)
        output = save.communicate(timeout=60)[0]
        note = f"seed {SEED}, generation {generation}, {victim} was killed"
        acknowledged = generation if b"saved" in output else kept
        if pod.vault_state() == "open":
            # A tool's end is no more than a failed save.
            assert victim not in ("tazpod-ghost", "tazpod-vault") or acknowledged == generation, note
            for process in pod.processes_named("tazpod-vault"):
                end_process(process.pid)
        wait_until(lambda: pod.vault_state() == "locked", f"locked: {note}")
        wait_until_ended(pod)
        pod.unlock()
        counts = dict(reversed(line.split()) for line in pod.ghost(COUNT, check=0).output.splitlines())
        assert len(counts) <= 1 and set(counts.values()) <= {"41"}, f"{note}: {counts}"
        kept = int(next(iter(counts), 0))
        assert acknowledged <= kept <= generation, f"{note}: {kept}"
    assert pod.init_pid() == init and kept > 0
    pod.lock()
    filesystem_facts(pod.image)
    assert sorted(path.name for path in pod.image.parent.iterdir()) == ["vault.img"]
