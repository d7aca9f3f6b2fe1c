"""The fuse driver on the kernel of a distribution, which is older than the one that the other tests run on."""

import pytest

from pod import PASSPHRASE, stock_image
from pod_machine import PodMachine, VaultDisk


@pytest.fixture
def boot(tmp_path):
    machines = []

    def make(script):
        machines.append(PodMachine(script, VaultDisk(tmp_path, stock_image(64 << 20, 4096, PASSPHRASE, "4096")), "fuse"))
        return machines[-1]

    yield make
    for machine in machines:
        machine.close()


def test_a_vault_keeps_what_is_written_and_leaves_nothing(boot):
    words = boot("""
        unlock -- sh -c 'cd ~/secrets && head -c 3000000 /dev/urandom >file && sha256sum file >sum'; say wrote $? $(left)
        unlock -- sh -c 'cd ~/secrets && [ "$(sha256sum file)" = "$(cat sum)" ]'; say read $? $(left)
        """).said()
    assert words == ["wrote 0", "read 0"]
