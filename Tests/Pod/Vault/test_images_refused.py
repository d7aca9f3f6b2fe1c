"""An image that is damaged, no vault, or somebody else's: one sentence, the contract's exit code, and nothing lost."""

import fcntl
import os
import shutil

import pytest

from pod import PASSPHRASE, tool
from refusal import opens_again, refused

PROOF, VAULT, REFUSED = 5, 6, 7


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
