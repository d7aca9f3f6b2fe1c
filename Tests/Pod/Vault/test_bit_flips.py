"""Bits that change on the disk: an error, the file system's own or the content garbled where it was hit; never a crash."""

import os
import random

import pytest

from luks import Luks2
from pod import PASSPHRASE, Leftovers

SEED = int(os.environ.get("TAZPOD_SEED", str(random.randrange(1 << 32))))
PROOF, VAULT = 5, 6
FLIPS, BATCHES = 10_000, 20
FILES = 40


@pytest.fixture
def filled(make_layered_pod):
    """A pod whose vault is full of files, and locked."""
    pod = make_layered_pod().up()
    pod.unlock()
    pod.ghost(f"cd ~/secrets && for i in $(seq {FILES}); do mkdir d$i && dd if=/dev/urandom of=d$i/file bs=64k count=2 2>&1; done; sync", check=0)
    pod.lock()
    pod.file = pod.layer.folder / "vault.img"
    return pod


def flip(path, positions, chance):
    with open(path, "r+b", buffering=0) as file:
        for position in positions:
            byte = os.pread(file.fileno(), 1, position)[0]
            os.pwrite(file.fileno(), bytes([byte ^ 1 << chance.randrange(8)]), position)


def processes(pod):
    return {process.pid for name in ("tazpod-ghost", "tazpod-vault", "tazpod-enclave") for process in pod.processes_named(name)}


# Reads every file that it finds past the cache, and says how many could be read.
READ_ALL = """cd ~/secrets; n=0
for f in d*/file; do dd if=$f of=/dev/null bs=64k iflag=direct 2>/dev/null && n=$((n + 1)); done; ls -R . >/dev/null 2>&1; echo $n"""


@pytest.mark.long
@pytest.mark.parametrize("is_open", [True, False], ids=["while it is open", "while it is locked"])
def test_ten_thousand_flips_in_the_data(filled, is_open):
    pod, chance = filled, random.Random(SEED)
    content, init, leftovers = pod.file.read_bytes(), pod.init_pid(), Leftovers(pod)
    start = Luks2(pod.file, PASSPHRASE).offset
    read = []
    for batch in range(BATCHES // 2):
        note = f"seed {SEED}, batch {batch}"
        positions = [chance.randrange(start, len(content)) for _ in range(FLIPS // BATCHES)]
        if not is_open:
            flip(pod.file, positions, chance)
        result = pod.unlock(check=None)
        assert result.status in ((0,) if is_open else (0, VAULT)), f"{note}: {result}"
        if result.status == 0:
            if is_open:
                flip(pod.file, positions, chance)
            alive = processes(pod)
            found = pod.ghost(READ_ALL, check=0)
            read.append(int(found.output))
            pod.ghost("echo x > ~/secrets/new; sync")
            assert processes(pod) == alive, note
        else:
            assert len(result.errors.strip().splitlines()) == 1, result
        assert pod.public("true").status == 0
        pod.lock()
        leftovers.check()
        assert pod.init_pid() == init, note
        pod.file.write_bytes(content)
    # They were hit, and the kernel noticed what it can: ext4's metadata has checksums, contents have none.
    assert min(read) < FILES
    pod.unlock()
    assert pod.ghost(READ_ALL, check=0).output == f"{FILES}\n"


def test_flips_in_the_key_slots_are_a_wrong_passphrase(filled):
    pod, chance = filled, random.Random(SEED)
    content = pod.file.read_bytes()
    area = Luks2(pod.file, PASSPHRASE).metadata["keyslots"]["0"]["area"]
    first, length = int(area["offset"]), 64 * 4000
    for number in range(12):
        flip(pod.file, [first + (length - 1) * number // 11], chance)
        result = pod.unlock(check=None)
        assert result.status == PROOF and "passphrase is wrong" in result.errors, f"seed {SEED}: {result}"
        pod.file.write_bytes(content)
        # After five wrong ones in a row there would be a pause.
        if number % 4 == 3:
            pod.unlock()
            pod.lock()
    # What lies behind the slot's own bytes belongs to no slot.
    flip(pod.file, [first + int(area["size"]) + 5000], chance)
    pod.unlock()
