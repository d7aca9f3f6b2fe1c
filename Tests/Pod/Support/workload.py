"""Changes to files in a ghost, each acknowledged when it is on the disk, and what must be there at any time afterwards."""

import subprocess


class Change:
    """One change: from `begin` to `end`, positions in the layer's record, it may or may not have happened; then it has."""

    def __init__(self, begin, end, files):
        self.begin, self.end, self.files = begin, end, files


class Workload:
    """Drives the probe `workload` in the open vault of a pod."""

    def __init__(self, pod):
        self.layer, self.changes, self.files = pod.layer, [], {}
        self.process = subprocess.Popen(
            pod.command("exec", "--ghost", "--", "sh", "-c", "cd ~/secrets && exec /workspace/workload"), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, env=pod.environment, start_new_session=True)

    def run(self, chance, count):
        """A seeded mix of new files, overwritten ones, deletions, renames and changes of size."""
        for number in range(count):
            name = chance.choice(sorted(self.files)) if self.files else None
            kind = chance.choice(["write", "write", "write", "overwrite", "delete", "rename", "resize"])
            if name is None or kind == "write" and len(self.files) < 60:
                self.write(f"file{number}", chance.randbytes(chance.choice([0, 1, 700, 5_000, 5_000, 20_000, 70_000])))
            elif kind in ("write", "overwrite"):
                self.write(name, chance.randbytes(chance.randrange(30_000)))
            elif kind == "delete":
                self._change(f"delete {name}", {name: None})
            elif kind == "rename":
                self._change(f"rename {name} moved{number}", {name: None, f"moved{number}": self.files[name]})
            else:
                size = chance.randrange(40_000)
                self._change(f"resize {name} {size}", {name: self.files[name][:size].ljust(size, b"\0")})

    def write(self, name, content):
        self._change(f"write {name} {len(content)}", {name: content}, content)

    def _change(self, command, files, content=b""):
        begin = self.layer.position()
        self.process.stdin.write(command.encode() + b"\n" + content)
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer == b"done\n", f"{command}: {answer}"
        self.changes.append(Change(begin, self.layer.position(), files))
        for path, value in files.items():
            self.files.pop(path, None)
            if value is not None:
                self.files[path] = value

    def finish(self):
        """- Returns: what must be there afterwards, and at any time between."""
        self.process.stdin.close()
        assert self.process.wait(20) == 0
        return Expected(self.changes)


class Expected:
    def __init__(self, changes):
        self.changes = changes

    def at(self, position):
        """What must be there when all was lost that came after `position` of the record: contents by name, None for what must not.
        Whatever a change that was under way is about may be either way."""
        result = {}
        for change in self.changes:
            if change.end <= position:
                result.update(change.files)
            elif change.begin < position:
                for path in change.files:
                    result.pop(path, None)
        return result


def lost(expected, position, found):
    """The names of files that are not as they must be."""
    return [name for name, content in expected.at(position).items() if found.get(name) != content]
