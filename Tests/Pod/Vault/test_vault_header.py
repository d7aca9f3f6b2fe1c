"""Backup, restore and check of a vault's header."""

import json
import os
import random
import subprocess
import time

import pytest

from pod import PASSPHRASE, Pod, digest, end_process, tool, wait_until
from vault_verbs import add_quick_key, facts, findings, stock_opens, vault

PROGRAM = {"native": "/run/tazpod/bin/tazpod", "docker": "tazpod"}


def damage(image, start, length=4096):
    with open(image, "r+b") as file:
        file.seek(start)
        file.write(os.urandom(length))


def stock_backup(pod):
    file = pod.folder / "stock-backup"
    tool("cryptsetup", "luksHeaderBackup", str(pod.image), "--header-backup-file", str(file))
    return file


@pytest.mark.parametrize("provider", ["native"], indirect=True)
def test_the_header_of_a_vault_made_here_is_one_to_stock_tools(make_pod):
    pod = make_pod(config="vault: {size: 64MiB}\n").up()
    pod.unlock()
    pod.ghost("echo kept >~/secrets/file")
    pod.lock()
    backup, stock = pod.folder / "header", stock_backup(pod)
    vault(pod, "backup", backup)
    assert backup.read_bytes() == stock.read_bytes()
    damage(pod.image, 0, len(backup.read_bytes()))
    tool("cryptsetup", "--batch-mode", "luksHeaderRestore", str(pod.image), "--header-backup-file", str(backup))
    assert stock_opens(pod.image, PASSPHRASE)
    damage(pod.image, 0, len(backup.read_bytes()))
    vault(pod, "restore", "--yes", stock)
    pod.unlock()
    assert pod.ghost("cat ~/secrets/file").output == "kept\n"


# -- backup and restore ---------------------------------------------------------------------------------------------------


def test_a_backup_is_what_cryptsetup_would_write(pod):
    backup = pod.folder / "header"
    vault(pod, "backup", backup)
    assert backup.read_bytes() == stock_backup(pod).read_bytes()
    assert backup.stat().st_mode & 0o777 == 0o600
    assert vault(pod, "backup", backup, check=7).errors.count("--force") == 1
    vault(pod, "backup", backup, "--force")
    assert [file.name for file in pod.folder.glob("header*")] == ["header"]


def test_a_backup_goes_through_a_pipe(native_pod):
    pod = native_pod()
    assert vault(pod, "backup", "-", binary=True).output == stock_backup(pod).read_bytes()


def test_a_destroyed_header_is_restored(native_pod):
    pod = native_pod()
    backup = pod.folder / "header"
    vault(pod, "backup", backup)
    data = tool("tail", "-c", str(48 << 20), str(pod.image)).stdout
    damage(pod.image, 0, 16 << 20)
    assert "restore" in pod.unlock(check=6).errors
    assert findings(pod, check=6)["header"]["result"] == "damaged"
    result = vault(pod, "restore", "--yes", backup)
    assert "nothing told whether" in result.errors
    assert stock_opens(pod.image, PASSPHRASE)
    assert tool("tail", "-c", str(48 << 20), str(pod.image)).stdout == data
    pod.unlock()


def test_a_restored_header_has_the_keys_of_its_day(native_pod):
    pod = native_pod()
    backup = pod.folder / "header"
    vault(pod, "backup", backup)
    add_quick_key(pod, b"second one")
    vault(pod, "restore", "--yes", "-", stdin=backup.read_bytes())
    assert not stock_opens(pod.image, "second one") and stock_opens(pod.image, PASSPHRASE)


def test_a_backup_of_another_vault_is_refused(native_pod):
    pod, backup = native_pod(), None
    other = pod.folder / "other.img"
    with open(other, "wb") as file:
        file.truncate(64 << 20)
    tool(
        "cryptsetup", "luksFormat", "--batch-mode", "--type", "luks2", "--pbkdf-force-iterations", "4", "--pbkdf-memory", "32", "--key-file",
        "-", str(other), stdin=PASSPHRASE.encode())
    backup = pod.folder / "other-header"
    tool("cryptsetup", "luksHeaderBackup", str(other), "--header-backup-file", str(backup))
    # Made to look alike, but for its key.
    uuid = facts(pod)["uuid"]
    tool("cryptsetup", "luksUUID", "--batch-mode", "--uuid", uuid, str(other))
    alike = pod.folder / "alike-header"
    tool("cryptsetup", "luksHeaderBackup", str(other), "--header-backup-file", str(alike))
    before = digest(pod.image)
    for file in (backup, alike):
        assert "another vault" in vault(pod, "restore", "--yes", file, check=6).errors
    assert digest(pod.image) == before


@pytest.mark.parametrize("harm, words", [
    (lambda data: data[:1 << 20], "damaged"),
    (lambda data: data + b"x", "damaged"),
    (lambda data: b"", "no usable"),
    (lambda data: os.urandom(len(data)), "no usable"),
    (lambda data: data[:40000] + bytes(60000) + data[100000:], "empty"),
], ids=["cut short", "too long", "empty", "noise", "a wiped key slot"])
def test_a_damaged_backup_is_refused(native_pod, harm, words):
    pod = native_pod()
    backup = pod.folder / "header"
    vault(pod, "backup", backup)
    backup.write_bytes(harm(backup.read_bytes()))
    before = digest(pod.image)
    assert words in vault(pod, "restore", "--yes", backup, check=6).errors
    assert digest(pod.image) == before


def test_a_header_is_restored_to_a_locked_vault_and_by_who_means_it(native_pod):
    pod = native_pod()
    backup = pod.folder / "header"
    vault(pod, "backup", backup)
    assert "--yes" in vault(pod, "restore", backup, check=7).errors
    pod.unlock()
    assert "tazpod lock" in vault(pod, "restore", "--yes", backup, check=7).errors


def test_a_restore_asks_for_the_projects_name(native_pod):
    import pexpect

    pod = native_pod()
    backup = pod.folder / "header"
    vault(pod, "backup", backup)
    add_quick_key(pod, b"second one")
    for answer, status in (("yes", 7), ("project", 0)):
        command = [str(pod.programs / "tazpod"), "vault", "restore", str(backup), "--project", str(pod.directory)]
        child = pexpect.spawn(command[0], command[1:], encoding="utf-8", timeout=30, env=pod.environment)
        child.expect("Type the project's name")
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == status, child.before
        assert stock_opens(pod.image, "second one") == (status != 0)


def test_the_public_area_gets_no_header_and_restores_none(pod):
    for arguments in (["backup", "-"], ["restore", "--yes", "/dev/null"]):
        result = pod.public(PROGRAM[pod.provider], "vault", *arguments)
        assert result.status == 7 and "for the host" in result.errors, result
    assert pod.public(PROGRAM[pod.provider], "vault", "info").status == 0


def test_without_that_rule_it_would_get_the_header(native_pod, weakened_programs):
    pod = native_pod(programs=weakened_programs, config="env: {WEAKENED_DEFENCES: 'header-for-root'}\n")
    # Over a pipe: what it is decoded to does not matter here.
    result = pod.public("sh", "-c", f"{PROGRAM['native']} vault backup - | head -c 4")
    assert result.output == "LUKS", result


def test_a_restore_that_was_broken_off_is_finished_by_the_next(native_pod):
    pod = native_pod()
    backup = pod.folder / "header"
    vault(pod, "backup", backup)
    pod.unlock()
    pod.ghost("echo kept > ~/secrets/kept", check=0)
    pod.lock()
    damage(pod.image, 0, 8 << 20)
    (pod.image.parent / "vault.img.restore").write_bytes(backup.read_bytes())
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/kept", passphrase=PASSPHRASE, check=0).output == "kept\n"
    assert not (pod.image.parent / "vault.img.restore").exists()


def restore_under_fire(pod, rounds, seed=3):
    """Kills restores at random instants, and counts the vaults that no key opens any more."""
    chance, lost = random.Random(seed), 0
    first = pod.folder / "first"
    vault(pod, "backup", first)
    add_quick_key(pod, b"second one")
    second = pod.folder / "second"
    vault(pod, "backup", second)
    for round_number in range(rounds):
        before = pod.image.stat().st_mtime_ns
        command = subprocess.Popen(
            [str(pod.programs / "tazpod"), "vault", "restore", "--project", str(pod.directory), "--yes",
             str([first, second][round_number % 2])], env=pod.environment, stderr=subprocess.DEVNULL)
        # The instants that count are those at which the image is written.
        deadline = time.monotonic() + 10
        while pod.image.stat().st_mtime_ns == before and command.poll() is None and time.monotonic() < deadline:
            pass
        time.sleep(chance.random() * 0.004)
        for process in pod.processes_named(chance.choice(["tazpod-keys", "tazpod-ghost"])):
            end_process(process.pid)
        command.wait(30)
        wait_until(lambda: not pod.processes_named("tazpod-ghost"), "the keeper has ended")
        if pod.unlock(check=None).status != 0:
            lost += 1
            tool("cryptsetup", "luksHeaderRestore", "--batch-mode", str(pod.image), "--header-backup-file", str(first))
        pod.lock()
    return lost


def test_kills_while_a_header_is_restored_lose_nothing(native_pod):
    assert restore_under_fire(native_pod(), 6) == 0


def test_without_the_whole_copy_on_the_disk_they_would(native_pod, weakened_programs):
    """Whether a key is lost depends on the instant: it is chosen by stopping the writer in the middle of the header."""
    pod = native_pod(programs=weakened_programs, config="env: {WEAKENED_DEFENCES: 'restore-journal'}\n")
    assert torn_restore(pod) != 0


def test_a_restore_that_is_killed_in_the_middle_of_the_header_loses_nothing(native_pod):
    assert torn_restore(native_pod()) == 0


def torn_restore(pod):
    """Kills a restore as it begins to write to the image, with the half of the header on the disk that a crash could leave there.

    Returns how the next unlock ends.
    """
    backup = pod.folder / "header"
    vault(pod, "backup", backup)
    command = [str(pod.programs / "tazpod"), "vault", "restore", "--project", str(pod.directory), "--yes", str(backup)]
    tracer = subprocess.Popen(
        ["strace", "-f", "-o", "/dev/null", "-P", "/run/tazpod/private/vault/vault.img", "-e", "trace=pwrite64", "-e", "inject=pwrite64:signal=KILL:when=1", "-p", str(pod.init_pid())],
        stderr=subprocess.PIPE, text=True)
    assert "attached" in tracer.stderr.readline()
    try:
        subprocess.run(command, env=pod.environment, capture_output=True, timeout=60)
    finally:
        tracer.terminate()
        tracer.wait(20)
    wait_until(lambda: not pod.processes_named("tazpod-ghost"), "the keeper has ended")
    damage(pod.image, 0, 1 << 20)
    return pod.unlock(check=None).status


# -- check ------------------------------------------------------------------------------------------------------------------


def test_a_whole_vault_is_said_to_be_so(native_pod):
    pod = native_pod()
    before = digest(pod.image)
    found = findings(pod, passphrase=PASSPHRASE)
    assert {name: finding["result"] for name, finding in found.items()} == {
        "header": "ok", "slots": "ok", "derivation": "warning", "file system": "ok", "free space": "ok", "disk": "ok"}
    assert found["derivation"]["next"] == "tazpod vault passwd"
    assert digest(pod.image) == before
    assert findings(pod)["file system"]["next"] == "tazpod vault check --full"
    pod.unlock()
    assert findings(pod)["file system"]["next"] == "tazpod lock"


def test_the_command_that_is_said_to_mend_the_derivation_does(native_pod):
    pod = native_pod()
    vault(pod, "passwd", passphrase=PASSPHRASE, new="new one")
    assert findings(pod)["derivation"]["result"] == "ok"


@pytest.mark.parametrize("copy, start", [("primary", 5000), ("secondary", 16384 + 5000), ("primary", 0), ("secondary", 16384)])
def test_a_damaged_copy_of_the_header_is_named_and_not_mended(native_pod, copy, start):
    pod = native_pod()
    damage(pod.image, start, 16)
    before = digest(pod.image)
    for options in ({}, {"passphrase": PASSPHRASE}):
        found = findings(pod, check=6, **options)
        assert found["header"]["result"] == "damaged" and f"the {copy} copy" in found["header"]["note"]
        assert found["header"]["next"] == "tazpod unlock"
        assert found["file system"]["result"] == "skipped"
    assert digest(pod.image) == before, "check changes nothing"
    pod.unlock()
    pod.lock()
    assert findings(pod)["header"]["result"] == "ok", "the command that was named mends it"


def test_a_wiped_key_slot_is_found(native_pod):
    pod = native_pod()
    add_quick_key(pod, b"second one")
    area = json.loads(tool("cryptsetup", "luksDump", "--dump-json-metadata", str(pod.image)).stdout)["keyslots"]["1"]["area"]
    with open(pod.image, "r+b") as file:
        file.seek(int(area["offset"]) + 100 * 512)
        file.write(bytes(4096))
    found = findings(pod, check=6)
    assert found["slot 1"]["result"] == "damaged" and found["slot 1"]["next"] == "tazpod vault remove-key --slot 1"
    vault(pod, "remove-key", "--slot", "1", passphrase=PASSPHRASE)
    assert findings(pod)["slots"]["result"] == "ok"


def test_a_damaged_file_system_is_found_and_not_mended(native_pod):
    from luks import Luks2

    pod = native_pod()
    plain = pod.folder / "plain"
    luks = Luks2(pod.image, PASSPHRASE)
    luks.read_plain(plain)
    # The root folder's inode says that it is something else.
    tool("debugfs", "-w", "-R", "clri <2>", str(plain))
    luks.write_plain(plain)
    before = digest(pod.image)
    found = findings(pod, passphrase=PASSPHRASE, check=6)
    assert found["file system"]["result"] == "damaged", found
    assert digest(pod.image) == before


def test_a_vault_that_was_not_locked_in_order_is_no_damage(native_pod):
    pod = native_pod()
    pod.unlock()
    pod.ghost("echo kept > ~/secrets/kept && sync", check=0)
    for process in pod.processes_named("tazpod-vault"):
        end_process(process.pid)
    wait_until(lambda: pod.vault_state() == "locked", "locked")
    found = findings(pod, passphrase=PASSPHRASE)
    assert found["file system"]["next"] == "tazpod unlock", found


def test_a_disk_that_is_too_full_for_the_vault_is_told(native_pod):
    pod = native_pod()
    free = os.statvfs(pod.directory)
    size = (free.f_bavail * free.f_frsize + (1 << 30)) // 4096 * 4096
    with open(pod.image, "r+b") as file:
        file.truncate(size)
    assert findings(pod)["disk"]["result"] == "warning"


def test_without_a_vault_there_is_nothing_to_check():
    pod = Pod("native")
    try:
        pod.up()
        for verb in ("check", "info"):
            assert "no vault yet" in vault(pod, verb, check=6).errors
        assert not pod.image.exists()
    finally:
        pod.close()
