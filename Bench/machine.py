"""The machine in one line."""

import os
import pathlib
import platform
import re


def describe():
    return f"{os.cpu_count()} cores ({processor()}), Linux {kernel()}, {memory_gib():.0f} GiB memory, {system()}"


def processor():
    found = re.search(r"^model name\s*: (.+)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def kernel():
    """The release's numbers; what distributors and hosts append says nothing here."""
    return re.match(r"[0-9.]*[0-9]", platform.release())[0]


def memory_gib():
    found = re.search(r"^MemTotal:\s*(\d+) kB", pathlib.Path("/proc/meminfo").read_text(), re.MULTILINE)
    return int(found[1]) / (1 << 20)


def system():
    return platform.freedesktop_os_release().get("PRETTY_NAME", "an unknown system")
