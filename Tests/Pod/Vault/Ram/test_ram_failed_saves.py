"""A vault in memory that cannot be saved, or not be loaded: the old image is whole, and what is open stays open."""

from pod import PASSPHRASE, digest, tool, wait_until

VAULT, REFUSED = 6, 7


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
