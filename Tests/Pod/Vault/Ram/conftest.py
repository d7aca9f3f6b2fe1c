"""Pods under native, whose root may do what a pod's may, with their vault in memory."""

import shutil

import pytest

from missing import missing
from pod import PASSPHRASE, tool
from ram import with_driver


@pytest.fixture
def provider():
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")
    return "native"


@pytest.fixture
def pod(make_pod):
    pod = make_pod(config=with_driver("ram"))
    pod.use_quick_vault()
    return pod.up()


@pytest.fixture
def make_weakened_ram_pod(make_pod, weakened_programs):
    def make(*defences):
        config = f"env: {{WEAKENED_DEFENCES: '{','.join(defences)}'}}\n" + with_driver("ram")
        pod = make_pod(programs=weakened_programs, config=config)
        pod.use_quick_vault()
        return pod.up()

    return make


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
