"""A virtual machine under qemu's software emulation: Debian's cloud kernel, and an initramfs with our init as its PID 1."""

import os
import pathlib
import subprocess
import tempfile
import threading
import time

from kernel import Kernel

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
BOOT_SECONDS = 120
APPLETS = (
    "sh", "echo", "sleep", "cat", "grep", "mount", "umount", "ls", "kill", "poweroff", "true", "insmod", "mkdir", "sync", "dd",
    "test", "cp", "sha256sum", "wc", "stat", "printf", "tail", "touch", "usleep", "tr", "seq", "rm", "head", "chmod", "mkfifo",
)


def as_bytes(content):
    """A text, bytes, or the content of a file of the host."""
    if isinstance(content, pathlib.Path):
        return content.read_bytes()
    return content if isinstance(content, bytes) else content.encode()


class Machine:
    """One boot. The console is a pipe; what is typed on the machine's keyboard goes through qemu's monitor."""

    def __init__(self, files, arguments="", disk=None, swap=None, memory=512, first="/init"):
        """`files`: path → text, bytes, or a path of the host; with our init and busybox they are the whole root.

        `disk` and `swap` are images that the machine has as /dev/vda and /dev/vdb; `memory` is in MiB; `first` is what the
        kernel starts.
        """
        self.folder = tempfile.TemporaryDirectory(prefix="tazpod-machine.")
        root = pathlib.Path(self.folder.name) / "root"
        shell = {"init": REPOSITORY / "bin/tazpod-init", "bin/busybox": pathlib.Path("/bin/busybox")}
        for name, content in {**shell, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(as_bytes(content))
            path.chmod(0o755)
        for applet in APPLETS:
            if not (root / "bin" / applet).exists():
                (root / "bin" / applet).symlink_to("busybox")
        (root / "tmp").mkdir(mode=0o1777)
        archive = pathlib.Path(self.folder.name) / "initramfs"
        with open(archive, "wb") as output:
            names = subprocess.run(["find", "."], cwd=root, capture_output=True, check=True, timeout=60).stdout
            subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=root, input=names, stdout=output, check=True, timeout=60)
        command_line = f"console=ttyS0 quiet panic=-1 cryptomgr.notests rdinit={first} PATH=/bin {arguments}"
        self.process = subprocess.Popen(
            [
                "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-accel", "tcg,thread=multi",
                "-machine", "q35", "-cpu", "max", "-m", str(memory), "-smp", "1", "-kernel", str(Kernel().image), "-initrd", str(archive),
                "-append", command_line, "-serial", "stdio", "-monitor", f"unix:{self.folder.name}/monitor,server=on,wait=off",
                *[word for image in (disk, swap) if image for word in ("-drive", f"file={image},if=virtio,format=raw")],
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.console = b""
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        while chunk := os.read(self.process.stdout.fileno(), 65536):
            self.console += chunk

    def text(self):
        return self.console.decode(errors="replace").replace("\r", "")

    def wait_for(self, text, seconds=BOOT_SECONDS):
        deadline = time.monotonic() + seconds
        while text not in self.text():
            assert self.process.poll() is None or text in self.text(), f"the machine ended without {text!r}:\n{self.text()}"
            assert time.monotonic() < deadline, f"not within {seconds} s: {text!r} on the console:\n{self.text()}"
            time.sleep(0.05)

    def monitor(self, command):
        """A command for qemu, such as pressing keys."""
        import socket

        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(20)
            client.connect(f"{self.folder.name}/monitor")
            client.sendall(command.encode() + b"\n")
            time.sleep(0.2)

    def wait_for_end(self, seconds=BOOT_SECONDS):
        """qemu ends when the machine is switched off; with -no-reboot also when it restarts, and when its kernel panics."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the machine did not end within {seconds} s:\n{self.text()}") from None
        self.reader.join(10)
        return self.text()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)
        self.reader.join(10)
        self.process.stdout.close()
        self.folder.cleanup()
