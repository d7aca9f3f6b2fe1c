"""Who comes back to a ghost proves that it may: with the passphrase, or with the token of this host and this unlock."""

import os
import pathlib
import re
import time

import pytest

from attacks import open_with_secret, tazpod_in
from pod import PASSPHRASE, wait_until
from remote import Remote


def test_attaching_takes_proof(pod):
    text = open_with_secret(pod)
    tazpod = tazpod_in(pod)
    for command in (
        f"{tazpod} attach ghost", f"{tazpod} exec --ghost -- cat /home/tazpod/secrets/token",
        f"TAZPOD_ATTACH_TOKEN={'0' * 64} {tazpod} exec --ghost -- cat /home/tazpod/secrets/token",
        f"echo wrong | {tazpod} exec --ghost --passphrase-fd 0 -- cat /home/tazpod/secrets/token",
    ):
        result = pod.public("sh", "-c", f"{command} </dev/null" if "echo" not in command else command)
        assert result.status == 5, f"{command}: {result}"
        assert text not in result.output
        assert len(result.errors.strip().splitlines()) == 1


def test_without_asking_for_proof_anybody_would_get_in(make_weakened_pod):
    pod = make_weakened_pod("proof")
    text = open_with_secret(pod)
    tazpod = tazpod_in(pod)
    result = pod.public("sh", "-c", f"{tazpod} exec --ghost -- cat /home/tazpod/secrets/token </dev/null")
    assert text in result.output


def ssh_without_a_token(pod):
    """What ssh says, and what it brings out of the ghost."""
    remote = Remote(pod)
    remote.host("ghost")
    token_file(pod).unlink()
    return remote.run("%h", "cat ~/secrets/token", session="ghost", check=None)


def test_ssh_into_a_ghost_takes_proof_too(pod):
    text = open_with_secret(pod)
    done = ssh_without_a_token(pod)
    assert done.returncode == 255 and done.stdout == "" and text not in done.stderr
    assert "a ghost asks for proof" in done.stderr


def test_without_asking_for_proof_ssh_would_get_in(make_weakened_pod):
    pod = make_weakened_pod("proof")
    assert open_with_secret(pod) in ssh_without_a_token(pod).stdout


def token_file(pod):
    files = list((pod.folder / "run").rglob("*.token"))
    assert len(files) == 1
    return files[0]


def tokens(pod):
    """The tokens that this host holds, newest first."""
    return token_file(pod).read_text().split()


def gets_in(pod, *offered):
    """Whether these tokens are proof enough."""
    token_file(pod).write_text("".join(f"{token}\n" for token in offered))
    result = pod.run("exec", "--ghost", "--", "echo", "in")
    assert (result.status, result.output) in ((0, "in\n"), (5, "")), result
    return result.status == 0


def after_a_second_unlock(pod):
    """Whether the tokens of the first and of the second unlock open the ghost now."""
    pod.unlock()
    first = tokens(pod)[0]
    pod.unlock()
    second = tokens(pod)[0]
    assert first != second
    return gets_in(pod, first), gets_in(pod, second)


def test_a_token_is_rotated_at_each_unlock(pod):
    assert after_a_second_unlock(pod) == (False, True)


def test_without_the_rotation_the_first_token_would_go_on_opening(make_weakened_pod):
    assert after_a_second_unlock(make_weakened_pod("rotation"))[0]


def test_a_token_is_worth_nothing_after_the_lock(pod):
    pod.unlock()
    file, kept = token_file(pod), tokens(pod)
    assert gets_in(pod, *kept), "the token opens while the vault is open: the test works"
    pod.lock()
    assert not file.exists()
    file.write_text("\n".join(kept))
    assert pod.run("exec", "--ghost", "--", "true").status == 7
    pod.unlock()
    assert not gets_in(pod, *kept)


def test_a_wrong_passphrase_rotates_nothing(pod):
    pod.unlock()
    kept = tokens(pod)
    assert pod.unlock(passphrase="wrong", check=None).status == 5
    assert kept[0] in tokens(pod), "the token that counts is still offered"
    assert pod.run("exec", "--ghost", "--", "echo", "in", check=0).output == "in\n"


def test_a_token_of_another_pods_session_opens_nothing(make_pod):
    pods = [make_pod(), make_pod()]
    for pod in pods:
        pod.use_quick_vault()
        pod.up().unlock()
    own, other = (tokens(pod)[0] for pod in pods)
    assert not gets_in(pods[0], other)
    assert gets_in(pods[0], own)


def test_another_host_has_no_token_and_unlocking_there_takes_the_first_ones_away(pod):
    pod.unlock()
    first = tokens(pod)[0]
    assert gets_in(pod, first)
    here = pod.environment["XDG_RUNTIME_DIR"]
    there = pathlib.Path(pod.folder) / "other-host"
    there.mkdir(mode=0o700)
    pod.environment["XDG_RUNTIME_DIR"] = str(there)
    assert pod.run("exec", "--ghost", "--", "true").status == 5
    assert pod.run("exec", "--ghost", "--", "true", passphrase=PASSPHRASE).status == 0
    pod.environment["XDG_RUNTIME_DIR"] = here
    assert not gets_in(pod, first)


def test_tokens_are_kept_where_no_other_user_can_look_and_no_disk_is(pod):
    pod.unlock()
    file = token_file(pod)
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert file.is_relative_to(pod.environment["XDG_RUNTIME_DIR"]) and file.stat().st_uid == os.geteuid()


def guess(pod, *, uid=0):
    """The exit code of an unlock with a wrong passphrase, as root or as the workspace user."""
    if uid == 0:
        return pod.unlock("wrong", check=None).status
    return pod.public("sh", "-c", f"echo wrong | {tazpod_in(pod)} unlock --detach --passphrase-fd 0").status


# The same programs count in every pod, and it takes its time.
@pytest.mark.parametrize("provider", ["native"], indirect=True)
def test_guessing_costs_time(pod):
    assert [guess(pod, uid=1000) for _ in range(6)] == [5, 5, 5, 5, 5, 7]
    # Not the time of those who know it.
    began = time.monotonic()
    assert guess(pod) == 5
    pod.unlock()
    # The pause is over, one more try is free, and the pause after it is twice as long.
    wait_until(lambda: prove(pod, "wrong").status == 5, "the pause is over", 15)
    assert 4 < time.monotonic() - began < 15
    refused = prove(pod, PASSPHRASE)
    assert refused.status == 7
    seconds = int(re.search(r"try again in (\d+) seconds", refused.errors)[1])
    assert 8 <= seconds <= 10
    # The token is no guess.
    assert pod.ghost("true").status == 0
    wait_until(lambda: prove(pod, PASSPHRASE).status == 0, "the second pause is over", 20)
    # A right one makes up for all.
    assert [prove(pod, "wrong").status for _ in range(5)] == [5] * 5


def test_without_the_pause_one_could_guess_on(make_weakened_pod):
    pod = make_weakened_pod("guess-pause")
    assert [guess(pod, uid=1000) for _ in range(8)] == [5] * 8


def test_passphrases_tried_side_by_side_count_before_they_are_known_to_be_wrong(pod):
    pod.unlock()
    script = f"for i in $(seq 12); do (echo wrong | {tazpod_in(pod)} exec --ghost --passphrase-fd 0 -- true; echo $?) & done; wait"
    statuses = pod.public("sh", "-c", script).output.split()
    assert sorted(set(statuses)) == ["5", "7"]
    assert 1 <= statuses.count("5") <= 5


def prove(pod, passphrase):
    """Goes into the ghost from the public area with nothing but a passphrase."""
    return pod.public("sh", "-c", f"echo '{passphrase}' | {tazpod_in(pod)} exec --ghost --passphrase-fd 0 -- true")
