"""The ram driver: the vault in memory, saved as a whole new image. Under native, whose root may do what a pod's may."""

import errno
import fcntl
import json
import os
import random
import shutil
import struct
import subprocess
import time

import pytest

from luks import Luks2
from missing import missing
from pod import PASSPHRASE, digest, end_process, make_stock_vault, tool, wait_until
from vault_verbs import facts, findings, vault

VAULT, REFUSED = 6, 7
SEED = int(os.environ.get("TAZPOD_SEED", str(random.randrange(1 << 32))))


@pytest.fixture
def provider():
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")
    return "native"


def with_driver(name, more=""):
    return f"vault: {{driver: {name}{more}}}\n"


@pytest.fixture
def pod(make_pod):
    pod = make_pod(config=with_driver("ram"))
    pod.use_quick_vault()
    return pod.up()


def reopen(pod, driver):
    """The same vault with another driver."""
    pod.run("lock", check=0)
    pod.run("down", check=0)
    pod.configure(with_driver(driver))
    pod.up().unlock()
    assert pod.status()["vault"]["driver"] == driver


def wait_until_ended(pod):
    """Also the server, which saves when its keeper has gone."""
    names = ("tazpod-ghost", "tazpod-vault", "tazpod-enclave", "tazpod-loader", "tazpod-saver")
    wait_until(lambda: not [process for process in pod.processes() if process.name in names], "the vault's processes have ended")


def check_plain(image):
    """Decrypts independently, holes as what they decrypt to, and lets stock e2fsck look at every part."""
    vault, plain = Luks2(image, PASSPHRASE), f"{image}.plain"
    vault.read_plain(plain)
    tool("e2fsck", "-fn", plain)
    text = tool("dumpe2fs", "-h", plain).stdout.decode()
    os.unlink(plain)
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


# -- what is in a vault ---------------------------------------------------------------------------------------------------

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
    assert check_plain(pod.image)["Block size"].strip() == "4096"
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
    fields = check_plain(pod.image)
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


# -- saving ---------------------------------------------------------------------------------------------------------------


def unsaved(pod):
    return pod.status()["vault"]["unsaved"]


def test_save_on_demand_and_what_status_says(pod):
    pod.unlock()
    wait_until(lambda: unsaved(pod), "the bridges' folders are seen as a change")
    assert pod.run("vault", "save", check=0).output == "The vault is saved.\n"
    first = pod.status()["vault"]
    assert (first["driver"], first["unsaved"], "problem" in first) == ("ram", False, False)
    assert abs(first["saved"] - time.time()) < 60
    assert pod.run("vault", "save", check=0).output == "Nothing changed since the last save.\n"
    pod.ghost("echo new > ~/secrets/file", check=0)
    wait_until(lambda: unsaved(pod), "status says that something is not saved")
    assert "not saved since" in pod.run("status", check=0).output
    assert pod.public("tazpod", "vault", "save", check=0).output == "The vault is saved.\n"
    assert "saved at" in pod.run("status", check=0).output
    end_process(pod.processes_named("tazpod-vault")[0].pid)
    wait_until(lambda: pod.vault_state() == "locked", "locked")
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/file", passphrase=PASSPHRASE, check=0).output == "new\n"


def test_save_needs_an_open_vault_and_with_another_driver_does_nothing(make_pod):
    pod = make_pod(config=with_driver("fuse"))
    pod.use_quick_vault()
    pod.up()
    assert "locked" in pod.run("vault", "save", check=REFUSED).errors
    pod.unlock()
    assert "nothing needs saving" in pod.run("vault", "save", check=0).output


def test_what_changed_is_saved_now_and_then(make_pod):
    pod = make_pod(config=with_driver("ram", ", save_every: 1s"))
    pod.use_quick_vault()
    pod.up().unlock()
    wait_until(lambda: not unsaved(pod), "saved once")
    pod.ghost("echo kept > ~/secrets/file", check=0)
    before = pod.image.stat().st_ino
    wait_until(lambda: pod.image.stat().st_ino != before, "saved again")
    init = pod.init_pid()
    end_process(init)
    wait_until(lambda: not os.path.exists(f"/proc/{init}"), "the pod has ended")
    pod.run("up", "--provider", "native", check=0)
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/file", passphrase=PASSPHRASE, check=0).output == "kept\n"
    wait_until(lambda: pod.vault_state() == "locked", "locked")


def test_nothing_is_written_when_nothing_changed(pod):
    pod.unlock()
    pod.lock()
    before = digest(pod.image)
    pod.run("unlock", "--", "ls", "/home/tazpod/secrets", passphrase=PASSPHRASE, check=0)
    assert digest(pod.image) == before


def test_a_stopped_pod_and_a_killed_keeper_save(pod):
    pod.unlock()
    pod.ghost("echo one > ~/secrets/one", check=0)
    end_process(pod.processes_named("tazpod-ghost")[0].pid)
    wait_until_ended(pod)
    pod.unlock()
    assert pod.ghost("cat ~/secrets/one; echo two > ~/secrets/two", check=0).output == "one\n"
    pod.run("down", check=0)
    pod.up().unlock()
    assert pod.ghost("cat ~/secrets/two", check=0).output == "two\n"


MAP = """import mmap, os, sys, time
with open(os.path.expanduser("~/secrets/mapped"), "r+b") as file: memory = mmap.mmap(file.fileno(), 0)
memory[:] = b"first!"
print("first", flush=True)
while not os.path.exists("/workspace/go"): time.sleep(0.01)
memory[:] = b"second"
print("second", flush=True)
time.sleep(60)
"""


def write_through_a_mapping(pod):
    """The second write to a page that is mapped already: nothing that stat(2) says changes by it."""
    pod.unlock()
    pod.ghost("printf before > ~/secrets/mapped", check=0)
    (pod.directory / "map.py").write_text(MAP)
    writer = subprocess.Popen(
        pod.command("exec", "--ghost", "--", "python3", "/workspace/map.py"), stdout=subprocess.PIPE, text=True, env=pod.environment)
    assert writer.stdout.readline() == "first\n"
    pod.run("vault", "save", check=0)
    (pod.directory / "go").touch()
    assert writer.stdout.readline() == "second\n"
    answer = pod.run("vault", "save", check=0).output
    end_process(writer.pid)
    writer.wait(20)
    return answer == "The vault is saved.\n"


def test_a_write_through_a_mapping_is_noticed(pod):
    assert write_through_a_mapping(pod)


@pytest.fixture
def make_weakened_ram_pod(make_pod, weakened_programs):
    def make(*defences):
        config = f"env: {{WEAKENED_DEFENCES: '{','.join(defences)}'}}\n" + with_driver("ram")
        pod = make_pod(programs=weakened_programs, config=config)
        pod.use_quick_vault()
        return pod.up()

    return make


def test_without_a_digest_of_the_content_it_would_not_be(make_weakened_ram_pod):
    assert not write_through_a_mapping(make_weakened_ram_pod("content-digest"))


# -- when it cannot be saved ------------------------------------------------------------------------------------------------


@pytest.fixture
def make_full(make_pod):
    """Makes pods whose vault is on a disk of its own, which is filled up once the vault is open."""
    mounted = []

    def make(pod):
        # An image that stock tools made has no holes; the one that is saved has.
        pod.run("unlock", "--", "true", passphrase=PASSPHRASE, check=0)
        pod.run("down", check=0)
        copy = pod.folder / "copy"
        tool("cp", "--sparse=always", str(pod.image), str(copy))
        tool("mount", "-t", "tmpfs", "-o", "size=60m", "tmpfs", str(pod.image.parent))
        mounted.append(pod)
        tool("cp", "--sparse=always", str(copy), str(pod.image))
        pod.up().unlock()
        pod.ghost("echo unsaved > ~/secrets/file", check=0)
        with open(pod.image.parent / "fill", "wb") as file:
            file.write(bytes(shutil.disk_usage(pod.image.parent).free - 65536))
        return pod

    yield make
    for pod in mounted:
        pod.run("down", timeout=120)
        tool("umount", str(pod.image.parent))


def test_a_full_disk_keeps_the_old_image_and_the_vault_open(pod, make_full):
    make_full(pod)
    before = digest(pod.image)
    result = pod.run("vault", "save", check=VAULT)
    assert "No space left" in result.errors and len(result.errors.strip().splitlines()) == 1
    result = pod.run("lock", check=VAULT)
    assert "stays open" in result.errors and "--discard" in result.errors
    assert digest(pod.image) == before and not list(pod.image.parent.glob("*.new"))
    state = pod.status()["vault"]
    assert state["state"] == "open" and state["unsaved"] and "No space left" in state["problem"]
    assert pod.ghost("cat ~/secrets/file", check=0).output == "unsaved\n"
    (pod.image.parent / "fill").unlink()
    pod.lock()
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/file", passphrase=PASSPHRASE, check=0).output == "unsaved\n"


def test_without_saving_first_a_lock_on_a_full_disk_would_lose_it(make_weakened_ram_pod, make_full):
    pod = make_full(make_weakened_ram_pod("save-first"))
    result = pod.run("lock", check=VAULT)
    assert "could not be saved" in result.errors
    assert pod.vault_state() == "locked"
    (pod.image.parent / "fill").unlink()
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/file", passphrase=PASSPHRASE).status != 0


def failed_saves(pod):
    return pod.log().count("the vault could not be saved")


def test_the_end_of_the_last_shell_does_not_lose_it_either(pod, make_full):
    make_full(pod)
    terminal = pod.terminal("attach", "ghost")
    terminal.expect(r"\$ ")
    terminal.sendline("exit")
    terminal.expect("stays open")
    terminal.close(force=True)
    assert pod.vault_state() == "open"
    failed = failed_saves(pod)
    assert pod.ghost("cat ~/secrets/file", check=0).output == "unsaved\n"
    wait_until(lambda: failed_saves(pod) > failed, "nothing runs again, and the disk is still full")
    (pod.image.parent / "fill").unlink()
    pod.run("vault", "save", check=0)
    wait_until(lambda: pod.vault_state() == "locked", "saved, with nothing running, it is locked")
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/file", passphrase=PASSPHRASE, check=0).output == "unsaved\n"


def test_the_way_out_is_not_the_public_areas(pod, make_full):
    make_full(pod)
    result = pod.public("tazpod", "lock", "--discard", check=REFUSED)
    assert "outside the pod" in result.errors
    assert pod.vault_state() == "open"
    pod.run("lock", "--discard", check=0)
    assert pod.vault_state() == "locked"
    (pod.image.parent / "fill").unlink()
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/file", passphrase=PASSPHRASE).status != 0


def test_more_than_the_vault_holds_is_an_error_where_it_is_written(pod):
    pod.unlock()
    result = pod.ghost("head -c 100M /dev/zero > ~/secrets/big")
    assert result.status != 0 and "No space left" in result.errors
    pod.ghost("rm ~/secrets/big; head -c 30M /dev/urandom > ~/secrets/fits", check=0)
    pod.run("vault", "save", check=0)


class LittleMemory:
    """The pod reads of a memory limit that leaves it this many MiB: what its control group would say."""

    def __init__(self, pod, mebibytes):
        self.enter = ["nsenter", "--target", str(pod.init_pid()), "--mount", "--"]
        tool(*self.enter, "mount", "-t", "tmpfs", "tmpfs", "/sys/fs/cgroup")
        files = {"memory.max": 1 << 40, "memory.current": (1 << 40) - (mebibytes << 20), "memory.stat": "inactive_file 0"}
        for name, value in files.items():
            tool(*self.enter, "sh", "-c", f"echo {value} > /sys/fs/cgroup/{name}")

    def end(self):
        tool(*self.enter, "umount", "/sys/fs/cgroup")


def test_a_vault_that_is_too_large_for_the_pods_memory_is_refused_with_numbers(pod):
    before, little = digest(pod.image), LittleMemory(pod, 50)
    result = pod.unlock(check=REFUSED)
    assert "needs 64 MiB" in result.errors and "has 50 MiB left" in result.errors and len(result.errors.strip().splitlines()) == 1
    little.end()
    pod.unlock()
    pod.lock()
    assert digest(pod.image) != before, "it was opened, and its bridges were saved"


def test_too_little_memory_for_a_save_keeps_the_old_image_and_the_vault_open(pod):
    pod.unlock()
    pod.ghost("head -c 20M /dev/urandom > ~/secrets/file", check=0)
    before, little = digest(pod.image), LittleMemory(pod, 30)
    result = pod.run("vault", "save", check=VAULT)
    assert "memory" in result.errors and "stays open" in result.errors
    assert "stays open" in pod.run("lock", check=VAULT).errors
    assert digest(pod.image) == before and pod.vault_state() == "open"
    little.end()
    pod.lock()
    assert pod.run("unlock", "--", "sh", "-c", "wc -c < ~/secrets/file", passphrase=PASSPHRASE, check=0).output == "20971520\n"


def test_a_folder_where_nothing_can_be_made_is_refused_at_once(pod):
    tool("chattr", "+i", str(pod.image.parent))
    try:
        result = pod.unlock(check=VAULT)
    finally:
        tool("chattr", "-i", str(pod.image.parent))
    assert len(result.errors.strip().splitlines()) == 1 and "new image" in result.errors
    pod.unlock()


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


# -- nobody else ------------------------------------------------------------------------------------------------------------


def lock_by_name(path):
    """Whether somebody who opens the image by its name finds it unlocked (F_OFD_SETLK), and still of that name, as the programs do."""
    with open(path, "r+b") as file:
        try:
            fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
            return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
        except OSError:
            return False


def test_the_image_is_locked_at_every_moment_of_a_save(pod):
    pod.unlock()
    found, saves, before = 0, 0, pod.image.stat().st_ino
    for number in range(15):
        pod.ghost(f"echo {number} > ~/secrets/file", check=0)
        save = subprocess.Popen(pod.command("vault", "save"), env=pod.environment, stdout=subprocess.DEVNULL)
        while save.poll() is None:
            found += lock_by_name(pod.image)
        saves += pod.image.stat().st_ino != before
        before = pod.image.stat().st_ino
    assert (found, saves) == (0, 15)
    pod.lock()
    assert lock_by_name(pod.image), "its own control: a locked vault's image can be locked"


@pytest.mark.parametrize("driver", ["ram"], indirect=True)
def test_where_all_locks_are_one_no_save_gives_the_image_free(make_layered_pod):
    """Over NFS flock and fcntl locks are one: that which a save takes must not take the image's with it."""
    first = make_layered_pod(locks="nfs").up()
    second = make_layered_pod(locks="nfs", folder=first.layer.folder, vault=False).up()
    first.unlock()
    first.ghost("echo kept > ~/secrets/file", check=0)
    first.layer.fail("write", errno.ENOSPC)
    first.run("vault", "save", check=VAULT)
    assert "open elsewhere" in second.unlock(check=VAULT).errors
    first.layer.heal()
    assert first.run("vault", "save", check=0).output == "The vault is saved.\n"
    assert "open elsewhere" in second.unlock(check=VAULT).errors
    first.lock()
    assert second.run("unlock", "--", "cat", "/home/tazpod/secrets/file", passphrase=PASSPHRASE, check=0).output == "kept\n"


def test_its_keys_change_while_it_is_locked_alone(pod):
    """A save replaces the header too: a key that was taken away in between would come back."""
    pod.unlock()
    for words, new in [(["passwd"], "another"), (["add-key"], "another"), (["recovery", "--force"], None), (["remove-key", "--slot", "0"], None)]:
        assert "run tazpod lock first" in vault(pod, *words, passphrase=PASSPHRASE, new=new, check=REFUSED).errors
    assert (facts(pod)["state"], facts(pod)["driver"]) == ("open", "ram")
    assert findings(pod)["slots"]["result"] == "ok"
    assert len(vault(pod, "backup", "-", binary=True).output) == 16 << 20
    pod.lock()
    assert "the last" in vault(pod, "remove-key", "--slot", "0", passphrase=PASSPHRASE, check=REFUSED).errors


def test_its_memory_is_exempt_from_swap_and_gives_no_privileges(pod):
    pod.unlock()
    line = next(line for line in pod.ghost("cat /proc/self/mountinfo", check=0).output.splitlines() if "/secrets " in line)
    assert all(option in line for option in ("noswap", "nosuid", "nodev", "size="))


def test_a_file_handed_out_of_the_ghost_is_empty_after_the_lock(pod, probes):
    from test_isolation import hold_a_file_over_a_lock

    assert hold_a_file_over_a_lock(pod, probes) == "after:"


def test_without_the_shut_off_its_content_would_live_on(make_weakened_ram_pod, probes):
    from test_isolation import hold_a_file_over_a_lock

    assert hold_a_file_over_a_lock(make_weakened_ram_pod("shut-off"), probes) == "after: precious"


# -- kills ------------------------------------------------------------------------------------------------------------------

GENERATION = "cd ~/secrets && for i in $(seq 40); do echo {0} > $i; done; head -c 3M /dev/urandom > bulk; printf '\\n{0}\\n' >> bulk"
COUNT = "cd ~/secrets && (cat $(seq 40) 2>/dev/null; tail -n 1 bulk 2>/dev/null) | grep -a '^[0-9]*$' | sort | uniq -c"


@pytest.mark.long
def test_fifty_kills_during_saves_leave_the_old_or_the_new_image(pod):
    """Every file is of one generation, at least that of the last save that was acknowledged."""
    chance = random.Random(SEED)
    init, kept = pod.init_pid(), 0
    pod.unlock()
    for generation in range(1, 51):
        pod.ghost(GENERATION.format(generation), check=0)
        save = subprocess.Popen(pod.command("vault", "save"), env=pod.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(chance.random() * 0.2)
        victim = chance.choice(["tazpod-ghost", "tazpod-vault", "tazpod-vault", "tazpod-saver", "mke2fs", "e2fsck"])
        for process in pod.processes_named(victim):
            end_process(process.pid)
        output = save.communicate(timeout=60)[0]
        note = f"seed {SEED}, generation {generation}, {victim} was killed"
        acknowledged = generation if b"saved" in output else kept
        if pod.vault_state() == "open":
            # A tool's end is no more than a failed save.
            assert victim not in ("tazpod-ghost", "tazpod-vault") or acknowledged == generation, note
            for process in pod.processes_named("tazpod-vault"):
                end_process(process.pid)
        wait_until(lambda: pod.vault_state() == "locked", f"locked: {note}")
        wait_until_ended(pod)
        pod.unlock()
        counts = dict(reversed(line.split()) for line in pod.ghost(COUNT, check=0).output.splitlines())
        assert len(counts) <= 1 and set(counts.values()) <= {"41"}, f"{note}: {counts}"
        kept = int(next(iter(counts), 0))
        assert acknowledged <= kept <= generation, f"{note}: {kept}"
    assert pod.init_pid() == init and kept > 0
    pod.lock()
    check_plain(pod.image)
    assert sorted(path.name for path in pod.image.parent.iterdir()) == ["vault.img"]
