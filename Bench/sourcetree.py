"""A source tree that is the same on every machine: as a tar, and as a git repository."""

import io
import os
import random
import tarfile

from Bench import host

FILES = 4000
# Their sizes add up to more than this.
LEAST_BYTES = 8 << 20
# In a line that every tenth file has.
NEEDLE = "find_the_needle"
WORDS = "buffer channel descriptor error failure length message offset process reply request signal socket table value".split()
INDENTS = ("", "    ", "    ", "        ")


def make_archive(path):
    """A tar of the folder `tree`: `FILES` text files, 0.4 to 12 KiB, in folders of 25."""
    dice = random.Random(4000)
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        for number in range(FILES):
            text = source(dice, has_needle=number % 10 == 0).encode()
            member = tarfile.TarInfo(f"tree/part{number // 400:02}/module{number // 25:03}/file{number:04}.c")
            member.size, member.mode, member.mtime = len(text), 0o644, 1_700_000_000
            archive.addfile(member, io.BytesIO(text))


def source(dice, has_needle):
    """Lines that look like a program's."""
    count = min(max(int(dice.lognormvariate(4.3, 0.7)), 12), 300)
    lines = [
        f"{dice.choice(INDENTS)}{dice.choice(WORDS)}_{dice.choice(WORDS)}({dice.choice(WORDS)}, {dice.randrange(10_000)});"
        for _ in range(count)
    ]
    if has_needle:
        lines.insert(count // 2, f"    {NEEDLE}();")
    return "\n".join(lines) + "\n"


def make_repository(path, archive):
    """A tar of the bare git repository `repository`, whose one commit has the files of `archive`, in one pack."""
    with host.scratch() as folder:
        git = ["git", "-C", str(folder / "tree"), "-c", "user.name=bench", "-c", "user.email=bench@localhost"]
        host.run("tar", "-C", str(folder), "-xf", str(archive))
        for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Everything"]):
            host.run(*git, *command, environment=dict(os.environ, GIT_CONFIG_GLOBAL="/dev/null"))
        host.run("git", "clone", "-q", "--bare", "--no-local", str(folder / "tree"), str(folder / "repository"))
        host.run("tar", "-C", str(folder), "--owner=0", "--group=0", "-cf", str(path), "repository")
