"""A vault is one standard LUKS2 file: stock tools open ours, we open theirs, and an independent reader agrees."""

import hashlib
import json

import pytest

from plain import decrypted
from pod import PASSPHRASE, Pod, make_stock_filesystem, tool


@pytest.fixture
def native_pod():
    pods = []

    def make(**options):
        pods.append(Pod("native", **options))
        return pods[-1]

    yield make
    for pod in pods:
        pod.close()


def read_file(plain, name):
    return tool("debugfs", "-R", f"cat {name}", str(plain)).stdout


def test_a_vault_made_here_opens_with_stock_tools(native_pod):
    pod = native_pod(config="vault: {size: 64MiB}\n").up()
    pod.unlock()
    content = bytes(range(256)) * 4096
    pod.ghost("cat > ~/secrets/content", stdin=content, check=0)
    pod.lock()
    dump = tool("cryptsetup", "luksDump", str(pod.image)).stdout.decode()
    assert "aes-xts-plain64" in dump and "argon2id" in dump and "sector: 4096" in dump
    tool("cryptsetup", "open", "--test-passphrase", "--key-file", "-", str(pod.image), stdin=PASSPHRASE.encode())
    wrong = tool("cryptsetup", "open", "--test-passphrase", "--key-file", "-", str(pod.image), stdin=b"wrong", check=False)
    assert wrong.returncode == 2
    assert read_file(decrypted(pod.image), "content") == content


@pytest.mark.parametrize("sector", [512, 4096])
@pytest.mark.parametrize("block", ["1024", "4096"])
def test_a_stock_vault_opens_here(native_pod, sector, block):
    pod = native_pod()
    pod.use_quick_vault(sector=sector, filesystem=block)
    pod.up().unlock()
    content = b"written here " * 100_000
    pod.ghost("cat > ~/secrets/content; mkdir ~/secrets/many; cd ~/secrets/many; for i in $(seq 300); do echo $i > $i; done",
              stdin=content, check=0)
    pod.lock()
    plain = decrypted(pod.image)
    assert read_file(plain, "content") == content
    assert read_file(plain, "many/299") == b"299\n"


def test_a_segment_elsewhere_with_another_vector_opens_here(native_pod):
    """The data segment's offset and iv_tweak are honoured. Stock luksFormat writes a tweak of 0; this one is edited, with the
    checksum of the specification."""
    pod = native_pod()
    pod.image.parent.mkdir(parents=True)
    with open(pod.image, "wb") as file:
        file.truncate(64 << 20)
    tool(
        "cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--sector-size", "4096", "--offset", str(24 << 11), "--pbkdf", "pbkdf2",
        "--pbkdf-force-iterations", "1000", "--key-file", "-", str(pod.image), stdin=PASSPHRASE.encode())
    edit_metadata(pod.image, lambda metadata: metadata["segments"]["0"].update(iv_tweak=str(8 * 1234)))
    tool("cryptsetup", "open", "--test-passphrase", "--key-file", "-", str(pod.image), stdin=PASSPHRASE.encode())
    make_stock_filesystem(pod.image, PASSPHRASE, 4096)
    pod.up().unlock()
    pod.ghost("echo here > ~/secrets/content", check=0)
    pod.lock()
    assert read_file(decrypted(pod.image), "content") == b"here\n"


def edit_metadata(image, change):
    """Rewrites both copies of the header's JSON, with the checksum of the specification (section 2.1)."""
    with open(image, "r+b") as file:
        for start in (0, 16384):
            file.seek(start)
            area = bytearray(file.read(16384))
            metadata = json.loads(bytes(area[4096:]).split(b"\0", 1)[0])
            change(metadata)
            text = json.dumps(metadata, separators=(",", ":")).encode()
            area[4096:] = text + bytes(16384 - 4096 - len(text))
            area[448:512] = bytes(64)
            area[448:480] = hashlib.sha256(area).digest()
            file.seek(start)
            file.write(area)


@pytest.mark.parametrize("change, words", [
    (lambda m: m["config"].update(requirements={"mandatory": ["of-a-later-version"]}), "cryptsetup"),
    (lambda m: m["segments"]["0"].update(size=str(32 << 20)), "reach to the end"),
    (lambda m: m["segments"]["0"].update(encryption="aes-cbc-essiv:sha256"), "aes-xts-plain64"),
], ids=["a requirement that we do not know", "a segment of fixed size", "another cipher"])
def test_what_we_cannot_open_safely_is_refused(native_pod, change, words):
    pod = native_pod()
    pod.use_quick_vault()
    edit_metadata(pod.image, change)
    pod.up()
    result = pod.unlock(check=6)
    assert words in result.errors


def test_a_vault_in_the_middle_of_a_re_encryption_is_refused(native_pod):
    pod = native_pod()
    pod.use_quick_vault()
    tool(
        "cryptsetup", "reencrypt", "--batch-mode", "--init-only", "--pbkdf-force-iterations", "4", "--pbkdf-memory", "32", "--key-file", "-",
        str(pod.image), stdin=PASSPHRASE.encode())
    pod.up()
    assert "re-encryption" in pod.unlock(check=6).errors
