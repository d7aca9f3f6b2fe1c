"""A virtual machine under qemu's software emulation: Debian's cloud kernel, and an initramfs with our init as its PID 1."""

import os
import pathlib
import subprocess
import tempfile
import threading
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("TAZPOD_TEST_CACHE", "/var/tmp/tazpod-test")) / "machine"
KERNEL_PACKAGE = "linux-image-cloud-amd64"
BOOT_SECONDS = 120


def kernel():
    """The kernel's image, from Debian's package; downloaded once."""
    found = list(CACHE.glob("boot/vmlinuz-*"))
    if found:
        return found[0]
    CACHE.mkdir(parents=True, exist_ok=True)
    depends = subprocess.run(
        ["apt-cache", "depends", "--important", KERNEL_PACKAGE], capture_output=True, text=True, check=True, timeout=60).stdout
    package = next(line.split(":")[1].strip() for line in depends.splitlines() if "Depends: linux-image-" in line)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        # apt's own unprivileged user cannot write here.
        subprocess.run(
            ["apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package], cwd=folder, check=True, capture_output=True, timeout=600)
        archive = next(pathlib.Path(folder).glob("*.deb"))
        subprocess.run(["dpkg-deb", "--extract", archive, f"{folder}/tree"], check=True, timeout=300)
        image = next(pathlib.Path(folder, "tree/boot").glob("vmlinuz-*"))
        (CACHE / "boot").mkdir(exist_ok=True)
        return image.replace(CACHE / "boot" / image.name)


class Machine:
    """One boot. The console is a pipe; what is typed on the machine's keyboard goes through qemu's monitor."""

    def __init__(self, files, arguments=""):
        """`files`: path → text, bytes, or a path of the host; with our init and busybox they are the whole root."""
        self.folder = tempfile.TemporaryDirectory(prefix="tazpod-machine.")
        root = pathlib.Path(self.folder.name) / "root"
        shell = {"init": REPOSITORY / "bin/tazpod-init", "bin/busybox": pathlib.Path("/bin/busybox")}
        for name, content in {**shell, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read_bytes() if isinstance(content, pathlib.Path) else content.encode())
            path.chmod(0o755)
        for applet in ("sh", "echo", "sleep", "cat", "grep", "mount", "ls", "kill", "poweroff", "true", "seq"):
            (root / "bin" / applet).symlink_to("busybox")
        (root / "tmp").mkdir(mode=0o1777)
        archive = pathlib.Path(self.folder.name) / "initramfs"
        with open(archive, "wb") as output:
            names = subprocess.run(["find", "."], cwd=root, capture_output=True, check=True, timeout=60).stdout
            subprocess.run(["cpio", "--quiet", "-o", "-H", "newc"], cwd=root, input=names, stdout=output, check=True, timeout=60)
        command_line = f"console=ttyS0 quiet panic=-1 cryptomgr.notests rdinit=/init PATH=/bin {arguments}"
        self.process = subprocess.Popen(
            [
                "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-accel", "tcg,thread=multi",
                "-machine", "q35", "-cpu", "max", "-m", "512", "-smp", "1", "-kernel", str(kernel()), "-initrd", str(archive),
                "-append", command_line, "-serial", "stdio", "-monitor", f"unix:{self.folder.name}/monitor,server=on,wait=off",
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
        self.process.wait(seconds)
        self.reader.join(10)
        return self.text()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(20)
        self.reader.join(10)
        self.process.stdout.close()
        self.folder.cleanup()
