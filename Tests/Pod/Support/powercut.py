"""What a disk may hold after its power was cut, computed from a record of what was written to it."""

import bisect
import pathlib
import shutil
import subprocess
import tempfile

SECTOR, PAGE = 512, 4096


class Writes:
    """The writes of a layer's record, and where among them everything before was flushed."""

    def __init__(self, start, records):
        """- `start`: the bytes that the record begins with."""
        self.start, self.writes, self.ends, self.flushes = bytes(start), [], [], []
        for record in records:
            if record.what == "S":
                self.flushes.append(len(self.writes))
            elif record.what == "W":
                self.writes.append((record.offset, record.data))
                self.ends.append(record.end)

    def plain(self, vault, start):
        """The same in the plain data of `vault`, a `luks.Luks2`, which began as `start`.

        So it is decrypted once and not for each cut: AES-XTS takes each 16 bytes by themselves, so that a write torn at any multiple of
        these is the plain write torn there.
        """
        result = Writes(start, [])
        result.ends, result.flushes = self.ends, self.flushes
        for position, data in self.writes:
            assert position >= vault.offset, "a session has written to the header"
            result.writes.append((position - vault.offset, vault.decrypt(data, position - vault.offset)))
        return result

    def flushed_before(self, cut):
        """How many of the first `cut` writes came before a flush that was done by then."""
        index = bisect.bisect_right(self.flushes, cut)
        return self.flushes[index - 1] if index else 0


def remains(chance, writes, whole_page=None):
    """What may have reached the disk of writes that no flush followed: any of them, whole or torn between sectors.

    Their order among each other is free, since each may be there without those before it. Of two to one place the later is never
    undone by the earlier: a cache holds a place once. The page at `whole_page` is not torn.
    """
    kept = chance.choice([0.0, 0.2, 0.5, 0.8, 0.95, 1.0])
    for position, data in writes:
        if chance.random() >= kept:
            continue
        if chance.random() < 0.7:
            yield position, data
            continue
        at = 0
        while at < len(data):
            size = PAGE if position + at == whole_page else SECTOR
            if chance.random() < 0.5:
                yield position + at, data[at:at + size]
            at += size


class Disk:
    """The bytes that the cuts leave, one after the other, in a file in memory."""

    def __init__(self, record, whole_page=None):
        self.record, self.whole_page = record, whole_page
        self.applied, self.durable = 0, bytearray(record.start)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-cut.", dir="/dev/shm"))
        self.file = self.folder / "disk"

    def cut(self, cut, chance):
        """The power goes after `cut` writes. Cuts come in order."""
        flushed = self.record.flushed_before(cut)
        for position, data in self.record.writes[self.applied:flushed]:
            self.durable[position:position + len(data)] = data
        self.applied = max(self.applied, flushed)
        found = bytearray(self.durable)
        for position, data in remains(chance, self.record.writes[flushed:cut], self.whole_page):
            found[position:position + len(data)] = data
        self.file.write_bytes(found)

    def mend(self):
        """Lets e2fsck look at all of it and mend what needs no question.

        - Returns: its complaint; None when there is nothing to complain about.
        """
        done = subprocess.run(["e2fsck", "-f", "-p", str(self.file)], capture_output=True, timeout=60)
        return f"e2fsck {done.returncode}: {done.stdout + done.stderr!r}" if done.returncode & ~3 else None

    def files(self):
        """The regular files of the mended file system's root folder, by name."""
        target = self.folder / "files"
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        subprocess.run(["debugfs", "-R", f"rdump / {target}", str(self.file)], capture_output=True, timeout=60, check=True)
        return {path.name: path.read_bytes() for path in target.iterdir() if path.is_file()}

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)
