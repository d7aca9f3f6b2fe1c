"""When it cannot work: one sentence, the contract's exit code, and nothing lost."""

import fcntl
import os
import shutil
import subprocess
import time

import pytest

from pod import PASSPHRASE, Leftovers, Pod, digest, make_stock_vault, tool

PROOF, VAULT, REFUSED, PROVIDER, PROJECT, USAGE = 5, 6, 7, 4, 3, 2


def refused(pod, code, passphrase=PASSPHRASE, words=()):
    """An unlock that must fail with one sentence, and change nothing."""
    before, leftovers = digest(pod.image) if pod.image.exists() else None, Leftovers(pod)
    result = pod.unlock(passphrase=passphrase, check=None)
    assert result.status == code, result
    lines = result.errors.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("tazpod: "), result
    for word in words:
        assert word in lines[0], result
    assert result.output == ""
    after = digest(pod.image) if pod.image.exists() else None
    assert before == after, "the image has changed"
    leftovers.check()
    assert pod.vault_state() == "locked"
    return lines[0]


def opens_again(pod):
    pod.unlock()
    pod.ghost("test -d ~/secrets/lost+found", check=0)
    pod.lock()


def test_a_wrong_passphrase(pod):
    refused(pod, PROOF, passphrase="wrong", words=["passphrase is wrong"])
    opens_again(pod)


@pytest.mark.parametrize("new", [False, True], ids=["for a vault", "for a new vault"])
def test_an_empty_passphrase(make_pod, new):
    pod = make_pod()
    if not new:
        pod.use_quick_vault()
    pod.up()
    refused(pod, PROOF, passphrase="", words=["empty"])
    assert not list(pod.image.parent.glob("*.new"))


def test_a_passphrase_that_is_too_long(pod):
    refused(pod, PROOF, passphrase="x" * 600)


def test_no_terminal_and_no_descriptor(pod):
    result = pod.run("unlock", "--detach")
    assert (result.status, len(result.errors.splitlines())) == (PROOF, 1)
    assert "--passphrase-fd" in result.errors


@pytest.mark.parametrize("length", [0, 1000, 4096, 1 << 20, 16 << 20, (64 << 20) - 1, (64 << 20) - 512])
def test_a_truncated_image(pod, length):
    os.truncate(pod.image, length)
    refused(pod, VAULT)


def test_an_image_cut_in_the_middle_of_its_file_system(pod):
    os.truncate(pod.image, 40 << 20)
    refused(pod, VAULT, words=["damaged"])


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))


# Offsets by the specification, section 2: two copies of a binary header and its JSON, 16 KiB each, then the key slots.
PRIMARY = {"magic": 0, "version": 7, "checksum": 460, "JSON": 4096 + 30}
SECONDARY = {"magic": 16384, "checksum": 16384 + 460, "JSON": 16384 + 4096 + 30}


@pytest.mark.parametrize("offset", [*PRIMARY.values(), *SECONDARY.values()], ids=[f"primary {n}" for n in PRIMARY] + [f"secondary {n}" for n in SECONDARY])
def test_one_damaged_copy_of_the_header_is_mended_and_said(pod, offset):
    whole = header(pod)
    flip(pod.image, offset)
    result = pod.unlock()
    assert "header was damaged and was mended from its intact copy" in result.errors
    pod.lock()
    # Both copies are whole again, and as before but for the counter and salt of a write.
    tool("cryptsetup", "luksDump", str(pod.image))
    assert json_of(header(pod)) == json_of(whole)


def test_a_header_that_is_mended_while_the_vault_is_open_is_in_the_log(pod):
    pod.unlock()
    flip(pod.image, PRIMARY["JSON"])
    # Without the token of the unlock the passphrase is asked for, and tried on the header.
    shutil.rmtree(pod.folder / "run")
    (pod.folder / "run").mkdir(mode=0o700)
    pod.run("exec", "--ghost", "--", "true", passphrase=PASSPHRASE, check=0)
    assert "header was damaged and was mended from its intact copy" in pod.log()


def header(pod):
    with open(pod.image, "rb") as file:
        return file.read(32768)


def json_of(both):
    return both[4096:16384], both[16384 + 4096:]


def test_two_damaged_copies_of_the_header_are_refused(pod):
    flip(pod.image, PRIMARY["JSON"])
    flip(pod.image, SECONDARY["JSON"])
    refused(pod, VAULT, words=["LUKS2 header"])


def test_a_damaged_key_slot_is_as_a_wrong_passphrase(pod):
    flip(pod.image, 32768 + 1000)
    refused(pod, PROOF)


def test_damaged_data_is_refused_without_touching_it(pod):
    with open(pod.image, "r+b") as file:
        file.seek((16 << 20) + 1024)
        file.write(os.urandom(8192))
    refused(pod, VAULT, words=["damaged"])


def test_a_file_that_is_no_vault(make_pod):
    pod = make_pod()
    pod.image.parent.mkdir(parents=True)
    pod.image.write_bytes(b"not a vault" * 100_000)
    pod.up()
    refused(pod, VAULT)


def test_an_image_that_is_a_symbolic_link(make_pod):
    pod = make_pod()
    pod.use_quick_vault()
    pod.image.rename(pod.image.with_suffix(".real"))
    pod.image.symlink_to("vault.real")
    pod.up()
    refused(pod, REFUSED, words=["symbolic link"])


def test_were_links_followed_it_would_be_opened(make_weakened_pod):
    pod = make_weakened_pod("image-links")
    pod.image.rename(pod.image.with_suffix(".real"))
    pod.image.symlink_to("vault.real")
    pod.unlock()


def test_an_image_that_another_pod_has_open(make_pod):
    first = make_pod()
    first.use_quick_vault()
    first.up().unlock()
    second = make_pod()
    (second.directory / ".tazpod/vault").symlink_to(first.image.parent)
    second.up()
    result = second.unlock(check=VAULT)
    assert "open elsewhere" in result.errors
    first.ghost("echo still > ~/secrets/there && sync", check=0)
    first.lock()
    assert second.unlock(check=0)
    second.lock()


def test_an_image_that_a_loop_device_is_over(pod):
    device = tool("losetup", "--find", "--show", str(pod.image)).stdout.decode().strip()
    try:
        refused(pod, VAULT, words=[device])
    finally:
        tool("losetup", "--detach", device)
    opens_again(pod)


def test_an_image_that_cryptsetup_holds(pod):
    with open(pod.image, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        refused(pod, VAULT, words=["cryptsetup"])
    opens_again(pod)


def test_stock_cryptsetup_can_still_read_an_open_vault(pod):
    pod.unlock()
    tool("cryptsetup", "open", "--test-passphrase", "--key-file", "-", str(pod.image), stdin=PASSPHRASE.encode())


def test_an_image_on_a_read_only_mount(make_pod):
    pod = make_pod()
    pod.use_quick_vault()
    folder = str(pod.image.parent)
    tool("mount", "--bind", folder, folder)
    tool("mount", "-o", "remount,bind,ro", folder)
    try:
        pod.up()
        refused(pod, VAULT, words=["read-only"])
    finally:
        pod.run("down")
        tool("umount", folder)


def test_no_new_vault_on_a_read_only_mount(make_pod):
    pod = make_pod()
    pod.image.parent.mkdir(parents=True)
    folder = str(pod.image.parent)
    tool("mount", "--bind", folder, folder)
    tool("mount", "-o", "remount,bind,ro", folder)
    try:
        pod.up()
        refused(pod, VAULT, words=["read-only"])
    finally:
        pod.run("down")
        tool("umount", folder)


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


@pytest.mark.parametrize("config, words", [
    ("vault: {size: 5}\n", ["config.yaml:2:15", "512MiB"]),
    ("vualt: {size: 64MiB}\n", ["config.yaml:2:1", "vualt", "write vault"]),
    ("name: a\nname: b\n", ["config.yaml:3:1", "twice"]),
    ("name: [\n", ["config.yaml:"]),
    ("bridges: [../x]\n", ["config.yaml:2:11", ".."]),
    ("ports: [99999]\n", ["config.yaml:2:9", "9000:8372"]),
    ("provider: dokcer\n", ["config.yaml:2:11", "docker"]),
])
def test_a_wrong_config_names_file_line_and_remedy(make_pod, config, words):
    pod = make_pod(config=config)
    result = pod.run("up", "--provider", pod.provider)
    assert result.status == PROJECT, result
    assert len(result.errors.strip().splitlines()) == 1
    for word in words:
        assert word in result.errors


@pytest.mark.parametrize("arguments", [["exec"], ["unlock", "--detach", "--", "ls"], ["up", "--wait", "0"], ["frobnicate"]])
def test_a_wrong_command_line_is_usage(make_pod, arguments):
    assert make_pod().run(*arguments).status == USAGE


@pytest.mark.parametrize("arguments", [["enter"], ["unlock", "--detach"], ["exec", "--", "ls"], ["sessions"], ["lock"]])
def test_without_a_pod_verbs_say_so(make_pod, arguments):
    result = make_pod().run(*arguments)
    assert (result.status, len(result.errors.splitlines())) == (PROVIDER, 1), result
    assert "tazpod up" in result.errors
