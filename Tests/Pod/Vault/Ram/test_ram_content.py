"""What is in a vault stays the same when it is loaded into memory and saved as a whole new image."""

import json
import os

from luks import Luks2
from plain import filesystem_facts
from pod import PASSPHRASE, digest, end_process, make_stock_vault, tool, wait_until
from ram import reopen, with_driver

VAULT, REFUSED = 6, 7

MAKE = r"""
import os, socket, struct
os.chdir(os.path.expanduser("~/secrets"))
def put(name, content=b"x"):
    with open(name, "wb") as file: file.write(content)
put("empty", b""); put("text", b"text\n"); put("large", os.urandom(9 << 20))
with open("sparse", "wb") as file:
    file.seek(1 << 26); file.write(b"far"); file.seek(5000); file.write(b"near"); file.truncate((1 << 26) + 100000)
with open("reserved", "wb") as file:
    os.posix_fallocate(file.fileno(), 0, 300000); file.write(b"start")
put("zeroes", bytes(50000))
os.link("text", "also"); os.makedirs("deep/" + "/".join("folder%d" % i for i in range(40)))
os.link("text", "deep/again")
os.symlink("text", "short"); os.symlink("/" + "long/" * 200, "long"); os.symlink("nowhere", "dangling")
os.mkfifo("pipe"); socket.socket(socket.AF_UNIX).bind("socket")
put(b"\xff\xfe not utf-8 \n"); put("n" * 255)
os.mkdir("many")
for i in range(1500): put("many/%d" % i, b"%d" % i)
put("program"); os.chmod("program", 0o4755); put("grouped"); os.chmod("grouped", 0o2755)
os.mkdir("shared"); os.chmod("shared", 0o3770); os.mkdir("closed"); os.chmod("closed", 0)
put("unreadable"); os.chmod("unreadable", 0)
put("old"); os.utime("old", ns=(-5 * 10**9 + 7, 4_000_000_000 * 10**9 + 123456789))
put("marked")
os.setxattr("marked", "user.one", b"1"); os.setxattr("marked", "user.large", bytes(range(256)) * 2); os.setxattr("many", "user.folder", b"")
entry = lambda tag, mode, who: struct.pack("<HHI", tag, mode, who)
nobody = 0xffffffff
os.setxattr("marked", "system.posix_acl_access", struct.pack("<I", 2) + entry(1, 6, nobody) + entry(2, 4, 1234) + entry(4, 4, nobody)
            + entry(16, 4, nobody) + entry(32, 0, nobody))
os.chmod(".", 0o750); os.utime("many", ns=(10**18 + 1, 10**18 + 2)); os.utime(".", ns=(10**18 + 3, 10**18 + 4))
"""

DESCRIBE = r"""
import hashlib, json, os, stat
os.chdir(os.path.expanduser("~/secrets"))
result = {}
def look(path):
    status = os.lstat(path)
    line = [oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns, status.st_rdev]
    line.append(0 if stat.S_ISDIR(status.st_mode) else status.st_nlink)
    if not stat.S_ISDIR(status.st_mode): line.append(status.st_size)
    if stat.S_ISLNK(status.st_mode): line.append(os.fsdecode(os.readlink(path)))
    else: line.append({name: os.getxattr(path, name).hex() for name in sorted(os.listxattr(path)) if not name.startswith("security.selinux")})
    if stat.S_ISREG(status.st_mode) and os.access(path, os.R_OK):
        with open(path, "rb") as file: line.append(hashlib.file_digest(file, "sha256").hexdigest())
    result[repr(path)] = line
    if stat.S_ISDIR(status.st_mode) and os.access(path, os.R_OK | os.X_OK):
        for name in sorted(os.listdir(path)): look(os.path.join(path, name))
look(b".")
print(json.dumps(result))
"""


def describe(pod):
    return json.loads(pod.ghost("exec python3 -", stdin=DESCRIBE.encode(), check=0).output)


def differences(before, after):
    return {name: (before.get(name), after.get(name)) for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def test_a_vault_is_the_same_through_every_driver(make_pod):
    """Written under fuse, loaded and saved in memory, twice, and under fuse again: names, contents, modes, owners, times to the
    nanosecond, links, holes, attributes."""
    pod = make_pod(config=with_driver("fuse"))
    pod.use_quick_vault(sector=512, filesystem="1024")
    pod.up().unlock()
    pod.ghost("exec python3 -", stdin=MAKE.encode(), check=0)
    before = describe(pod)
    assert len(before) > 1500
    reopen(pod, "ram")
    assert not differences(before, describe(pod))
    assert int(pod.ghost("stat -c %b ~/secrets/sparse", check=0).output) < 100
    pod.ghost("echo changed > ~/secrets/text", check=0)
    before = describe(pod)
    reopen(pod, "ram")
    assert not differences(before, describe(pod))
    reopen(pod, "fuse")
    assert not differences(before, describe(pod))
    assert int(pod.ghost("stat -c %b ~/secrets/sparse", check=0).output) < 100
    pod.ghost("rm -rf ~/secrets/many && echo more > ~/secrets/more", check=0)
    pod.lock()
    assert filesystem_facts(pod.image)["Block size"].strip() == "4096"
    tool("cryptsetup", "open", "--test-passphrase", "--key-file", "-", str(pod.image), stdin=PASSPHRASE.encode())


def test_label_header_owner_and_mode_of_the_image_stay(make_pod):
    pod = make_pod(config=with_driver("ram"))
    pod.image.parent.mkdir(parents=True)
    make_stock_vault(pod.image, 64 << 20, 4096, PASSPHRASE)
    tool("cryptsetup", "config", "--label", "mine", str(pod.image))
    vault, plain = Luks2(pod.image, PASSPHRASE), f"{pod.image}.plain"
    with open(plain, "wb") as file:
        file.truncate(vault.length)
    tool("mkfs.ext4", "-q", "-L", "my label", "-U", "11111111-2222-3333-4444-555555555555", plain)
    vault.write_plain(plain)
    os.unlink(plain)
    os.chown(pod.image, 1000, 1000)
    pod.image.chmod(0o640)
    header, before = pod.image.read_bytes()[:16 << 20], pod.image.stat()
    pod.up().unlock()
    pod.ghost("echo new > ~/secrets/file", check=0)
    pod.run("vault", "save", check=0)
    pod.lock()
    after = pod.image.stat()
    assert before.st_ino != after.st_ino, "it was written in place"
    assert pod.image.read_bytes()[:16 << 20] == header
    assert (after.st_uid, after.st_gid, after.st_mode, after.st_size) == (1000, 1000, before.st_mode, before.st_size)
    assert after.st_blocks * 512 < 40 << 20, "the new image is not sparse"
    fields = filesystem_facts(pod.image)
    assert fields["Filesystem volume name"].strip() == "my label"
    assert fields["Filesystem UUID"].strip() == "11111111-2222-3333-4444-555555555555"


def test_what_a_crashed_session_left_in_the_journal_is_there(make_pod):
    pod = make_pod(config=with_driver("fuse"))
    pod.use_quick_vault()
    pod.up().unlock()
    pod.ghost("cd ~/secrets && mkdir made && echo kept > made/file && sync && cd made && sync -f .", check=0)
    end_process(pod.processes_named("tazpod-vault")[0].pid)
    wait_until(lambda: pod.vault_state() == "locked", "locked")
    pod.run("down", check=0)
    before = digest(pod.image)
    pod.configure(with_driver("ram"))
    pod.up().unlock()
    assert pod.ghost("cat ~/secrets/made/file", check=0).output == "kept\n"
    assert digest(pod.image) == before, "it was mended in place"


def rewrite_plain(pod, *commands):
    """Changes the vault's file system behind its back."""
    vault, plain = Luks2(pod.image, PASSPHRASE), f"{pod.image}.plain"
    vault.read_plain(plain)
    for command in commands:
        tool("debugfs", "-w", "-R", command, plain)
    vault.write_plain(plain)
    os.unlink(plain)


def test_damage_in_a_file_system_that_says_it_is_clean_is_not_saved_over(make_pod):
    pod = make_pod(config=with_driver("ram"))
    pod.use_quick_vault()
    rewrite_plain(pod, "write /etc/passwd file", "clri file")
    pod.up()
    before = digest(pod.image)
    assert "damaged" in pod.unlock(check=VAULT).errors
    assert digest(pod.image) == before


def test_a_device_in_the_vault_is_refused_and_not_lost(make_pod):
    pod = make_pod(config=with_driver("ram"))
    pod.use_quick_vault()
    rewrite_plain(pod, "mknod disk b 8 1")
    pod.up()
    before = digest(pod.image)
    assert "device node (disk)" in pod.unlock(check=REFUSED).errors
    assert digest(pod.image) == before
