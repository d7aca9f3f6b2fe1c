"""The layer below a vault's image, under a test's control: see layer/layer.c."""

import pathlib
import struct
import subprocess

HEAD = struct.Struct("<c3xIQ")


class Layer:
    """A file system mounted over the folder of a pod's vault, over another folder that really holds it."""

    def __init__(self, program, mountpoint, folder, locks="local"):
        self.mountpoint, self.folder = pathlib.Path(mountpoint), pathlib.Path(folder)
        for path in (self.mountpoint, self.folder):
            path.mkdir(parents=True, exist_ok=True)
        self.log = self.folder.with_suffix(f".{self.mountpoint.stat().st_ino}.log")
        # It runs outside of the pod: what a pod's end would wait for must not end with the pod.
        self.process = subprocess.Popen(
            [str(program), str(self.folder), str(self.mountpoint), str(self.log), locks], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n", "the layer did not start"

    def fail(self, call, error, after=1):
        """From the `after`-th `call` from now on ("read", "write", "fsync"), each fails with `error`."""
        self._command(f"fail {call} {after} {error}")

    def heal(self):
        self._command("heal")

    def _command(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "ok\n"

    def position(self):
        """The end of the record so far: what was done before is before it."""
        return self.log.stat().st_size

    def records(self):
        return read_records(self.log)

    def close(self):
        """Unmounted by force if the test has failed, so that nobody waits for an answer that does not come."""
        if subprocess.run(["umount", str(self.mountpoint)], capture_output=True, timeout=20).returncode != 0:
            subprocess.run(["umount", "--lazy", str(self.mountpoint)], capture_output=True, timeout=20)
            self.process.kill()
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


class Record:
    """One change: `what` is W(rite), S(ync), T(runcate), C(reate), R(ename) or U(nlink); `end` is where it ends in the log."""

    def __init__(self, what, offset, data, end):
        self.what, self.offset, self.data, self.end = what, offset, data, end


def read_records(log):
    result, content, position = [], pathlib.Path(log).read_bytes(), 0
    while position < len(content):
        what, length, offset = HEAD.unpack_from(content, position)
        start = position + HEAD.size
        position = start + length
        result.append(Record(what.decode(), offset, content[start:position], position))
    return result
