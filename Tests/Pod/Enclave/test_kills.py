"""SIGKILL to any of the processes, at any instant: nothing is left, nothing that was fsynced is lost, and it works again."""

import os
import random
import shutil
import subprocess
import time

import pexpect
import pytest

from pod import PASSPHRASE, Leftovers, end_process, wait_until

# An exec of docker's takes a good part of a second, of which each round needs several.
ROUNDS = {"native": 50, "docker": 12}
# Seeded, so that a failure can be run again; the seed is printed with it.
SEED = int(os.environ.get("TAZPOD_SEED", str(random.randrange(1 << 32))))


def victims(pod, client):
    """Who can be killed, by what it is."""
    enclave = pod.enclave_processes()
    return {
        "tazpod-ghost": [process.pid for process in pod.processes_named("tazpod-ghost")],
        "the FUSE server": [process.pid for process in pod.processes_named("tazpod-vault")],
        "the enclave's init": [process.pid for process in enclave if process.name == "tazpod-enclave"],
        "tmux": [process.pid for process in enclave if process.name.startswith("tmux: server")],
        "bash": [process.pid for process in enclave if process.name == "bash"],
        "the client": [process.pid for process in pod.processes_named("tazpod")] or [client.pid],
    }


def start_writer(pod, probe):
    """Records, written from inside the ghost, with the last acknowledged number read here."""
    return subprocess.Popen(
        pod.command("exec", "--ghost", "--", "sh", "-c", f"cd ~/secrets && exec {probe} write records"), stdout=subprocess.PIPE, text=True,
        env=pod.environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)


def acknowledged(writer):
    """The last whole number that the writer printed."""
    numbers = [line for line in writer.stdout.read().split("\n")[:-1] if line.isdigit()]
    return int(numbers[-1]) if numbers else None


@pytest.mark.long
def test_fifty_kills_at_random_instants(pod, probes):
    chance = random.Random(SEED)
    shutil.copy2(probes / "fsynced", pod.directory / "fsynced")
    init, leftovers = pod.init_pid(), Leftovers(pod)
    written = killed_who = None
    total = 0
    for round_number in range(ROUNDS[pod.provider]):
        note = f"seed {SEED}, round {round_number}, before it {killed_who} was killed"
        pod.unlock()
        if written is not None:
            check = pod.ghost(f"cd ~/secrets && /workspace/fsynced check records {written}")
            assert check.status == 0, f"{note}: {check}"
            total += written + 1
        writer = start_writer(pod, "/workspace/fsynced")
        terminal = pod.terminal("attach", "ghost")
        terminal.expect(r"\$ ")
        time.sleep(chance.random() * 0.3)
        killed_who, pids = chance.choice([(who, pids) for who, pids in victims(pod, terminal).items() if pids])
        end_process(chance.choice(pids))
        if killed_who == "the client":
            # A client's end is no end of the ghost: that is locked by hand.
            wait_until(lambda: pod.vault_state() == "open", note)
            pod.lock()
        elif killed_who in ("tmux", "bash"):
            # The writer is still there; then the ghost has not ended.
            pod.run("lock")
        written = acknowledged(writer)
        writer.wait(30)
        terminal.close(force=True)
        wait_until(lambda: pod.vault_state() == "locked", f"locked: {note}")
        leftovers.check()
        assert pod.init_pid() == init, f"{note}: tazpod-init was restarted"
    assert total > 0


@pytest.mark.long
def test_kills_while_the_vault_is_being_opened(pod):
    chance = random.Random(SEED)
    init, leftovers = pod.init_pid(), Leftovers(pod)
    for round_number in range(20 if pod.provider == "native" else 6):
        reading, writing = os.pipe()
        os.write(writing, PASSPHRASE.encode() + b"\n")
        os.close(writing)
        client = subprocess.Popen(
            pod.command("unlock", "--detach", "--passphrase-fd", str(reading)), pass_fds=(reading,), env=pod.environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(reading)
        time.sleep(chance.random() * 0.15)
        for name in chance.sample(["tazpod-ghost", "tazpod-vault", "tazpod-enclave"], 1):
            for process in pod.processes_named(name):
                end_process(process.pid)
        client.wait(60)
        pod.run("lock")
        leftovers.check()
        assert pod.init_pid() == init, f"seed {SEED}, round {round_number}"
    pod.unlock()
    pod.ghost("test -d ~/secrets/lost+found", check=0)


def test_a_lost_record_would_be_noticed(pod, probes):
    shutil.copy2(probes / "fsynced", pod.directory / "fsynced")
    pod.unlock()
    writer = start_writer(pod, "/workspace/fsynced")
    wait_until(lambda: pod.ghost("test $(stat -c %s ~/secrets/records) -gt 10000").status == 0, "some records")
    pod.lock()
    last = acknowledged(writer)
    writer.wait(30)
    pod.unlock()
    assert pod.ghost(f"cd ~/secrets && /workspace/fsynced check records {last}").status == 0
    pod.ghost("printf X | dd of=$HOME/secrets/records bs=1 seek=5200 conv=notrunc", check=0)
    assert "lost 1 of" in pod.ghost(f"cd ~/secrets && /workspace/fsynced check records {last}").output


def flushes(pod):
    """How often the vault's server brings data to the disk while a file of the ghost is fsynced."""
    pod.unlock()
    server = pod.processes_named("tazpod-vault")[0]
    log = pod.folder / "strace"
    tracer = subprocess.Popen(
        ["strace", "-f", "-e", "trace=fdatasync,fsync", "-o", str(log), "-p", str(server.pid)], stderr=subprocess.PIPE, text=True)
    assert "attached" in tracer.stderr.readline()
    pod.ghost("dd if=/dev/zero of=$HOME/secrets/synced bs=4k count=1 conv=fsync", check=0)
    tracer.terminate()
    tracer.wait(20)
    return log.read_text().count("sync(")


def test_an_fsync_in_the_ghost_reaches_the_disk(pod):
    assert flushes(pod) > 0


def test_without_the_flush_none_would(make_weakened_pod):
    assert flushes(make_weakened_pod("flush")) == 0


def test_a_killed_pod_leaves_nothing(pod, provider):
    """The whole pod at once, as `docker kill` does it: the kernel takes the enclave down."""
    from pod import fuse_connections, used_loop_devices

    loops, connections = used_loop_devices(), fuse_connections()
    pod.unlock()
    pod.ghost("echo kept > ~/secrets/kept && sync", check=0)
    end_process(pod.init_pid())
    wait_until(lambda: used_loop_devices().keys() == loops.keys(), "no loop device", 20)
    wait_until(lambda: fuse_connections() == connections, "no FUSE connection", 20)
    pod.run("up", "--provider", provider, check=0)
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/kept", passphrase=PASSPHRASE, check=0).output == "kept\n"


def test_stopping_the_pod_locks_first(pod):
    pod.unlock()
    pod.ghost("echo kept > ~/secrets/kept", check=0)
    pod.run("down", check=0)
    pod.up()
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/kept", passphrase=PASSPHRASE, check=0).output == "kept\n"


def test_kills_while_the_passphrase_is_typed(pod):
    """The enclave is built by then, and waits for its vault."""
    pod.unlock()
    pod.lock()
    leftovers = Leftovers(pod)
    for victim, reason in (
        ("tazpod-enclave", "the enclave ended while it was built; the vault is locked"),
        ("tazpod-vault", "the vault's server ended unexpectedly; the vault is locked"),
        ("tazpod-ghost", "the ghost ended without an answer; the vault is locked"),
    ):
        terminal = pod.terminal("unlock")
        terminal.expect("Passphrase for the vault of project: ")
        inside = wait_until(pod.enclave_processes, "the enclave is there")
        assert [process.name for process in inside] == ["tazpod-enclave"], inside
        end_process(pod.processes_named(victim)[0].pid)
        terminal.expect(reason)
        terminal.expect(pexpect.EOF)
        wait_until(lambda: pod.vault_state() == "locked", f"locked after {victim} was killed")
        leftovers.check()
    pod.unlock()
