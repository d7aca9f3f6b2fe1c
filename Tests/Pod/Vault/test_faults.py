"""The disk below fails: the ghost sees the errno, nothing else is harmed, and what was fsynced is there once the fault is gone."""

import errno
import re
import subprocess

import pytest

from pod import PASSPHRASE, Leftovers, Pod, tool

VAULT = 6
EIO = "Input/output error"
# The kernel's block layer hands on that there is no room; every other errno of the disk is an I/O error to a file system.
SEEN = {errno.EIO: EIO, errno.ENOSPC: "No space left on device", errno.EDQUOT: EIO, errno.EROFS: EIO}
# What `lock` says then is the disk's own errno.
TOLD = {errno.EIO: EIO, errno.ENOSPC: "No space left on device", errno.EDQUOT: "Disk quota exceeded", errno.EROFS: "Read-only file system"}


@pytest.fixture
def opened(make_layered_pod):
    """A pod with its vault open, in which a file was fsynced before anything fails."""
    pod = make_layered_pod().up()
    pod.leftovers = Leftovers(pod)
    pod.unlock()
    pod.ghost("cd ~/secrets; dd if=/dev/urandom of=before bs=64k count=8 conv=fsync; sha256sum before > sum; mkdir there; sync", check=0)
    pod.first = living(pod)
    return pod


def living(pod):
    """init, the keeper, the vault's server and the enclave's init."""
    names = ("tazpod-ghost", "tazpod-vault", "tazpod-enclave")
    return {pod.init_pid(), *(process.pid for name in names for process in pod.processes_named(name))}


def write(pod, name="big"):
    return pod.ghost(f"cd ~/secrets && dd if=/dev/urandom of={name} bs=64k count=8 conv=fsync")


def journal(pod):
    """A change that goes into the journal alone."""
    return pod.ghost("cd ~/secrets/there && touch journalled && sync journalled")


def told_at_lock(pod, words):
    result = pod.run("lock", check=VAULT)
    assert "the vault is locked, but its disk refused some of what was written" in result.errors, result
    assert words in result.errors and len(result.errors.strip().splitlines()) == 1
    assert words in pod.log()
    pod.leftovers.check()
    assert pod.vault_state() == "locked"


def is_whole(pod):
    pod.layer.heal()
    pod.unlock()
    pod.ghost("cd ~/secrets && sha256sum --check --quiet sum", check=0)
    assert write(pod, "after").status == 0
    pod.lock()


@pytest.mark.parametrize("error", SEEN, ids=errno.errorcode.get)
def test_a_write_that_the_disk_refuses_is_an_error_in_the_ghost_at_the_fsync(opened, error):
    opened.layer.fail("write", error)
    result = write(opened)
    assert result.status == 1 and f"fsync failed for 'big': {SEEN[error]}" in result.errors, result
    # The file system goes on with what it can: what was there is read, and no process was harmed.
    opened.ghost("cd ~/secrets && sha256sum --check --quiet sum", check=0)
    # The journal cannot be written either: the file system aborts it, and is read-only from then on.
    assert EIO in journal(opened).errors
    assert "Read-only file system" in journal(opened).errors
    assert living(opened) == opened.first
    assert opened.public("true").status == 0
    told_at_lock(opened, TOLD[error])
    is_whole(opened)


def test_a_fault_that_passes_costs_only_what_it_met(opened):
    opened.layer.fail("write", errno.ENOSPC)
    assert write(opened).status == 1
    opened.layer.heal()
    assert write(opened, "later").status == 0
    opened.ghost("cd ~/secrets && sha256sum later >> sum && sync sum", check=0)
    told_at_lock(opened, "No space left on device")
    is_whole(opened)


def test_an_fsync_that_the_disk_refuses_is_an_error_in_the_ghost(opened):
    opened.layer.fail("fsync", errno.EIO)
    result = write(opened)
    assert result.status == 1 and f"fsync failed for 'big': {EIO}" in result.errors, result
    # A journal whose flush failed is aborted: nothing that is not on the disk is ever acknowledged.
    assert "Read-only file system" in journal(opened).errors
    opened.ghost("cd ~/secrets && sha256sum --check --quiet sum", check=0)
    assert living(opened) == opened.first
    told_at_lock(opened, EIO)
    is_whole(opened)


def test_what_nobody_fsynced_and_the_disk_refused_is_told_at_the_lock(opened):
    opened.layer.fail("write", errno.EIO)
    opened.ghost("echo unsynced > ~/secrets/unsynced", check=0)
    told_at_lock(opened, EIO)
    is_whole(opened)


def test_a_command_that_locks_at_its_end_tells_it_too(opened):
    opened.run("lock", check=0)
    command = opened.command("unlock", "--passphrase-fd", "0", "--", "sh", "-c", "echo ready; read go; echo x > ~/secrets/x")
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=opened.environment)
    process.stdin.write(PASSPHRASE + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "ready\n"
    opened.layer.fail("write", errno.EIO)
    _, errors = process.communicate("go\n", timeout=30)
    assert process.returncode == 0 and "its disk refused some of what was written" in errors
    is_whole(opened)


def test_a_read_that_the_disk_refuses_is_an_error_in_the_ghost(opened):
    opened.layer.fail("read", errno.EIO)
    result = opened.ghost("dd if=$HOME/secrets/before of=/dev/null bs=64k iflag=direct")
    assert result.status == 1 and f"error reading '/home/tazpod/secrets/before': {EIO}" in result.errors, result
    assert living(opened) == opened.first
    opened.layer.heal()
    opened.ghost("dd if=$HOME/secrets/before bs=64k iflag=direct | cmp - ~/secrets/before", check=0)
    # Nothing was lost, so there is nothing to tell.
    assert opened.lock().errors == ""
    is_whole(opened)


@pytest.mark.parametrize("call, error", [("read", errno.EIO), ("write", errno.EIO), ("write", errno.ENOSPC), ("write", errno.EROFS), ("fsync", errno.EIO)],
                         ids=lambda value: value if isinstance(value, str) else errno.errorcode[value])
def test_a_disk_that_fails_at_any_moment_of_an_unlock(make_layered_pod, call, error):
    """From the first call of its kind on, then from the second, until the unlock does not meet the fault any more.
    The image stays as each left it."""
    pod = make_layered_pod().up()
    pod.leftovers = Leftovers(pod)
    pod.unlock()
    pod.ghost("cd ~/secrets; echo before > before; sha256sum before > sum; sync", check=0)
    pod.lock()
    init = pod.init_pid()
    for after in range(1, 200):
        pod.layer.fail(call, error, after)
        result = pod.unlock(check=None)
        assert result.status in (0, VAULT), f"{call} {after}: {result}"
        if result.status == VAULT:
            assert len(result.errors.strip().splitlines()) == 1 and result.errors.startswith("tazpod: "), result
            assert pod.vault_state() == "locked"
            # A failing disk is not called damage, which one would restore a backup over.
            assert "restore" not in result.errors, result
        pod.run("lock")
        pod.layer.heal()
        pod.leftovers.check()
        assert pod.init_pid() == init
        if result.status == 0:
            break
        is_whole(pod)
    else:
        raise AssertionError("it fails for ever")
    assert after > 1, "the unlock never met the fault"
    pod.unlock()
    pod.ghost("cd ~/secrets && sha256sum --check --quiet sum", check=0)


# -- a disk that is really full ----------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk():
    """A pod whose image, sparse and of 128 MiB, lies on a disk of 40 MiB; `room` changes that."""
    pod = Pod("native", config="vault: {size: 128MiB}\n")
    pod.image.parent.mkdir(parents=True)
    folder = str(pod.image.parent)
    tool("mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", folder)
    pod.room = lambda size: tool("mount", "-o", f"remount,size={size}", folder)
    yield pod
    pod.down()
    tool("umount", folder)
    pod.close()


def test_a_full_disk(small_disk):
    pod = small_disk.up()
    opened = pod.unlock()
    # It is not reserved, so it is said.
    assert re.search(r"tazpod: the vault's image may grow by \d+ MiB and its disk has \d+ MiB left; make room", opened.errors), opened
    pod.ghost("cd ~/secrets; dd if=/dev/urandom of=before bs=64k count=8 conv=fsync; sha256sum before > sum; sync", check=0)
    result = pod.ghost("dd if=/dev/urandom of=$HOME/secrets/big bs=1M count=60 conv=fsync")
    assert result.status == 1 and "No space left on device" in result.errors, result
    pod.ghost("cd ~/secrets && sha256sum --check --quiet sum", check=0)
    assert pod.public("true").status == 0
    assert "No space left on device" in pod.run("lock", check=VAULT).errors
    # Still full: what needs no room works.
    pod.unlock()
    pod.ghost("cd ~/secrets && sha256sum --check --quiet sum", check=0)
    pod.run("lock")
    pod.room("200m")
    assert pod.unlock().errors == ""
    pod.ghost("cd ~/secrets && sha256sum --check --quiet sum && dd if=/dev/urandom of=big bs=1M count=60 conv=fsync", check=0)
    assert pod.lock().errors == ""


def test_a_reserved_image_is_never_short_of_room(small_disk):
    pod = small_disk
    pod.room("200m")
    pod.up().unlock()
    pod.lock()
    tool("fallocate", "--length", str(128 << 20), str(pod.image))
    pod.room(str(pod.image.stat().st_blocks * 512))
    assert pod.unlock().errors == ""
    pod.ghost("dd if=/dev/urandom of=$HOME/secrets/big bs=1M count=60 conv=fsync", check=0)
    assert pod.lock().errors == ""
