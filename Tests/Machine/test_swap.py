"""On a machine that really swaps, nothing that must not be is on its swap disk; and what is as anybody's memory is."""

import pathlib
import shutil
import tempfile

import pytest

from luks import Luks2
from missing import missing
from pod import PASSPHRASE, WEAKENED, stock_image, tool
from pod_machine import PodMachine, VaultDisk
from swapping_machine import HOG, Marker, SwapDisk, SwappingMachine

# Goes on until next to all memory of the pull and of the vault's server that is not locked is on the swap disk, and so is the process that
# only remembers. Sizes are in KiB.
SCRIPT = """
named() {{ for p in /proc/[0-9]*; do [ "$(cat $p/comm 2>/dev/null)" = $1 ] && echo ${{p#/proc/}}; done | tail -n 1; }}
figure() {{ grep "^$2:" /proc/$1/status | tr -dc 0-9; }}
remember {control} & control=$!
unlock -- sh -c 'echo hvs.any | tazpod login vault --method token --secret-fd 0 && tazpod pull --watch --every 1s' &
for i in $(seq 600); do [ -e /shared/begun ] && break; usleep 100000; done
secrets=$(named tazpod-secrets); vault=$(named tazpod-vault)
rest() {{ echo $(($(figure $1 RssAnon) - $(figure $1 VmLck))); }}
hog {hog} /shared/enough & echo 1000 >/proc/$!/oom_score_adj
for i in $(seq 120); do
    [ $(rest $secrets) -lt 256 ] && [ $(rest $vault) -lt 512 ] && [ $(figure $control VmSwap) -gt 3900 ] && break
    sleep 1
done
say rest-of-secrets $(rest $secrets); say rest-of-vault $(rest $vault); say locked $(figure $secrets VmLck)
say control $(figure $control VmSwap); say secrets $(figure $secrets VmSwap); say vault $(figure $vault VmSwap)
say pages $(grep '^pswpout ' /proc/vmstat | tr -dc 0-9)
touch /shared/enough; tazpod lock
"""


@pytest.fixture(scope="module")
def probes():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-probes."))
    for source in (pathlib.Path(__file__).parent / "probes").glob("*.c"):
        tool("gcc", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-o", str(folder / source.stem), str(source))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def swapped(probes):
    """Boots a machine, and has it swap: its figures, and what is found on its disk then."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-swap."))
    machines = []

    def run(**options):
        image = stock_image(64 << 20, 4096, PASSPHRASE, "4096")
        swap, secret, control = SwapDisk(folder), Marker(), Marker()
        script = SCRIPT.format(control=control.backwards, hog=HOG)
        machines.append(SwappingMachine(script, VaultDisk(folder, image), swap, secret, probes, **options))
        figures = {name: int(number) for name, number in map(str.split, machines[-1].said(400))}
        assert "this machine swaps to /dev/vdb" in machines[-1].text()
        assert figures["rest-of-secrets"] < 256 and figures["rest-of-vault"] < 512 and figures["pages"] > 10_000, figures
        assert figures["control"] > 3900 and figures["secrets"] > 0 and figures["vault"] > 0, figures
        key = Luks2(image, PASSPHRASE).key
        needles = {"control": control.text.encode(), "secret": secret.text.encode(), "key": key[:32], "other key": key[32:]}
        return figures, {name for name, needle in needles.items() if swap.holds(needle)}

    yield run
    for machine in machines:
        machine.close()
    shutil.rmtree(folder)


def test_a_machine_that_swaps_has_no_secret_and_no_key_on_its_disk(swapped):
    figures, found = swapped()
    assert found == {"control"}
    # The half of an answer that a pull has so far, and what is around it.
    assert figures["locked"] > 1024, figures


def test_were_memory_not_locked_the_secret_would_be_there(swapped):
    if not WEAKENED.exists():
        missing("the weakened programs are not built; run make build-weakened")
    # The key is used all the time, and may stay.
    assert {"control", "secret"} <= swapped(programs=WEAKENED.parent, defences=["locked-memory"])[1]


def test_a_vault_in_memory_is_not_opened_where_it_could_be_swapped(tmp_path):
    # This kernel's tmpfs cannot be kept out of swap (`noswap`, Linux 6.4).
    disk = VaultDisk(tmp_path, stock_image(64 << 20, 4096, PASSPHRASE, "4096"))
    script = "unlock -- true; say $? $(left)"
    machine = PodMachine(script, disk, "ram", before="/bin/busybox swapon /dev/vdb", swap=SwapDisk(tmp_path).path)
    try:
        assert machine.said() == ["7"], machine.text()
    finally:
        machine.close()
