"""Debian's cloud kernel and its modules, from the package; downloaded once."""

import lzma
import os
import pathlib
import subprocess
import tempfile

CACHE = pathlib.Path(os.environ.get("TAZPOD_TEST_CACHE", "/var/tmp/tazpod-test")) / "machine"
PACKAGE = "linux-image-cloud-amd64"


class Kernel:
    def __init__(self):
        if not (CACHE / "complete").exists():
            download()
        self.image = next(CACHE.glob("boot/vmlinuz-*"))
        self.release = self.image.name.removeprefix("vmlinuz-")

    def modules(self, *names):
        """The files of these modules and of all that they need, in the order to load them in."""
        files = []
        for name in names:
            done = subprocess.run(
                ["modprobe", "--dirname", str(CACHE), "--set-version", self.release, "--ignore-install", "--show-depends", name],
                capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, f"the kernel has no module {name}: {done.stderr}"
            # A line is `insmod FILE`, or `builtin NAME`.
            files += [words[1] for words in map(str.split, done.stdout.splitlines()) if words[0] == "insmod"]
        return [pathlib.Path(file) for file in dict.fromkeys(files)]


def download():
    CACHE.mkdir(parents=True, exist_ok=True)
    depends = subprocess.run(
        ["apt-cache", "depends", "--important", PACKAGE], capture_output=True, text=True, check=True, timeout=60).stdout
    package = next(line.split(":")[1].strip() for line in depends.splitlines() if "Depends: linux-image-" in line)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        # apt's own unprivileged user cannot write here.
        subprocess.run(
            ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package], cwd=folder, check=True, capture_output=True, timeout=600)
        archive = next(pathlib.Path(folder).glob("*.deb"))
        subprocess.run(["dpkg-deb", "--extract", archive, f"{folder}/tree"], check=True, timeout=300)
        image = next(pathlib.Path(folder, "tree/boot").glob("vmlinuz-*"))
        release = image.name.removeprefix("vmlinuz-")
        for old in [*CACHE.glob("boot/*"), CACHE / "lib"]:
            subprocess.run(["rm", "-rf", str(old)], check=True, timeout=60)
        for part in ("boot", "lib/modules"):
            (CACHE / part).mkdir(parents=True, exist_ok=True)
        image.replace(CACHE / "boot" / image.name)
        pathlib.Path(folder, "tree/lib/modules", release).replace(CACHE / "lib/modules" / release)
    subprocess.run(["depmod", "--basedir", str(CACHE), release], check=True, capture_output=True, timeout=120)
    (CACHE / "complete").touch()


def module_file(path):
    """A module as insmod takes it: without compression, which Debian's later kernels have."""
    data = path.read_bytes()
    return lzma.decompress(data) if path.suffix == ".xz" else data
