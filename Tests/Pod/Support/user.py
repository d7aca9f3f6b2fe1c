"""A user of this machine who is not root, and who is there for the tests alone.

Accounts and subordinate ids are laid over those of /etc in a mount namespace of the tests' own, in which all that the user does is
run: nothing of the machine is changed, and a test that is killed leaves nothing.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from pod import PROGRAMS, WAIT, Pod, all_processes

NAME, UID, GID = "tazpod-tester", 61_234, 61_235
# Somebody else.
OTHER = 61_300
# Ids that nobody has.
FIRST, COUNT = 1_700_000_000, 65_536


class User:
    """`before`: shell commands of root's in that namespace, such as those that take a program away."""

    def __init__(self, count=COUNT, before=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-user."))
        self.folder.chmod(0o755)
        script = "\n".join(["set -e", *self._accounts(count), *self._without_podman(), *before, "echo ready", "exec cat"])
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout.readline() == "ready\n"

    def _accounts(self, count):
        lines = {
            "passwd": f"{NAME}:x:{UID}:{GID}::{self.folder}:/bin/bash", "group": f"{NAME}:x:{GID}:",
            "subuid": f"{NAME}:{FIRST}:{count}", "subgid": f"{NAME}:{FIRST}:{count}",
        }
        # Debian's passwd and login packages make all four.
        for name, line in lines.items():
            (self.folder / name).write_text(f"{(pathlib.Path('/etc') / name).read_text()}{line}\n")
            yield f"mount --bind {self.folder / name} /etc/{name}"

    @staticmethod
    def _without_podman():
        """One that is asked leaves a process behind for each home that it is asked from (`catatonit -P`)."""
        podman = shutil.which("podman")
        return [f"mount --bind /dev/null {podman}"] if podman else []

    def command(self, *words, uid=UID, gid=GID):
        """How the user, or another one, runs `words`."""
        return [
            "nsenter", "--target", str(self._holder.pid), "--mount", "--", "setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups",
            "--", *words]

    def run(self, *words, uid=UID, **options):
        return subprocess.run(
            self.command(*words, uid=uid), capture_output=True, text=True, timeout=WAIT, stdin=subprocess.DEVNULL, **options)

    @staticmethod
    def give(*trees):
        for tree in trees:
            for path in [tree, *tree.rglob("*")]:
                os.chown(path, UID, GID, follow_symlinks=False)

    def close(self):
        self._holder.communicate(timeout=WAIT)
        shutil.rmtree(self.folder)


class UserPod(Pod):
    """A project and pod of that user's."""

    namespaces = ("--user", "--mount", "--pid")

    def __init__(self, user, programs=PROGRAMS, **options):
        self.user = user
        super().__init__("native", programs=programs, **options)
        self.environment = {name: value for name, value in self.environment.items() if not name.startswith("XDG_STATE")}
        self.environment["HOME"] = str(self.folder / "home")
        (self.folder / "home").mkdir(mode=0o700)
        self.records = self.folder / "home/.local/state/tazpod"
        user.give(self.folder)

    def configure(self, text):
        super().configure(text)
        self.user.give(self.directory)

    def use_quick_vault(self, **options):
        super().use_quick_vault(**options)
        self.user.give(self.directory)

    def command(self, *arguments):
        return self.user.command(*super().command(*arguments))


def processes():
    """Every process that has one of the user's subordinate ids."""
    return [process for process in all_processes() if FIRST <= process.uid < FIRST + COUNT]
