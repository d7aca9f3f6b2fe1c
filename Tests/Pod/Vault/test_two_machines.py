"""One image, two machines: the second is refused, whatever kind of locks the place where the image lies has."""

import concurrent.futures
import time

import pytest

from luks import Luks2
from pod import PASSPHRASE, end_process, tool, wait_until

VAULT = 6


@pytest.fixture
def make_machines(make_layered_pod):
    """Makes two pods whose images lie in one folder, each behind a layer of its own, as on two machines."""

    def make(locks, **options):
        first = make_layered_pod(locks=locks, **options)
        second = make_layered_pod(locks=locks, folder=first.layer.folder, **{**options, "vault": False})
        return first.up(), second.up()

    return make


def refused(pod):
    begun = time.monotonic()
    result = pod.unlock(check=VAULT)
    assert "the vault is open elsewhere" in result.errors and len(result.errors.strip().splitlines()) == 1, result
    assert time.monotonic() - begun < 10
    assert pod.vault_state() == "locked"


@pytest.mark.parametrize("locks", ["shared", "nfs"])
def test_the_second_machine_is_refused_until_the_first_has_locked(make_machines, locks):
    first, second = make_machines(locks)
    first.unlock()
    first.ghost("echo first > ~/secrets/first && sync", check=0)
    refused(second)
    # Proof by the passphrase looks at the header of the open vault.
    first.run("exec", "--ghost", "--", "true", passphrase=PASSPHRASE, check=0)
    refused(second)
    first.lock()
    second.unlock()
    assert second.ghost("cat ~/secrets/first", check=0).output == "first\n"
    refused(first)
    second.lock()


@pytest.mark.parametrize("locks", ["shared", "nfs"])
def test_without_the_lock_the_second_machine_would_get_in(make_machines, locks):
    first, second = make_machines(locks, without=["image-lock"])
    first.unlock()
    second.unlock()


@pytest.mark.parametrize("locks", ["shared", "nfs"])
def test_two_machines_do_not_make_a_new_vault_at_once(make_machines, locks):
    first, second = make_machines(locks, vault=False)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        unlocking = pool.submit(first.unlock)
        wait_until(lambda: (first.layer.folder / "vault.img.new").exists(), "the first has begun")
        refused(second)
        unlocking.result()
    refused(second)
    assert Luks2(first.layer.folder / "vault.img", PASSPHRASE).length > 0


@pytest.mark.parametrize("locks", ["shared", "nfs"])
def test_the_lock_of_a_killed_pod_is_free_at_once(make_machines, locks):
    first, second = make_machines(locks)
    first.unlock()
    first.ghost("echo kept > ~/secrets/kept && sync", check=0)
    refused(second)
    end_process(first.init_pid())
    # The kernel takes the pod down; the lock goes with the last process that holds the image.
    wait_until(lambda: second.unlock(check=None).status == 0, "the lock is free", 10)
    assert second.ghost("cat ~/secrets/kept", check=0).output == "kept\n"


def test_an_image_seen_through_a_bind_mount_is_the_same(make_layered_pod):
    first, second = make_layered_pod(), make_layered_pod(vault=False)
    # On one machine, with no layer between.
    for pod in (first, second):
        tool("umount", str(pod.image.parent))
    folder = first.layer.folder
    for pod in (first, second):
        tool("mount", "--bind", str(folder), str(pod.image.parent))
        pod.up()
    first.unlock()
    refused(second)
    first.lock()
    second.unlock()
    refused(first)


def test_a_machine_whose_locks_nobody_else_sees_is_the_documented_limit(make_machines):
    """Locks kept to each machine (NFS mounted with nolock or local_lock=all) protect from nothing; docs/durability.md says so."""
    first, second = make_machines("local")
    first.unlock()
    second.unlock()
