"""Secrets that the engine keeps (`source: engine`): the pod has them as root's files, and the ghost as its own."""

import hashlib
import os

import pytest

from pod import Pod

NAME = f"TAZPOD_TEST_{os.getpid()}"
VALUE = bytes(range(256)) * 16 + b"\nlines 'and' \"quotes\"\0\n\n"
ITEM = f"- {{name: {NAME}, source: podman, file: given/key}}\n"


def write_secrets(pod, items):
    (pod.directory / ".tazpod/secrets.yml").write_text(f"secrets:\n{items}")


@pytest.fixture
def podman_pod(podman, tmp_path):
    """A pod of podman's that wants a secret, which podman has."""
    (tmp_path / "value").write_bytes(VALUE)
    podman.run("secret", "create", NAME, str(tmp_path / "value"))
    pod = Pod("podman")
    pod.use_quick_vault()
    write_secrets(pod, ITEM)
    yield pod
    pod.close()
    podman.run("secret", "rm", NAME)


def test_a_secret_of_podmans_arrives_in_the_vault_and_is_not_the_public_areas(podman_pod, podman):
    pod = podman_pod.up()
    public = pod.public("cat", f"/run/secrets/{NAME}")
    assert public.status != 0 and "Permission denied" in public.errors and not public.output, public
    pod.unlock()
    pulled = pod.run("pull", check=0)
    assert "lines 'and'" not in pulled.output + pulled.errors
    digest = hashlib.sha256(VALUE).hexdigest()
    files = f"sha256sum ~/secrets/given/key /run/secrets/{NAME} | cut -d' ' -f1; stat -c '%a %U' /run/secrets /run/secrets/{NAME}"
    assert pod.ghost(files, check=0).output.split("\n") == [digest, digest, "700 tazpod", "400 tazpod", ""]
    # An open ghost changes nothing outside; and were the file not root's alone, this is what would be seen.
    assert "Permission denied" in pod.public("cat", f"/run/secrets/{NAME}").errors
    podman.run("exec", "--user", "0", pod.name, "chmod", "0444", f"/run/secrets/{NAME}")
    assert "lines 'and'" in pod.public("cat", f"/run/secrets/{NAME}", check=0).output
    # A pod keeps what it was made with, and says so.
    write_secrets(pod, ITEM + "- {name: another, source: engine, file: another}\n")
    assert "tazpod down" in pod.run("up", check=0).errors
    pod.run("down", check=0)
    missing = pod.run("up", "--provider", "podman", check=4)
    assert "podman has no secret another" in missing.errors and "podman secret create another FILE" in missing.errors, missing
    assert podman.run("ps", "--all", "--quiet", "--filter", f"label=dev.tazpod.directory={pod.directory}").stdout == ""


def test_where_no_engine_keeps_secrets_up_says_so():
    pod = Pod("native")
    try:
        write_secrets(pod, ITEM)
        for arguments in (["up", "--provider", "native"], ["up", "--provider", "native", "--dry-run"], ["manifest", "--docker"]):
            result = pod.run(*arguments, check=4)
            assert NAME in result.errors and "use podman" in result.errors and len(result.errors.splitlines()) == 1, result
        assert "Secret" in pod.run("manifest", "--quadlet", check=0).output
    finally:
        pod.close()
