"""When a vault in memory is saved, and who may have its image meanwhile."""

import errno
import fcntl
import os
import struct
import subprocess
import time

import pytest

from pod import PASSPHRASE, digest, end_process, wait_until
from ram import wait_until_ended, with_driver
from vault_verbs import facts, findings, vault

VAULT, REFUSED = 6, 7


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


def test_without_a_digest_of_the_content_it_would_not_be(make_weakened_ram_pod):
    assert not write_through_a_mapping(make_weakened_ram_pod("content-digest"))


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
