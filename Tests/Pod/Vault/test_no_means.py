"""A disk, memory or a device that lacks: one sentence, the contract's exit code, and nothing lost."""

import contextlib
import os
import shutil
import subprocess
import time

import pytest

from pod import PASSPHRASE, Leftovers, Pod, make_stock_vault, tool
from refusal import opens_again, refused

VAULT, REFUSED, PROVIDER = 6, 7, 4


@contextlib.contextmanager
def read_only_vault_folder(pod):
    folder = str(pod.image.parent)
    tool("mount", "--bind", folder, folder)
    tool("mount", "-o", "remount,bind,ro", folder)
    try:
        yield
    finally:
        pod.run("down")
        tool("umount", folder)


def test_an_image_on_a_read_only_mount(make_pod):
    pod = make_pod()
    pod.use_quick_vault()
    with read_only_vault_folder(pod):
        pod.up()
        refused(pod, VAULT, words=["read-only"])


def test_no_new_vault_on_a_read_only_mount(make_pod):
    pod = make_pod()
    pod.image.parent.mkdir(parents=True)
    with read_only_vault_folder(pod):
        pod.up()
        refused(pod, VAULT, words=["read-only"])


@pytest.fixture
def small_disk(make_pod):
    """A pod whose vault is on a disk of its own, with 8 MiB left beside the image."""
    pod = make_pod()
    pod.image.parent.mkdir(parents=True)
    disk = pod.folder / "disk"
    with open(disk, "wb") as file:
        file.truncate(48 << 20)
    tool("mkfs.ext4", "-q", "-m", "0", str(disk))
    tool("mount", "-o", "loop", str(disk), str(pod.image.parent))
    yield pod
    pod.run("down", timeout=120)
    tool("umount", str(pod.image.parent))


def test_a_full_disk_is_an_error_in_the_ghost_and_harms_nothing_else(small_disk):
    pod = small_disk
    pod.configure("vault: {size: 128MiB}\n")
    pod.up().unlock()
    pod.ghost("echo before > ~/secrets/before && sync", check=0)
    result = pod.ghost("dd if=/dev/urandom of=$HOME/secrets/big bs=1M count=100 conv=fsync", timeout=120)
    assert result.status != 0
    assert "error" in result.errors.lower() or "no space" in result.errors.lower()
    assert "its disk refused some" in pod.run("lock", timeout=120, check=VAULT).errors
    # Room again: what was synced before is there.
    pod.run("down", check=0)
    make_room(pod)
    pod.up()
    found = pod.run("unlock", "--", "cat", "/home/tazpod/secrets/before", passphrase=PASSPHRASE)
    assert found.output == "before\n", found


def make_room(pod):
    """Moves the image to a disk with room, as its owner would."""
    copy = pod.folder / "copy"
    shutil.copy2(pod.image, copy)
    pod.image.unlink()
    tool("umount", str(pod.image.parent))
    tool("mount", "-t", "tmpfs", "tmpfs", str(pod.image.parent))
    shutil.copy2(copy, pod.image)


def test_no_room_for_a_new_vault(small_disk):
    pod = small_disk
    pod.up()
    fill = pod.image.parent / "fill"
    with open(fill, "wb") as file:
        try:
            while True:
                file.write(bytes(1 << 20))
        except OSError:
            pass
    result = pod.unlock(check=None)
    assert result.status == VAULT, result
    assert len(result.errors.strip().splitlines()) == 1
    assert not pod.image.exists() and not list(pod.image.parent.glob("*.new"))
    fill.unlink()


def test_no_fuse_device(docker):
    pod = Pod("docker", config="vault: {driver: fuse}\n")
    try:
        pod.use_quick_vault()
        pod.up()
        name = pod.name
        pod.run("down", check=0)
        command = pod.run("up", "--provider", "docker", "--dry-run", check=0).output.strip()
        assert "--device /dev/fuse " in command
        subprocess.run(["sh", "-c", command.replace("--device /dev/fuse ", "")], check=True, capture_output=True, timeout=60)
        pod.run("up", check=0)
        assert pod.name == name
        refused(pod, PROVIDER, words=["/dev/fuse"])
    finally:
        pod.close()


def test_too_little_memory_for_the_key_derivation(docker):
    pod = Pod("docker", config="resources: {memory: 96MiB}\n")
    try:
        pod.image.parent.mkdir(parents=True)
        make_stock_vault(pod.image, 64 << 20, 4096, PASSPHRASE, pbkdf_memory=256 << 10)
        pod.up()
        refused(pod, REFUSED, words=["256 MiB", "memory"])
        # The pod was not harmed: its first process still answers.
        assert pod.status()["pod"] == "ready"
    finally:
        pod.close()


def test_a_new_vault_takes_no_more_memory_than_the_pod_has(docker):
    pod = Pod("docker", config="resources: {memory: 256MiB}\n")
    try:
        pod.up().unlock()
        dump = tool("cryptsetup", "luksDump", str(pod.image)).stdout.decode()
        memory = int(next(line for line in dump.splitlines() if "Memory:" in line).split()[1])
        assert 32 * 1024 <= memory <= 64 * 1024
        pod.lock()
        opens_again(pod)
    finally:
        pod.close()


def test_a_new_vault_is_never_left_half_made(make_pod):
    """Killed at any instant while a vault is made, the next unlock makes it whole."""
    pod = make_pod().up()
    leftovers = Leftovers(pod)
    for pause in (0.02, 0.1, 0.3, 0.6, 0.9):
        reading, writing = os.pipe()
        os.write(writing, PASSPHRASE.encode() + b"\n")
        os.close(writing)
        client = subprocess.Popen(
            pod.command("unlock", "--detach", "--passphrase-fd", str(reading)), pass_fds=(reading,), env=pod.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(reading)
        time.sleep(pause)
        for process in pod.processes_named("tazpod-ghost") + pod.processes_named("tazpod-vault"):
            try:
                os.kill(process.pid, 9)
            except ProcessLookupError:
                pass
        client.wait(60)
        leftovers.check()
        if pod.image.exists():
            tool("cryptsetup", "open", "--test-passphrase", "--key-file", "-", str(pod.image), stdin=PASSPHRASE.encode())
    pod.unlock()
    pod.ghost("echo whole > ~/secrets/it", check=0)
