"""Podman of a user of this machine who is not root, and who is there for the tests alone.

Accounts, subordinate ids and a device node that every user may open are laid over the machine's in a mount namespace, in which all
that the user does is run: nothing of the machine is changed, and a test that is killed leaves none of it.
"""

import os
import pathlib
import shutil
import subprocess

from pod import WAIT, Pod, all_processes
from podman import CACHE, IMAGE, RUNNING, write_settings

NAME, UID, GID = "tazpod-rootless", 61_240, 61_241
# Ids that nobody has.
FIRST, COUNT = 1_800_000_000, 65_536


class RootlessPodman:
    def __init__(self, folder, programs):
        self.folder, self.programs = folder, programs
        self.home, self.running = CACHE / "podman-rootless", RUNNING / "podman-rootless"
        for path in (self.home, self.running):
            path.mkdir(parents=True, exist_ok=True)
            os.chown(path, UID, GID)
            path.chmod(0o700)
        write_settings(self.home / ".config/containers", self.home, self.running)
        script = "\n".join(["set -e", *self._accounts(), *self._network(), "echo ready", "exec cat"])
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout.readline() == "ready\n"

    def _accounts(self):
        lines = {
            "passwd": f"{NAME}:x:{UID}:{GID}::{self.home}:/bin/bash", "group": f"{NAME}:x:{GID}:",
            "subuid": f"{NAME}:{FIRST}:{COUNT}", "subgid": f"{NAME}:{FIRST}:{COUNT}",
        }
        for name, line in lines.items():
            (self.folder / name).write_text(f"{(pathlib.Path('/etc') / name).read_text()}{line}\n")
            yield f"mount --bind {self.folder / name} /etc/{name}"

    def _network(self):
        """As udev makes it: slirp4netns opens it as the user."""
        (self.folder / "dev").mkdir()
        yield f"mount -t tmpfs tmpfs {self.folder / 'dev'}"
        yield f"mknod -m 666 {self.folder / 'dev/tun'} c 10 200"
        yield f"[ ! -e /dev/net/tun ] || mount --bind {self.folder / 'dev/tun'} /dev/net/tun"

    @property
    def environment(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CONTAINER", "XDG_", "DOCKER"))}
        return dict(kept, HOME=str(self.home), USER=NAME, XDG_RUNTIME_DIR=str(self.running), TERM="xterm-256color")

    def command(self, *words):
        """How the user runs `words`."""
        return [
            "nsenter", "--target", str(self._holder.pid), "--mount", "--", "setpriv", "--reuid", str(UID), "--regid", str(GID), "--clear-groups",
            "--", *words]

    def run(self, *arguments, check=True, timeout=300, **options):
        return subprocess.run(
            self.command("podman", *arguments), capture_output=True, check=check, timeout=timeout, env=self.environment, cwd="/", **options)

    def load_image(self, podman, image=IMAGE):
        """Root's image, as a user would get it from another store; nothing when it is there."""
        identity = podman.run("image", "inspect", "--format", "{{.Id}}", image).stdout.strip()
        found = self.run("image", "inspect", "--format", "{{.Id}}", image, check=False).stdout.decode().strip()
        if identity == found:
            return
        archive = self.folder / "image.tar"
        podman.run("save", "--quiet", "--output", str(archive), image)
        with open(archive, "rb") as file:
            self.run("load", "--quiet", stdin=file)
        archive.unlink()
        self.run("image", "prune", "--force")

    def close(self):
        # Podman keeps a process of its own that holds the user's namespaces.
        self.run("system", "migrate", check=False)
        self._holder.communicate(timeout=WAIT)
        shutil.rmtree(self.folder, ignore_errors=True)


class RootlessPod(Pod):
    """A project and pod of that user's."""

    def __init__(self, podman, **options):
        self.podman = podman
        super().__init__("podman", programs=podman.programs, **options)
        self.environment = podman.environment
        self.give()

    def give(self):
        """All of the project is the user's."""
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, UID, GID, follow_symlinks=False)

    def command(self, *arguments):
        return self.podman.command(*super().command(*arguments))

    def init_pid(self):
        return int(self.podman.run("inspect", "--format", "{{.State.Pid}}", self.name).stdout)


def processes():
    """Every process that has one of the user's subordinate ids."""
    return [process for process in all_processes() if FIRST <= process.uid < FIRST + COUNT]
