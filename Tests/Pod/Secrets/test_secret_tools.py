"""Secrets from age and pass, as Debian has them, and from sops, for which a stand-in answers: Debian has none."""

import subprocess

import pytest

from pod import canary
from secrets_file import content, pull, put_file, write_secrets


@pytest.fixture
def pod(native_pod):
    pod = native_pod()
    pod.unlock()
    return pod


def test_age_decrypts_files_of_the_project_with_the_vaults_identity(pod):
    public = pod.ghost("mkdir -m 700 ~/secrets/age && age-keygen -o ~/secrets/age/keys.txt 2>/dev/null && age-keygen -y ~/secrets/age/keys.txt", check=0)
    value = bytes(range(256)) + canary()[1]
    encrypted = subprocess.run(["age", "-r", public.output.strip()], input=value, capture_output=True, check=True, timeout=20).stdout
    put_file(pod, "token.age", encrypted)
    put_file(pod, "broken.age", encrypted[:-1])
    write_secrets(
        pod, {"name": "good", "source": "age", "path": "token.age", "file": "good"},
        {"name": "broken", "source": "age", "path": "broken.age", "file": "broken"})
    errors = pull(pod, check=4).errors
    assert "broken: age failed with status 1; run it by itself to see why" in errors and "1 pulled, 1 failed" in errors
    assert content(pod, "good") == value
    # Another identity, by its place in the vault.
    pod.ghost("mv ~/secrets/age/keys.txt ~/secrets/other.txt", check=0)
    assert "age failed" in pull(pod, "good", check=4).errors
    write_secrets(pod, {"name": "good", "source": "age", "path": "token.age", "file": "good"}, config={"age_identity": "other.txt"})
    assert pull(pod).errors == "tazpod: secrets: 1 unchanged\n"


def test_pass_gives_an_entrys_first_line_or_all_of_it(pod):
    made = pod.ghost(
        """export GNUPGHOME=~/secrets/gnupg PASSWORD_STORE_DIR=~/secrets/store; mkdir -m 700 $GNUPGHOME
        gpg --batch --quiet --passphrase '' --quick-generate-key tester@example.org default default never &&
        pass init tester@example.org >/dev/null && printf 'first line\\nuser: ann\\n' | pass insert -m work/token >/dev/null""", timeout=60)
    assert made.status == 0, made
    items = [
        {"name": "work/token", "source": "pass", "env": "TOKEN"},
        {"name": "all", "source": "pass", "path": "work/token", "line": "all", "file": "all"},
        {"name": "none", "source": "pass", "path": "no/such", "file": "none"}, {"name": "option", "source": "pass", "path": "--help", "file": "option"}]
    write_secrets(pod, *items, config={"pass_store": "store"})
    errors = pod.ghost("GNUPGHOME=~/secrets/gnupg tazpod pull", timeout=60).errors
    assert "none: pass failed with status 1" in errors and "option: pass has no entry --help" in errors and "2 pulled, 2 failed" in errors
    assert pod.run("run", "--", "sh", "-c", 'printf %s "$TOKEN"', check=0).output == "first line"
    assert content(pod, "all") == b"first line\nuser: ann\n"


# What sops is asked, and by which variables: `--decrypt [--extract PLACE] FILE`, and the age key's file (its README).
SOPS = """#!/bin/sh
[ "$1" = --decrypt ] && [ -s "$SOPS_AGE_KEY_FILE" ] && [ -z "$VAULT_TOKEN$SOPS_AGE_KEY" ] || exit 100
if [ "$2" = --extract ]; then printf '%s of %s' "$3" "$4"; else printf 'all of %s' "$2"; fi
"""


def test_sops_is_asked_for_a_file_or_for_a_value_in_it(pod):
    pod.ghost(
        "mkdir -p ~/secrets/age ~/secrets/bin && echo key >~/secrets/age/keys.txt && cat >~/secrets/bin/sops && chmod +x ~/secrets/bin/sops",
        stdin=SOPS.encode(), check=0)
    items = [
        {"name": "all", "source": "sops", "path": "secrets.enc.yaml", "file": "all"},
        {"name": "dotted", "source": "sops", "path": "secrets.enc.yaml", "key": "db.users[0].password", "file": "dotted"},
        {"name": "own", "source": "sops", "path": "/workspace/other.json", "key": '["a"]["b"]', "file": "own"}]
    write_secrets(pod, *items)
    # Its own variables, and those that would send a token of ours where the file says, do not reach it.
    pod.ghost("PATH=~/secrets/bin:$PATH VAULT_TOKEN=t SOPS_AGE_KEY=k tazpod pull", check=0)
    assert content(pod, "all") == b"all of /workspace/secrets.enc.yaml"
    assert content(pod, "dotted") == b'["db"]["users"][0]["password"] of /workspace/secrets.enc.yaml'
    assert content(pod, "own") == b'["a"]["b"] of /workspace/other.json'
    assert "cannot run sops: No such file or directory; install it in the image" in pull(pod, "all", check=4).errors
