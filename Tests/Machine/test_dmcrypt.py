"""The dmcrypt driver, with a kernel that has device-mapper; and the same image opened by the fuse driver and by stock tools."""

import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest

from luks import Luks2
from pod import PASSPHRASE, Pod, end_process, stock_image, tool, wait_until
from pod_machine import PodMachine, VaultDisk, compiled

# Kills what it is told the name of. (A service has no privileges.)
KILLER = """
mkfifo -m 666 /shared/kill
(while read who; do
    for process in /proc/[0-9]*; do [ "$(cat $process/comm 2>/dev/null)" = "$who" ] && kill -9 ${process#/proc/}; done
done) <> /shared/kill &
"""
MANY = "mkdir many; for i in $(seq 200); do echo $i > many/$i; done"


@pytest.fixture
def folder():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-dmcrypt."))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def boot():
    machines = []

    def make(script, disk, driver="dmcrypt", before=""):
        machines.append(PodMachine(script, disk, driver, before))
        return machines[-1]

    yield make
    for machine in machines:
        machine.close()


@pytest.fixture
def make_pod():
    pods = []

    def make(image=None):
        pod = Pod("native", config="vault: {driver: fuse}\n")
        pods.append(pod)
        if image:
            pod.image.parent.mkdir()
            shutil.copy2(image, pod.image)
        return pod.up()

    yield make
    for pod in pods:
        pod.close()


def quick_image():
    return stock_image(64 << 20, 4096, PASSPHRASE, "4096")


def plain(image):
    """Decrypts independently, and lets stock e2fsck judge the result."""
    path = pathlib.Path(f"{image}.plain")
    Luks2(image, PASSPHRASE).read_plain(path)
    tool("e2fsck", "-fn", str(path))
    return path


def test_a_vault_is_made_and_opened_by_the_kernel_and_nothing_is_left_of_it(boot, folder, make_pod):
    disk = VaultDisk(folder)
    words = boot(
        f"""
        unlock -- sh -c 'cd ~/secrets && echo by-dmcrypt > word && {MANY} && cat /proc/mounts' | grep secrets
        say made $?
        say left $(left)
        unlock --detach; say opened $?
        say mapped $(cat /sys/block/dm-0/dm/name) $(ls /dev/mapper)
        tazpod status --json | grep -q '"driver":"dmcrypt","state":"open"' && say driver
        tazpod lock; say left $(left)
        """, disk).said()
    assert words[:3] == ["made 0", "left", "opened 0"]
    # Its node is nobody's to find, and its name tells which file it is over.
    assert words[3].startswith("mapped tazpod-") and words[3].endswith(" control")
    assert words[4:] == ["driver", "left"]
    image = disk.image()
    assert tool("debugfs", "-R", "cat many/199", str(plain(image))).stdout == b"199\n"
    pod = make_pod(image)
    pod.unlock()
    assert pod.ghost("cat ~/secrets/word", check=0).output == "by-dmcrypt\n"


def test_what_fuse_wrote_opens_with_dmcrypt_and_with_stock_cryptsetup(boot, folder, make_pod):
    pod = make_pod(quick_image())
    pod.unlock()
    pod.ghost(f"cd ~/secrets && {MANY} && head -c 3000001 /dev/urandom > noise && sha256sum noise many/* | sha256sum > sum", check=0)
    expected = pod.ghost("cat ~/secrets/sum", check=0).output.split()[0]
    pod.lock()
    summed = "cd {} && sha256sum noise many/* | sha256sum"
    words = boot(
        f"""
        unlock -- sh -c '{summed.format("~/secrets")} && echo back > back'; say $?
        """,
        VaultDisk(folder, pod.image), before=f"""
        echo -n '{PASSPHRASE}' | cryptsetup open --type luks2 --key-file - /vault/vault.img stock
        mount -t ext4 /dev/mapper/stock /mnt; (sh -c '{summed.format("/mnt")}'); umount /mnt; cryptsetup close stock
        """)
    text = words.wait_for_end(240)
    assert text.count(expected) == 2, text
    assert "[[0]]" in text


def test_kills_of_every_process_leave_nothing_and_lose_nothing(boot, folder, make_pod):
    disk = VaultDisk(folder, quick_image())
    words = boot(
        """
        for who in tazpod-vault tazpod-ghost tazpod-enclave "tmux: server"; do
            unlock --detach
            # The one before it must not be taken for this one's.
            rm -f /shared/numbers
            passphrase | tazpod exec --ghost --passphrase-fd 0 -- sh -c 'cd ~/secrets && exec fsynced write records' > /shared/numbers &
            while [ ! -s /shared/numbers ]; do usleep 10000; done
            usleep 300000
            echo "$who" > /shared/kill
            # Without tmux, the writer would go on.
            [ "$who" = "tmux: server" ] && tazpod lock
            wait
            for i in $(seq 100); do [ -z "$(left)" ] && break; usleep 100000; done
            last=$(tail -n 1 /shared/numbers)
            unlock -- sh -c "cd ~/secrets && fsynced check records $last" > /shared/check
            say "$who" $? $(cat /shared/check)
        done
        """, disk, before=KILLER).said()
    assert len(words) == 4
    for who, word in zip(("tazpod-vault", "tazpod-ghost", "tazpod-enclave", "tmux: server"), words):
        assert word.startswith(f"{who} 0 lost 0 of "), words
    plain(disk.image())


def test_each_driver_opens_what_a_kill_of_the_other_left(boot, folder, make_pod):
    # The machine is switched off in the middle of writing: then fuse opens it.
    disk = VaultDisk(folder, quick_image())
    machine = boot(
        """
        unlock --detach
        passphrase | tazpod exec --ghost --passphrase-fd 0 -- sh -c 'cd ~/secrets && exec fsynced write records'
        """, disk)
    machine.wait_for("test: 200\n")
    machine.process.kill()
    machine.process.wait(20)
    machine.reader.join(10)
    last = max(int(line.split()[1]) for line in machine.text().splitlines()[:-1] if line.startswith("test: ") and line.split()[1].isdigit())
    pod = make_pod(disk.image())
    shutil.copy2(compiled("fsynced"), pod.directory / "fsynced")
    pod.unlock()
    assert pod.ghost(f"cd ~/secrets && /workspace/fsynced check records {last}").status == 0
    # And the other way.
    writer = subprocess.Popen(
        pod.command("exec", "--ghost", "--", "sh", "-c", "cd ~/secrets && exec /workspace/fsynced write records"),
        stdout=subprocess.PIPE, text=True, env=pod.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    end_process(pod.processes_named("tazpod-vault")[0].pid)
    last = [line for line in writer.stdout.read().split("\n")[:-1] if line.isdigit()][-1]
    writer.wait(30)
    wait_until(lambda: pod.vault_state() == "locked", "locked")
    (folder / "back").mkdir()
    words = boot(f"unlock -- sh -c 'cd ~/secrets && fsynced check records {last}'; say $?", VaultDisk(folder / "back", pod.image)).said()
    assert words == ["0"]


def test_a_failure_at_any_step_undoes_what_came_before(boot, folder):
    damaged = folder / "damaged.img"
    shutil.copy2(quick_image(), damaged)
    with open(damaged, "r+b") as file:
        file.seek(16 << 20)
        file.write(bytes(1 << 20))
    disk = VaultDisk(folder, damaged)
    words = boot(
        """
        echo wrong | tazpod unlock --detach --passphrase-fd 0; say wrong $? $(left)
        unlock --detach; say damaged $? $(left)
        """, disk).said()
    assert words == ["wrong 5", "damaged 6"]


def test_a_device_that_a_crash_left_is_removed_and_one_in_use_is_respected(boot, folder):
    leave = f"""
        name=tazpod-$(printf %x $(stat -c %d /vault/vault.img))-$(printf %x $(stat -c %i /vault/vault.img))
        echo -n '{PASSPHRASE}' | cryptsetup open --type luks2 --key-file - /vault/vault.img $name
        ls /sys/block | grep dm-
        """
    words = boot("unlock -- true; say $? $(left)", VaultDisk(folder, quick_image()), before=leave).said()
    assert words == ["0"]
    (folder / "used").mkdir()
    words = boot(
        "unlock -- true; say $?", VaultDisk(folder / "used", quick_image()), before=leave + "mount -t ext4 /dev/mapper/$name /mnt").said()
    assert words == ["6"]


def test_a_file_handed_out_of_the_ghost_ends_with_the_lock(boot, folder):
    words = boot(
        """
        unlock --detach
        hold serve /shared/socket /shared/go > /shared/held &
        while [ ! -S /shared/socket ]; do usleep 10000; done
        chmod 777 /shared/socket
        passphrase | tazpod exec --ghost --passphrase-fd 0 -- sh -c 'echo precious > ~/secrets/token && sync && hold give /shared/socket ~/secrets/token'
        tazpod lock; say lock $?
        touch /shared/go; wait
        say $(tail -n 1 /shared/held)
        say left $(left)
        """, VaultDisk(folder, quick_image())).said()
    assert words == ["lock 0", "after: Input/output error", "left"]


def test_auto_takes_dmcrypt_where_there_is_device_mapper(boot, folder):
    words = boot(
        """
        unlock --detach
        tazpod status --json | grep -q '"driver":"dmcrypt"' && say dmcrypt
        """, VaultDisk(folder, quick_image()), driver="auto").said()
    assert words == ["dmcrypt"]
