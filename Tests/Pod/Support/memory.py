"""What is in a process's memory, as the host's root sees it."""

import contextlib
import re


class Region:
    """A line of /proc/PID/smaps with its flags."""

    def __init__(self, start, end, mode):
        self.start, self.end, self.mode, self.flags = start, end, mode, []

    @property
    def is_locked(self):
        return "lo" in self.flags

    @property
    def is_left_out_of_dumps(self):
        return "dd" in self.flags


def regions(pid):
    result = []
    with open(f"/proc/{pid}/smaps") as lines:
        for line in lines:
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ", line)
            if head:
                result.append(Region(int(head[1], 16), int(head[2], 16), head[3]))
            elif line.startswith("VmFlags:"):
                result[-1].flags = line.split()[1:]
    return [region for region in result if region.mode.startswith("r")]


def regions_with(pid, needle):
    """The regions of a process's memory that hold `needle`."""
    found = []
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for region in regions(pid):
            # Some pages are the kernel's, and cannot be read by anybody.
            with contextlib.suppress(OSError, OverflowError):
                memory.seek(region.start)
                if needle in memory.read(region.end - region.start):
                    found.append(region)
    return found
