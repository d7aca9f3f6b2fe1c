"""Service files, and the processes of services."""

import os
import pathlib

FOREVER = "exec sleep 1000"


def service(script, **keys):
    """A service file that runs a shell script."""
    quoted = script.replace("'", "'\\''")
    lines = [f"exec = /bin/sh -c '{quoted}'", *(f"{key.replace('_', '-')} = {value}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


def same_namespace(pid, other):
    try:
        return os.readlink(f"/proc/{pid}/ns/pid") == os.readlink(f"/proc/{other}/ns/pid")
    except OSError:
        return False
