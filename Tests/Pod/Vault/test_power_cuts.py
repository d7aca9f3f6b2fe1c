"""The power goes at any moment: the header loads, e2fsck mends the rest with no question, and what was fsynced is whole.

A session over a layer that records it gives the stream of writes and flushes; each cut of it is judged by stock tools.
"""

import concurrent.futures
import os
import random
import shutil

import pytest

from luks import Luks2
from pod import PASSPHRASE, tool
from powercut import Disk, Writes
from workload import Workload, lost

# Seeded, so that a failure can be run again; the seed is printed with it.
SEED = int(os.environ.get("TAZPOD_SEED", str(random.randrange(1 << 32))))
CUTS, CHANGES, PARTS = 1000, 150, 8
# ext4 takes for granted that its superblock, which lies in one page, is written whole or not at all: see docs/durability.md.
SUPERBLOCK_PAGE = 0


class Session:
    """What one session did, from unlock to lock, and what the layer recorded of it."""

    def __init__(self, pod, folder):
        self.image, self.start = pod.layer.folder / "vault.img", folder / "start.img"
        shutil.copyfile(self.image, self.start)
        pod.up().unlock()
        workload = Workload(pod)
        workload.run(random.Random(SEED), CHANGES)
        self.expected = workload.finish()
        pod.lock()
        self.writes = Writes(self.start.read_bytes(), pod.layer.records())
        vault = Luks2(self.start, PASSPHRASE)
        self.plain = self.writes.plain(vault, vault.decrypt(self.writes.start[vault.offset:], 0))

    def cut(self, number, cuts):
        """After how many writes the power goes: `cuts` times, spread over all of them."""
        return 1 + number * len(self.plain.writes) // cuts

    def judge(self, numbers, cuts):
        """What is wrong after the cuts with these numbers."""
        disk, wrong = Disk(self.plain, SUPERBLOCK_PAGE), []
        try:
            for number in numbers:
                cut = self.cut(number, cuts)
                disk.cut(cut, random.Random(SEED + number))
                complaint = disk.mend()
                names = [] if complaint else lost(self.expected, self.plain.ends[cut - 1], disk.files())
                if complaint or names:
                    wrong.append(f"cut {number}, after {cut} writes: {complaint or f'not as acknowledged: {names}'}")
        finally:
            disk.close()
        return wrong

    def judge_all(self, cuts):
        parts = [range(part * cuts // PARTS, (part + 1) * cuts // PARTS) for part in range(PARTS)]
        with concurrent.futures.ProcessPoolExecutor() as pool:
            return sum(pool.map(self.judge, parts, [cuts] * PARTS), [])


@pytest.mark.long
def test_after_a_thousand_power_cuts_everything_acknowledged_is_whole(make_layered_pod, tmp_path):
    session = Session(make_layered_pod(), tmp_path)
    assert len(session.plain.flushes) > CHANGES
    wrong = session.judge_all(CUTS)
    assert not wrong, f"seed {SEED}, {len(wrong)} of {CUTS}: {wrong[0]}"


def test_without_the_flush_power_cuts_would_lose_acknowledged_files(make_layered_pod, tmp_path):
    session = Session(make_layered_pod(without=["flush"]), tmp_path)
    assert len(session.judge_all(CUTS // 20)) > CUTS // 40


def test_what_a_power_cut_leaves_opens_again_here(make_layered_pod, tmp_path):
    """A few of the cuts in the image itself, and not in its plain data."""
    pod = make_layered_pod()
    session = Session(pod, tmp_path)
    for number in range(1, 6):
        cut = session.cut(number, 6)
        disk = Disk(session.writes, whole_page=Luks2(session.start, PASSPHRASE).offset)
        disk.cut(cut, random.Random(SEED + number))
        shutil.copyfile(disk.file, session.image)
        disk.close()
        pod.unlock()
        names = session.expected.at(session.plain.ends[cut - 1])
        pod.ghost("mkdir /workspace/found && cd ~/secrets && find . -maxdepth 1 -type f -exec cp -t /workspace/found {} +", check=0)
        found = {path.name: path.read_bytes() for path in (pod.directory / "found").iterdir() if path.is_file()}
        assert {name: found.get(name) for name in names} == names, f"seed {SEED}, after {cut} writes"
        shutil.rmtree(pod.directory / "found")
        pod.lock()


def test_a_torn_superblock_is_refused_and_left_as_it_is(make_layered_pod):
    pod = make_layered_pod()
    image = pod.layer.folder / "vault.img"
    vault, content = Luks2(image, PASSPHRASE), bytearray(image.read_bytes())
    page = bytearray(vault.decrypt(content[vault.offset:vault.offset + vault.sector], 0))
    page[1024 + 0x30] ^= 1  # the time of the last write is new, and the checksum in the other sector is not
    content[vault.offset:vault.offset + vault.sector] = vault.encrypt(page, 0)
    image.write_bytes(content)
    pod.up()
    assert "file system is damaged" in pod.unlock(check=6).errors
    assert image.read_bytes() == content


# -- the header -----------------------------------------------------------------------------------------------------------


def loads(image):
    """Whether stock cryptsetup finds a header there."""
    return tool("cryptsetup", "luksDump", str(image), check=False).returncode == 0


@pytest.mark.parametrize("damaged", [0, 16384], ids=["the primary", "the secondary"])
def test_a_power_cut_while_the_header_is_mended_leaves_one_that_loads(make_layered_pod, damaged):
    pod = make_layered_pod()
    image = pod.layer.folder / "vault.img"
    content = bytearray(image.read_bytes())
    content[damaged + 4096 + 30] ^= 1
    image.write_bytes(content)
    pod.up()
    assert "mended from its intact copy" in pod.unlock().errors
    writes = Writes(content[:64 << 10], [record for record in pod.layer.records() if record.offset < 32768])
    assert writes.writes, "nothing was mended"
    disk = Disk(writes)
    for number in range(30):
        cut = (number + 1) * len(writes.writes) // 30
        disk.cut(cut, random.Random(SEED + number))
        os.truncate(disk.file, 32 << 20)
        assert loads(disk.file), f"seed {SEED}, cut {number}, after {cut} writes"
    disk.close()


def test_a_new_vault_that_has_its_name_is_whole_whenever_the_power_goes(make_layered_pod):
    pod = make_layered_pod(vault=False).up()
    pod.unlock()
    pod.lock()
    records = pod.layer.records()
    named = next(index for index, record in enumerate(records) if record.what == "R")
    before = sum(record.what == "W" for record in records[:named])
    writes = Writes(bytes(32 << 20), records)
    vault = Luks2(pod.layer.folder / "vault.img", PASSPHRASE)
    assert before > 0 and writes.flushed_before(before) == before
    image, plain = Disk(writes, whole_page=vault.offset), None
    for number in range(20):
        image.cut(before + number * (len(writes.writes) - before) // 20, random.Random(SEED + number))
        assert loads(image.file)
        plain = Disk(Writes(vault.decrypt(image.file.read_bytes()[vault.offset:], 0), []))
        plain.cut(0, random.Random(SEED))
        complaint = plain.mend()
        plain.close()
        assert complaint is None, f"seed {SEED}, cut {number}: {complaint}"
    image.close()
