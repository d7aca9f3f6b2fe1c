"""Opening a vault, without the key derivation, whose cost is a choice and not a speed."""

import os
import time

from Bench import host, screen
from Bench.pairing import take_turns
from Bench.report import Table
from Bench.workshop import CHEAP_DERIVATION, make_cheap_vault, running_pod, wait_for_standby
from pod import PASSPHRASE

NAME = "unlock"
TITLE = "Unlocking"
# What somebody would do by hand.
PIPELINE = """\
mount $(losetup --find --show IMAGE) FOLDER && unshare --mount --pid --fork --ipc --uts setpriv --reuid=1000 --regid=1000 \
--clear-groups --bounding-set=-all --no-new-privs bash -c true"""
GOAL = 1.5
# The end of bash's, and on the first screen nothing else.
PROMPT = b"$ "
TEXT = f"""
The provider is native, the vault 512 MiB on the disk, and its key slot stock cryptsetup's cheapest
(`luksConvertKey {' '.join(CHEAP_DERIVATION)}`),
so that key derivation is next to nothing on both sides.

- TazPod's side of `unlock --detach` is the launcher, the LUKS2 header read and the key unlocked, the FUSE server and a loop
  device started, the superblock checked, the ext4 inside mounted, the enclave's namespaces built with its own /tmp, /dev/pts, /proc
  and bridges, privileges dropped, and a tmux server with a shell started in it. Locking afterwards is not timed.
- The pod was up, or locked, for half a second before: the process of the next ghost stands by then. Sooner, an unlock starts it
  itself, which takes a few milliseconds longer.
- `e2fsck -p` is not run, since the file system was unmounted in order.
- `unlock` on a terminal does the same, attaches, and goes on until the ghost's prompt is drawn.
- `unlock -- true`, with its passphrase from a descriptor, does the same with `true` in the place of tmux, and locks: ends everything
  in the enclave, flushes, unmounts and detaches.
- The peer with a goal is one `sh -c` of stock tools, without a crypt step: `{PIPELINE}`,
  where IMAGE is a plain ext4 of the same size. Undoing it is not timed.
- The other peer opens the same LUKS2 image with `cryptsetup open --test-passphrase`, and mounts a plain ext4 image of the same size
  with `mount -o loop`, in one `sh -c`: no decryption, no check, no isolation, no shell. Against `unlock --detach` the unmounting
  is not timed; against `unlock -- true` it is, in the same `sh -c`.
"""

TURNS = 24
SIZE = 512 << 20


def run(workshop):
    with (
        host.disk_folder() as folder,
        running_pod("native", parent=folder, config=f"vault: {{size: {SIZE >> 20}MiB}}\n") as pod,
        host.unmounted_later(folder / "plain") as mount,
    ):
        make_cheap_vault(pod)
        host.make_plain_image(folder / "plain.img", SIZE)
        stock = f"cryptsetup open --test-passphrase --key-file - '{pod.image}' && mount -o loop '{folder}/plain.img' '{mount}'"
        pipeline = PIPELINE.replace("IMAGE", f"'{folder}/plain.img'").replace("FOLDER", f"'{mount}'")

        def unlock(*words):
            wait_for_standby(pod)
            start = time.perf_counter()
            pod.run("unlock", *words, passphrase=PASSPHRASE, check=0)
            return (time.perf_counter() - start) * 1000

        def unlock_and_stay():
            elapsed = unlock("--detach")
            pod.lock()
            return elapsed

        def unlock_to_prompt():
            wait_for_standby(pod)
            with os.fdopen(passphrase_pipe()) as passphrase:
                command = pod.command("unlock", "--passphrase-fd", str(passphrase.fileno()))
                elapsed = screen.milliseconds_to_screen(command, pod.environment, PROMPT)
            pod.lock()
            return elapsed

        def stock_open(script):
            return host.milliseconds("sh", "-c", script, stdin=PASSPHRASE.encode())

        def stock_open_and_stay():
            elapsed = stock_open(stock)
            host.run("umount", str(mount))
            return elapsed

        def stock_pipeline():
            elapsed = host.milliseconds("sh", "-c", pipeline)
            device = host.run("findmnt", "--noheadings", "--output", "SOURCE", str(mount)).strip()
            host.run("umount", str(mount))
            host.run("losetup", "--detach", device)
            return elapsed

        by_hand = "losetup, mount, unshare, setpriv bash -c true"
        starting = take_turns(
            "unlock", "ms", {
                "unlock --detach": unlock_and_stay, "unlock": unlock_to_prompt, by_hand: stock_pipeline,
            }, TURNS)
        peer = "cryptsetup open --test-passphrase, mount -o loop"
        staying = take_turns("unlock --detach", "ms", {"tazpod": unlock_and_stay, peer: stock_open_and_stay}, TURNS)
        closing = take_turns(
            "unlock -- true", "ms", {
                "tazpod": lambda: unlock("--", "true"),
                f"{peer}, umount": lambda: stock_open(f"{stock} && umount '{mount}'"),
            }, TURNS)
    return [
        Table("", [
            starting.compare("`tazpod unlock --detach`", "unlock --detach", by_hand, goal=GOAL),
            starting.compare("`tazpod unlock`, until the prompt", "unlock", by_hand, goal=GOAL),
            staying.compare("`tazpod unlock --detach`", "tazpod", peer),
            closing.compare("`tazpod unlock -- true`", "tazpod", f"{peer}, umount"),
        ])
    ]


def passphrase_pipe():
    """A descriptor that the terminal's command inherits, with the passphrase to read."""
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE.encode() + b"\n")
    os.close(writing)
    os.set_inheritable(reading, True)
    return reading
