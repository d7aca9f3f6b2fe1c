"""Opening a vault with device-mapper, in the virtual machine of `make test-vm`, against the same done by hand."""

import shutil

from Bench import host
from Bench.pairing import Series, say
from Bench.report import Table
from Bench.workshop import CHEAP_DERIVATION
from pod import PASSPHRASE, stock_image
from pod_machine import PodMachine, VaultDisk

NAME = "unlock-machine"
TITLE = "Unlocking with device-mapper"
PEER = "losetup, cryptsetup open, mount, unshare, setpriv bash -c true"
# What somebody would do by hand.
PIPELINE = """\
device=$(losetup --find --show /vault/vault.img) && cryptsetup open --key-file /key $device bench && mount /dev/mapper/bench /mnt && \
unshare --mount --pid --fork --ipc --uts setpriv --reuid=1000 --regid=1000 --clear-groups --bounding-set=-all --no-new-privs \
bash -c true"""
GOAL = 0.5
SIZE = 64 << 20
TURNS = 12
SECONDS = 600
TEXT = f"""
The driver `dmcrypt` in the virtual machine of `make test-vm` (Debian's cloud kernel, one processor, software emulation without KVM,
so times are long and only ratios count), with `tazpod-init` as its PID 1. The vault is a file of {SIZE >> 20} MiB on the machine's disk; its key
slot is stock cryptsetup's cheapest (`luksConvertKey {' '.join(CHEAP_DERIVATION)}`).

- TazPod's side is `tazpod unlock --detach` inside the pod, until it returns: the same steps as natively, with the kernel's own
  decryption, the enclave and its tmux. The process of the next ghost stands by. Locking is not timed.
- The peer is the pipeline, in bash: `{PIPELINE}`. Undoing it is not timed.
"""

# Runs with all the privileges of the machine's root, beside the pod; a service would have none.
SCRIPT = f"""
cat > /bench.sh <<'END'
printf '{PASSPHRASE}' > /key
until tazpod-init --probe ready; do usleep 100000; done
standby() {{ until grep -q tazpod-standby /proc/[0-9]*/comm 2>/dev/null; do usleep 100000; done; }}
export DM_DISABLE_UDEV=1
spent() {{ echo "[[$1 $((${{EPOCHREALTIME/./}} - ${{start/./}}))]]"; }}
ours() {{
    standby
    start=$EPOCHREALTIME
    echo '{PASSPHRASE}' | tazpod unlock --passphrase-fd 0 --detach && spent ours
    tazpod lock
}}
peer() {{
    start=$EPOCHREALTIME
    {PIPELINE} && spent peer
    umount /mnt; cryptsetup close bench; losetup --detach $device
}}
for turn in $(seq {TURNS // 2 + 1}); do ours; peer; peer; ours; done
touch /shared/done
END
bash /bench.sh &
"""
WAIT = "until [ -e /shared/done ]; do sleep 1; done"


def run(_workshop):
    say(f"  unlock --detach / {PEER}, in a virtual machine, {TURNS} turns")
    with host.scratch() as folder:
        image = folder / "vault.img"
        make_image(image)
        machine = PodMachine(WAIT, VaultDisk(folder, image), "dmcrypt", before=SCRIPT)
        try:
            words = [word.split() for word in machine.said(SECONDS)]
        finally:
            machine.close()
    scores = {who: [int(word[1]) / 1000 for word in words if word[0] == who][2:] for who in ("ours", "peer")}
    if not len(scores["ours"]) == len(scores["peer"]) == TURNS:
        raise RuntimeError(f"the machine measured {words} and not {TURNS + 2} turns of both")
    series = Series("ms", {"tazpod": scores["ours"], PEER: scores["peer"]})
    return [Table("", [series.compare("`tazpod unlock --detach`", "tazpod", PEER, goal=GOAL)])]


def make_image(path):
    """Stock tools make the vault, as anybody's, and make its key's derivation cheap."""
    shutil.copy2(stock_image(SIZE, 4096, PASSPHRASE, "4096"), path)
    host.run(
        "cryptsetup", "luksConvertKey", "--batch-mode", "--key-file", "-", *CHEAP_DERIVATION, str(path), stdin=PASSPHRASE.encode())
