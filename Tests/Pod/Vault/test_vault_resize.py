"""A vault gets larger and smaller with all that it holds, also when the work is broken off."""

import os
import random
import shutil
import subprocess
import time

import pytest

from plain import decrypted
from pod import PASSPHRASE, Pod, end_process, fuse_connections, make_stock_filesystem, make_stock_vault, used_loop_devices, wait_until
from vault_verbs import facts, findings, stock_metadata, vault

MIB = 1 << 20
FILL = """
cd ~/secrets && mkdir -p many && cd many && for i in $(seq 200); do head -c $((i * 100)) /dev/urandom > $i; done
head -c 4000000 /dev/urandom > large && sha256sum * > ../sums
"""


def fill(pod):
    pod.run("unlock", "--", "sh", "-c", FILL, passphrase=PASSPHRASE, check=0)


def check_files(pod):
    return pod.run("unlock", "--", "sh", "-c", "cd ~/secrets/many && sha256sum --quiet -c ../sums", passphrase=PASSPHRASE)


def test_a_vault_grows_and_shrinks_with_its_files(pod):
    fill(pod)
    keyslots = stock_metadata(pod.image)
    owner = os.stat(pod.image)
    for size in (160, 48, 64):
        vault(pod, "resize", f"{size}MiB", passphrase=PASSPHRASE)
        assert facts(pod)["dataSize"] == (size - 16) * MIB and pod.image.stat().st_size == size * MIB
        assert check_files(pod).status == 0
        assert findings(pod, passphrase=PASSPHRASE)["file system"]["result"] == "ok"
    assert stock_metadata(pod.image) == keyslots
    assert [getattr(pod.image.stat(), name) for name in ("st_uid", "st_gid", "st_mode")] == [owner.st_uid, owner.st_gid, owner.st_mode]
    decrypted(pod.image)


@pytest.mark.parametrize("sector, block", [(512, "1024"), (4096, "1024"), (512, "4096")])
def test_stock_vaults_are_resized_too(sector, block):
    pod = Pod("native")
    try:
        pod.image.parent.mkdir(parents=True)
        make_stock_vault(pod.image, 40 * MIB, sector, PASSPHRASE)
        make_stock_filesystem(pod.image, PASSPHRASE, sector, block)
        pod.up()
        vault(pod, "resize", "56MiB", passphrase=PASSPHRASE)
        vault(pod, "resize", "36MiB", passphrase=PASSPHRASE)
        decrypted(pod.image)
    finally:
        pod.close()


def test_a_vault_that_is_too_full_to_shrink_says_how_small_it_can_get(native_pod):
    pod = native_pod()
    pod.run("unlock", "--", "sh", "-c", "head -c 20000000 /dev/urandom > ~/secrets/large; sha256sum ~/secrets/large > ~/secrets/sum",
            passphrase=PASSPHRASE, check=0)
    before = pod.image.stat()
    errors = vault(pod, "resize", "34MiB", passphrase=PASSPHRASE, check=6).errors
    assert "nothing was changed" in errors
    least = int(errors.split("needs ")[1].split(" MiB")[0])
    assert 34 < least < 64
    assert pod.image.stat() == before or pod.image.stat().st_mtime_ns == before.st_mtime_ns
    assert not list(pod.image.parent.glob("vault.img.*"))
    vault(pod, "resize", f"{least}MiB", passphrase=PASSPHRASE)
    pod.run("unlock", "--", "sh", "-c", "sha256sum -c ~/secrets/sum", passphrase=PASSPHRASE, check=0)


def test_an_open_vault_keeps_its_size(native_pod):
    pod = native_pod()
    pod.unlock()
    assert "tazpod lock" in vault(pod, "resize", "80MiB", passphrase=PASSPHRASE, check=7).errors


def test_a_disk_without_room_for_the_copy_is_told_beforehand(native_pod, tmp_path):
    import pod as pods

    small = tmp_path / "small"
    small.mkdir()
    pods.tool("mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(small))
    pod = None
    try:
        pod = Pod("native", parent=str(small))
        pod.use_quick_vault()
        pod.up()
        result = vault(pod, "resize", "80MiB", passphrase=PASSPHRASE, check=6)
        assert "MiB free" in result.errors
        assert [file.name for file in pod.image.parent.iterdir()] == ["vault.img"]
        pod.unlock()
    finally:
        if pod is not None:
            pod.close()
        pods.tool("umount", str(small))


def resize_under_fire(pod, rounds, seed):
    """Kills resizes at random instants; returns what was found wrong afterwards."""
    chance, wrong = random.Random(seed), []
    fill(pod)
    good = pod.folder / "good.img"
    shutil.copy2(pod.image, good)
    loops, connections = used_loop_devices().keys(), fuse_connections()
    started = time.monotonic()
    vault(pod, "resize", "200MiB", passphrase=PASSPHRASE)
    usual = time.monotonic() - started
    for round_number in range(rounds):
        size = chance.choice([40, 72, 96, 200])
        if pod.image.stat().st_size == size * MIB:
            size += 4
        reading, writing = os.pipe()
        os.write(writing, PASSPHRASE.encode() + b"\n")
        os.close(writing)
        command = subprocess.Popen(
            [str(pod.programs / "tazpod"), "vault", "resize", "--project", str(pod.directory), f"{size}MiB", "--passphrase-fd", str(reading)],
            pass_fds=(reading,), env=pod.environment, stderr=subprocess.DEVNULL)
        os.close(reading)
        time.sleep(chance.random() * usual)
        victim = chance.choice(["tazpod-keys", "tazpod-ghost", "tazpod-vault", "resize2fs", "the pod"])
        if victim == "the pod":
            init = pod.init_pid()
            end_process(init)
            wait_until(lambda: not os.path.exists(f"/proc/{init}"), "the pod has ended")
        else:
            for process in pod.processes_named(victim):
                end_process(process.pid)
        command.wait(30)
        if victim == "the pod":
            pod.up()
        # What outlives its parent, a resize2fs for example, ends by itself.
        wait_until(lambda: used_loop_devices().keys() <= loops and fuse_connections() <= connections, "nothing left behind", 20)
        wait_until(lambda: not pod.processes_named("tazpod-ghost"), "the keeper has ended")
        result = check_files(pod)
        if result.status != 0:
            wrong.append(f"round {round_number}, {victim} killed, to {size} MiB: {result.errors}")
            shutil.copy2(good, pod.image)
    return wrong


@pytest.mark.long
def test_kills_at_random_instants_lose_nothing(native_pod):
    pod = native_pod()
    assert resize_under_fire(pod, 20, seed=11) == []
    vault(pod, "resize", "128MiB", passphrase=PASSPHRASE)
    assert [file.name for file in pod.image.parent.iterdir()] == ["vault.img"], "a copy that a crash left is gone after the next"
    decrypted(pod.image)


def resize_cut(pod, number, size):
    """Kills the tool that writes the file system for the n-th time, and says how opening the vault then ends."""
    # The device, by its name in the pod's /dev, or in a place of its own where that has none.
    devices = [word for name in ["/device", *(f"/dev/loop{device}" for device in range(8))] for word in ("-P", name)]
    tracer = subprocess.Popen(
        ["strace", "-f", "-o", "/dev/null", *devices, "-e", "trace=pwrite64", "-e", f"inject=pwrite64:signal=KILL:when={number}", "-p",
         str(pod.init_pid())], stderr=subprocess.PIPE, text=True)
    assert "attached" in tracer.stderr.readline()
    try:
        result = vault(pod, "resize", f"{size}MiB", passphrase=PASSPHRASE, check=None)
    finally:
        tracer.terminate()
        tracer.wait(20)
    assert result.status == 6, f"the tool was not killed: {result}"
    return check_files(pod).status


@pytest.mark.parametrize("number", [2, 5, 8])
def test_resize2fs_may_die_at_any_write(native_pod, number):
    pod = native_pod()
    fill(pod)
    for size in (160, 48):
        assert resize_cut(pod, number, size) == 0


def test_without_the_copy_that_would_be_the_end(native_pod, weakened_programs):
    pod = native_pod(programs=weakened_programs, config="env: {WEAKENED_DEFENCES: 'resize-copy'}\n")
    fill(pod)
    assert resize_cut(pod, 5, 160) != 0
