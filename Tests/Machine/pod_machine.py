"""A machine that is a pod: tazpod-init as its PID 1, the vault on a disk, and dm-crypt in its kernel."""

import atexit
import functools
import pathlib
import re
import shutil
import subprocess
import tempfile

from kernel import Kernel, module_file
from machine import REPOSITORY, Machine
from pod import PASSPHRASE, tool

MODULES = ("virtio_pci", "virtio_blk", "ext4", "crc32c_generic", "loop", "dm-crypt", "xts", "aesni-intel", "fuse")
PROGRAMS = {
    "bin/bash": "bash", "usr/bin/tmux": "tmux", "usr/bin/setpriv": "setpriv", "usr/sbin/e2fsck": "e2fsck", "usr/sbin/mke2fs": "mke2fs",
    "usr/sbin/cryptsetup": "cryptsetup", "usr/sbin/losetup": "losetup", "usr/bin/unshare": "unshare",
}
PROBES = ("fsynced", "hold")
PASSWD = "root:x:0:0:root:/root:/bin/sh\ntazpod:x:1000:1000::/home/tazpod:/bin/bash\n"
# What comes before tazpod-init takes its place as PID 1, as in any initramfs.
BOOT = """#!/bin/sh
mkdir -p /proc /sys /dev /vault /home/tazpod /var/tmp /root /mnt /shared; chmod 1777 /shared /tmp
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
for module in /modules/*; do insmod $module || echo "no $module"; done
mount -t ext4 /dev/vda /vault || echo no disk
export DM_DISABLE_UDEV=1
{before}
exec /usr/bin/tazpod-init
"""
# What a test's script begins with.
WORDS = f"""
passphrase() {{ echo '{PASSPHRASE}'; }}
unlock() {{ passphrase | tazpod unlock --passphrase-fd 0 "$@"; }}
say() {{ echo "[[$*]]"; }}
vault() {{ say $(tazpod status --json); }}
left() {{
    ls /sys/block | grep '^dm-'
    for loop in /sys/block/loop*/loop; do [ -e $loop ] && echo $loop; done
    grep secrets /proc/1/mounts
    cat /proc/[0-9]*/comm 2>/dev/null | grep -E '^tazpod-(ghost|vault|enclave)'
}}
"""


def libraries(program):
    """The shared libraries of a program of this machine's, as a machine's files."""
    text = subprocess.run(["ldd", str(program)], capture_output=True, text=True, check=True, timeout=60).stdout
    return {name.lstrip("/"): pathlib.Path(name).resolve() for name in re.findall(r"(/\S+) \(0x", text)}


@functools.cache
def compiled(name):
    """A probe program, compiled statically."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-probe."))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    tool("gcc", "-static", "-O1", "-o", str(folder / name), str(REPOSITORY / f"Tests/Pod/Support/probes/{name}.c"))
    return folder / name


def pod_files(script, before):
    kernel = Kernel()
    files = {"etc/passwd": PASSWD, "etc/group": "root:x:0:\ntty:x:5:\ntazpod:x:1000:\n"}
    programs = {f"usr/bin/{name}": REPOSITORY / "bin" / name for name in ("tazpod", "tazpod-ghost", "tazpod-init")}
    for destination, name in PROGRAMS.items():
        path = shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
        assert path, f"{name} is not installed"
        programs[destination] = pathlib.Path(path).resolve()
    for destination, path in programs.items():
        files[destination] = path
        if "tazpod-init" not in destination:
            files.update(libraries(path))
    for path in pathlib.Path("/usr/lib/locale/C.utf8").rglob("*"):
        if path.is_file():
            files[str(path).lstrip("/")] = path
    for name in ("linux", "screen-256color", "tmux-256color"):
        for folder in ("/lib/terminfo", "/usr/share/terminfo"):
            entry = pathlib.Path(folder, name[0], name)
            if entry.exists():
                files[str(entry).lstrip("/")] = entry.resolve()
    for number, module in enumerate(kernel.modules(*MODULES)):
        files[f"modules/{number:02}-{module.name.removesuffix('.xz')}"] = module_file(module)
    files["etc/tazpod/services/test"] = "exec = /bin/sh /test\nuser = root\nrestart = never\n"
    for name in PROBES:
        files[f"bin/{name}"] = compiled(name)
    files["test"] = WORDS + script + '\nsync; echo "[[end]]"; kill -TERM 1\n'
    files["boot"] = BOOT.format(before=before)
    return files


class VaultDisk:
    """The disk of a machine: one ext4, that holds a folder with the vault."""

    def __init__(self, folder, image=None, size=256 << 20):
        self.path = pathlib.Path(folder) / "disk"
        content = pathlib.Path(folder) / "content"
        content.mkdir()
        if image:
            shutil.copy2(image, content / "vault.img")
        with open(self.path, "wb") as file:
            file.truncate(size)
        tool("mke2fs", "-q", "-t", "ext4", "-d", str(content), str(self.path))

    def image(self, name="vault.img"):
        """A copy of the vault's image as the machine left it, after its disk's own file system was mended if it has to be."""
        tool("e2fsck", "-fp", str(self.path), check=False)
        copy = self.path.parent / f"copy-{name}"
        tool("debugfs", "-R", f"dump {name} {copy}", str(self.path))
        return copy


class PodMachine(Machine):
    """`script` is a service of the pod's, root but without privileges; `before` runs as all-powerful as a machine's root is.

    - `files`, `arguments`, `more`: what it has beside a pod's, and what else `Machine` takes.
    """

    def __init__(self, script, disk, driver, before="", files=(), arguments="", memory=1024, **more):
        own = (
            f"TAZPOD_USER=tazpod TAZPOD_PROJECT=machine TAZPOD_VAULT=/vault/vault.img TAZPOD_VAULT_SIZE={64 << 20} "
            f"TAZPOD_VAULT_DRIVER={driver} PATH=/usr/sbin:/usr/bin:/bin LANG=C.UTF-8 {arguments}")
        super().__init__({**pod_files(script, before), **dict(files)}, own, disk=disk.path, memory=memory, first="/boot", **more)

    def said(self, seconds=120):
        """What the script said, once the machine is off."""
        text = self.wait_for_end(seconds)
        words = re.findall(r"\[\[(.*?)\]\]", text)
        assert words[-1:] == ["end"], f"the script did not come to its end:\n{text}"
        return words[:-1]
