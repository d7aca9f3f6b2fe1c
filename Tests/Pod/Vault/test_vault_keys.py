"""The keys of a vault, changed here and judged by stock cryptsetup; and the other way round."""

import concurrent.futures
import json
import random
import re
import shutil
import subprocess
import time

import pytest

from pod import PASSPHRASE, Pod, end_process, plain_text, tool, wait_until
from vault_verbs import add_quick_key, facts, stock_metadata, stock_opens, vault

MODHEX = re.compile(r"^([cbdefghijklnrtuv]{8}-){7}[cbdefghijklnrtuv]{8}$")


@pytest.fixture
def native_pod():
    """A native pod with a vault of 64 MiB whose one key is quick to try."""
    pod = Pod("native")
    pod.use_quick_vault()
    yield pod.up()
    pod.close()


def import_token(image, token):
    tool("cryptsetup", "token", "import", "--json-file", "-", str(image), stdin=json.dumps(token).encode())


def test_keys_that_are_added_changed_and_removed_here_are_so_for_stock_tools(native_pod):
    pod = native_pod
    import_token(pod.image, {"type": "somebody-elses", "keyslots": ["0"], "secret-of": "another program"})
    before = stock_metadata(pod.image)
    vault(pod, "add-key", passphrase=PASSPHRASE, new="second one")
    assert stock_opens(pod.image, "second one", slot=1)
    vault(pod, "passwd", passphrase=PASSPHRASE, new="in its place")
    assert not stock_opens(pod.image, PASSPHRASE, slot=0)
    assert stock_opens(pod.image, "in its place", slot=0), "a changed passphrase keeps its slot, which tokens know by its number"
    vault(pod, "remove-key", "--slot", "1", passphrase="in its place")
    after = stock_metadata(pod.image)
    assert list(after["keyslots"]) == ["0"]
    assert after["tokens"] == before["tokens"], "others' tokens stay as they are"
    assert after["digests"].keys() == before["digests"].keys()
    assert after["keyslots"]["0"]["kdf"]["type"] == "argon2id" and after["keyslots"]["0"]["kdf"]["memory"] >= 32 * 1024


def test_keys_of_stock_tools_open_the_vault_here(native_pod):
    key = native_pod.folder / "stock.key"
    key.write_bytes(b"\0binary\nwith a newline\n" * 20)
    add_quick_key(native_pod, key.read_bytes())
    native_pod.run("unlock", "--detach", "--key-file", str(key), check=0)
    native_pod.lock()
    listed = [slot["number"] for slot in facts(native_pod)["slots"]]
    assert listed == [0, 1]
    vault(native_pod, "remove-key", "--key-file", native_pod.folder / "quick.old", "--remove-key-file", key)
    assert not stock_opens(native_pod.image, key.read_bytes())


def test_a_key_file_is_taken_byte_for_byte(pod):
    key = pod.folder / "vault.key"
    key.write_bytes(bytes(range(256)) * 16 + b"\n")
    vault(pod, "add-key", "--new-key-file", key, passphrase=PASSPHRASE)
    assert stock_opens(pod.image, key.read_bytes(), slot=1)
    assert not stock_opens(pod.image, key.read_bytes()[:-1])
    pod.run("unlock", "--detach", "--key-file", str(key), check=0)
    vault(pod, "remove-key", "--remove-key-file", key, passphrase=PASSPHRASE)
    assert not stock_opens(pod.image, key.read_bytes()), "also while the vault is open"


def test_a_key_file_that_is_too_large_is_refused(native_pod):
    key = native_pod.folder / "photo"
    key.write_bytes(b"x" * (16 * 1024 + 1))
    result = vault(native_pod, "add-key", "--new-key-file", key, passphrase=PASSPHRASE, check=5)
    assert "16384" in result.errors
    assert len(facts(native_pod)["slots"]) == 1


@pytest.mark.parametrize("verb, arguments", [
    ("passwd", []), ("add-key", []), ("remove-key", ["--slot", "0"]), ("recovery", ["--force"]), ("resize", ["80MiB"]),
])
def test_a_wrong_passphrase_changes_nothing(native_pod, verb, arguments):
    before = native_pod.image.read_bytes()
    new = "new one" if verb in ("passwd", "add-key") else None
    result = vault(native_pod, verb, *arguments, passphrase="wrong", new=new, check=5)
    # The one key cannot be removed, whoever asks; that the proof is wrong is said first.
    assert "wrong" in result.errors and "\n" not in result.errors.strip()
    assert native_pod.image.read_bytes() == before
    assert not list(native_pod.image.parent.glob("vault.img.*"))


def test_the_last_key_stays(native_pod):
    assert "last key" in vault(native_pod, "remove-key", "--slot", "0", passphrase=PASSPHRASE, check=7).errors
    assert stock_opens(native_pod.image, PASSPHRASE)


def test_a_key_is_not_removed_by_its_own_proof(native_pod):
    add_quick_key(native_pod, b"second one")
    result = vault(native_pod, "remove-key", "--slot", "1", passphrase="second one", check=5)
    assert "one that stays" in result.errors
    assert stock_opens(native_pod.image, "second one")
    # The same passphrase in two slots proves the other one.
    add_quick_key(native_pod, PASSPHRASE.encode())
    vault(native_pod, "remove-key", "--slot", "0", passphrase=PASSPHRASE)
    assert stock_opens(native_pod.image, PASSPHRASE)


@pytest.mark.parametrize("verb, arguments, words", [
    ("remove-key", ["--slot", "99"], "0 to 31"),
    ("remove-key", ["--slot", "5"], "no key in slot 5"),
    ("remove-key", ["--slot", "1", "--remove-key-file", "/dev/null"], "give one of"),
    ("resize", ["large"], "is no size"),
    ("resize", ["1MiB"], "at least 32 MiB"),
    ("passwd", ["--key-file", "/dev/null", "--passphrase-fd", "0"], "not both"),
    ("passwd", ["--new-key-file", "/dev/null"], "give the passphrase too"),
])
def test_what_contradicts_itself_is_a_usage_error(native_pod, verb, arguments, words):
    proof = None if "--key-file" in arguments or "--new-key-file" in arguments else PASSPHRASE
    assert words in vault(native_pod, verb, *arguments, passphrase=proof, check=2).errors


def test_without_a_terminal_or_a_descriptor_nobody_is_asked(native_pod):
    assert "--passphrase-fd" in vault(native_pod, "recovery", "--force", check=5).errors


def test_a_recovery_key_opens_the_vault_however_it_is_typed(native_pod):
    pod = native_pod
    key = vault(pod, "recovery", "--force", passphrase=PASSPHRASE).output.strip()
    assert MODHEX.match(key)
    metadata = stock_metadata(pod.image)
    assert [(token["type"], token["keyslots"]) for token in metadata["tokens"].values()] == [("systemd-recovery", ["1"])]
    assert stock_opens(pod.image, key, slot=1), "systemd's tools and cryptsetup take it with its dashes"
    assert facts(pod)["slots"][1]["kind"] == "recovery"
    pod.unlock(key.upper().replace("-", ""))
    pod.lock()
    # It stays as it was printed; and with it comes a new passphrase.
    assert "add-key" in vault(pod, "passwd", passphrase=key, new="forgot the old one", check=7).errors
    vault(pod, "remove-key", "--slot", "1", passphrase=PASSPHRASE)
    assert stock_metadata(pod.image)["tokens"] == {}, "its mark goes with it"


def test_a_recovery_key_is_shown_on_a_terminal_alone(native_pod):
    result = vault(native_pod, "recovery", passphrase=PASSPHRASE, check=7)
    assert "--force" in result.errors and result.output == ""
    assert len(facts(native_pod)["slots"]) == 1
    child = vault_terminal(native_pod, "recovery")
    child.expect("Passphrase for the vault")
    child.sendline(PASSPHRASE)
    child.expect("not shown again")
    shown = plain_text(child.before)
    assert "█" in shown and "▀" in shown
    key = next(line.strip() for line in shown.splitlines() if MODHEX.match(line.strip()))
    assert stock_opens(native_pod.image, key)


def vault_terminal(pod, *arguments):
    import pexpect

    command = [str(pod.programs / "tazpod"), "vault", *arguments, "--project", str(pod.directory)]
    child = pexpect.spawn(command[0], command[1:], dimensions=(60, 120), encoding="utf-8", timeout=30, env=pod.environment)
    child.delaybeforesend = None
    return child


def test_passphrases_are_asked_on_the_terminal_and_not_shown(native_pod):
    child = vault_terminal(native_pod, "passwd")
    child.expect("Passphrase for the vault")
    child.sendline("mistyped")
    child.expect("wrong")
    child.expect("Passphrase for the vault")
    child.sendline(PASSPHRASE)
    child.expect("New passphrase: ")
    child.sendline("typed anew")
    child.expect("The same again: ")
    child.sendline("typed anew")
    child.expect("slot 0 is changed")
    child.wait()
    assert child.exitstatus == 0
    assert "typed anew" not in child.before and PASSPHRASE not in child.before
    assert stock_opens(native_pod.image, "typed anew")


def test_an_interrupted_prompt_leaves_the_terminal_and_the_vault_as_they_were(native_pod):
    before = native_pod.image.read_bytes()
    child = vault_terminal(native_pod, "add-key")
    child.expect("Passphrase for the vault")
    child.sendintr()
    child.wait()
    assert child.exitstatus == 130
    wait_until(lambda: not native_pod.processes_named("tazpod-keys"), "the worker has ended")
    wait_until(lambda: not native_pod.processes_named("tazpod-ghost"), "the keeper has ended")
    assert native_pod.image.read_bytes() == before
    native_pod.unlock()


def test_one_work_on_the_vault_at_a_time(native_pod):
    child = vault_terminal(native_pod, "add-key")
    child.expect("Passphrase for the vault")
    assert "at work" in vault(native_pod, "passwd", passphrase=PASSPHRASE, new="other", check=6).errors
    assert "at work" in native_pod.unlock(check=6).errors
    assert native_pod.vault_state() == "locked"
    native_pod.lock()
    child.expect("locked meanwhile")
    native_pod.unlock()


def test_requests_that_come_while_others_end_are_all_answered(native_pod):
    pod = native_pod
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: vault(pod, "info", check=None), range(80)))
    assert any(answer.status == 0 for answer in answers)
    for answer in answers:
        assert answer.status == 0 or (answer.status == 6 and "again" in answer.errors), answer


def test_stopping_the_pod_ends_the_work(native_pod):
    child = vault_terminal(native_pod, "add-key")
    child.expect("Passphrase for the vault")
    started = time.monotonic()
    native_pod.run("down", check=0)
    assert time.monotonic() - started < 10
    child.close(force=True)


def test_a_passphrase_is_nobodys_but_the_workers(native_pod):
    """The keeper, which lives as long as the vault is open, has neither the passphrase nor the key."""
    pod = native_pod
    pod.unlock()
    vault(pod, "add-key", passphrase=PASSPHRASE, new="a passphrase to look for")
    for process in pod.processes_named("tazpod-ghost") + pod.processes_named("tazpod-vault"):
        assert b"a passphrase to look for" not in memory(process.pid), process


def test_that_search_finds_what_is_there(native_pod):
    child = subprocess.Popen(["sh", "-c", "secret='a passphrase to look for'; read -r line; echo $secret"], stdin=subprocess.PIPE)
    assert b"a passphrase to look for" in wait_until(lambda: memory(child.pid), "its memory")
    child.communicate(b"\n", timeout=10)


def memory(pid):
    """What a process has in memory, as the host's root sees it."""
    found = b""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as content:
        for line in maps:
            bounds, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in bounds.split("-"))
            try:
                content.seek(start)
                found += content.read(end - start)
            except (OSError, ValueError):
                continue
    return found


@pytest.mark.long
def test_kills_while_keys_are_changed_leave_a_key_that_works(native_pod):
    pod, chance = native_pod, random.Random(7)
    good = pod.folder / "good.img"
    shutil.copy2(pod.image, good)
    for round_number in range(4):
        shutil.copy2(good, pod.image)
        before = pod.image.stat().st_mtime_ns
        command = subprocess.Popen(
            ["sh", "-c", f"exec 3<<END 4<<END2\n{PASSPHRASE}\nEND\nnew one\nEND2\nexec {pod.programs}/tazpod vault passwd "
             f"--project {pod.directory} --passphrase-fd 3 --new-passphrase-fd 4"], env=pod.environment, stderr=subprocess.DEVNULL)
        # Nearly all of the time goes into the derivation; what is written, is written within milliseconds after it.
        wait_until(lambda: pod.image.stat().st_mtime_ns != before, "the first write", 30)
        time.sleep(chance.random() * 0.02)
        for process in pod.processes_named(chance.choice(["tazpod-keys", "tazpod-ghost"])):
            end_process(process.pid)
        command.wait(30)
        wait_until(lambda: not pod.processes_named("tazpod-ghost"), "the keeper has ended")
        assert stock_opens(pod.image, PASSPHRASE, slot=0) or stock_opens(pod.image, "new one"), f"round {round_number}: no key is left"
