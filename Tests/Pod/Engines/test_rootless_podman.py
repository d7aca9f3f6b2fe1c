"""Pods of a user who is not root, under podman: the same verbs, the files stay the user's, the vault is opened in memory."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

from attacks import open_with_secret, put
from missing import missing
from pod import PROGRAMS, Leftovers, digest, tool
from repository import make_repository
from rootless import FIRST, GID, UID, RootlessPod, RootlessPodman, processes

PROVIDER = 4


@pytest.fixture(scope="module")
def rootless(podman):
    for program in ("newuidmap", "newgidmap", "slirp4netns", "fuse-overlayfs"):
        if shutil.which(program) is None:
            missing(f"{program} is not installed")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-rootless."))
    folder.chmod(0o755)
    programs = folder / "programs"
    programs.mkdir()
    # Where every user reaches them.
    for name in ("tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets"):
        shutil.copy2(PROGRAMS / name, programs / name)
    rootless = RootlessPodman(folder, programs)
    rootless.load_image(podman)
    yield rootless
    rootless.close()


@pytest.fixture
def make_rootless_pod(rootless):
    pods = []

    def make(**options):
        pod = RootlessPod(rootless, **options)
        pods.append(pod)
        return pod

    yield make
    for pod in pods:
        pod.close()


@pytest.fixture
def pod(make_rootless_pod):
    pod = make_rootless_pod()
    pod.use_quick_vault()
    pod.give()
    return pod.up()


def owners(folder):
    return {str(path.relative_to(folder)): (path.lstat().st_uid, path.lstat().st_gid) for path in folder.rglob("*")}


def test_files_made_on_either_side_are_the_callers(pod):
    pod.public("sh", "-c", "mkdir made && echo in >made/inside && test -w made && id -un", check=0)
    (pod.directory / "outside").write_text("out\n")
    pod.give()
    assert pod.public("sh", "-c", "cat made/inside outside && echo more >>outside && stat -c %U outside made", check=0).output.split() == [
        "in", "out", "tazpod", "tazpod"]
    pod.unlock()
    pod.ghost("echo ghost >/workspace/ghosts && echo kept >~/secrets/kept", check=0)
    pod.lock()
    assert set(owners(pod.directory).values()) == {(UID, GID)}


def test_an_image_without_tazpod_is_the_callers_workspace(make_rootless_pod, rootless, podman):
    if not (PROGRAMS / "bundle").exists():
        missing("bin/bundle is not there; run make bundle")
    shutil.copytree(PROGRAMS / "bundle", rootless.programs / "bundle", dirs_exist_ok=True)
    # What root's image is built upon.
    debian = podman.run("image", "inspect", "--format", '{{index .Config.Labels "org.opencontainers.image.base.name"}}', "tazpod-base").stdout.strip()
    rootless.load_image(podman, debian)
    pod = make_rootless_pod(config=f"image: {debian}\n")
    pod.use_quick_vault()
    pod.give()
    pod.up()
    assert pod.public("sh", "-c", "id -un && touch made", check=0).output == "tazpod\n"
    assert (pod.directory / "made").stat().st_uid == UID
    pod.unlock()
    pod.ghost("echo kept >~/secrets/kept", check=0)
    assert pod.public("cat", "/home/tazpod/secrets/kept").status == 1
    pod.lock()


def test_a_new_vault_is_the_callers_file_and_stock_tools_open_it(make_rootless_pod):
    pod = make_rootless_pod(config="vault: {size: 32MiB}\n").up()
    pod.unlock()
    pod.ghost("echo kept >~/secrets/kept", check=0)
    pod.lock()
    status = pod.image.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (UID, GID, 0o600)
    tool("cryptsetup", "isLuks", "--type", "luks2", str(pod.image))
    pod.unlock()
    assert pod.ghost("cat ~/secrets/kept", check=0).output == "kept\n"


def test_auto_takes_ram_and_doctor_says_why(pod):
    leftovers = Leftovers(pod)
    pod.unlock()
    assert pod.status()["vault"]["driver"] == "ram" and pod.status()["provider"] == "podman"
    report = json.loads(pod.run("doctor", "--json", check=0).output)
    found = {finding["name"]: finding for finding in report["findings"]}
    assert (report["ready"], report["provider"], report["driver"]) == (True, "podman", "ram")
    assert found["provider podman"]["sentence"].endswith("answers, rootless") and found["subuids"]["state"] == "ok"
    assert "rootless pod is given no devices" in found["driver fuse"]["sentence"]
    pod.lock()
    leftovers.check()


@pytest.mark.parametrize("driver", ["fuse", "dmcrypt"])
def test_a_driver_that_takes_devices_is_refused_at_up(make_rootless_pod, driver):
    pod = make_rootless_pod(config=f"vault: {{driver: {driver}}}\n")
    refused = pod.run("up", "--provider", "podman", check=PROVIDER)
    assert refused.errors.count("\n") == 1 and "driver: auto" in refused.errors
    assert json.loads(pod.run("list", "--json", check=0).output) == [] or pod.status()["pod"] == "absent"


def test_the_verbs_do_what_they_do_elsewhere(pod):
    assert pod.public("sh", "-c", "exit 42").status == 42
    assert [entry["name"] for entry in json.loads(pod.run("list", "--json", check=0).output) if entry["provider"] == "podman"] == [pod.name]
    pod.unlock()
    assert "the vault is open" in pod.log()
    pod.lock()
    assert pod.run("up", "--provider", "podman", check=0).status == 0
    before = digest(pod.image)
    refused = pod.unlock(passphrase="wrong", check=5)
    assert refused.errors.startswith("tazpod: ") and digest(pod.image) == before
    name = pod.name
    pod.run("down", check=0)
    assert pod.status()["pod"] == "absent"
    assert name not in pod.podman.run("ps", "--all", "--format", "{{.Names}}").stdout.decode().split()
    assert not processes()


def test_attach_gives_the_public_session_a_terminal(pod):
    child = pod.terminal("attach")
    child.sendline("echo shell-$((40 + 2)) $(id -un)")
    child.expect("shell-42 tazpod")
    child.close()
    assert "main" in pod.run("sessions", check=0).output


def test_the_public_area_gets_nothing_of_an_open_enclave(pod, probes):
    open_with_secret(pod)
    found = pod.public(put(pod, probes / "attack"), check=0).output
    assert int(re.search(r"tried (\d+)", found).group(1)) >= 3
    assert "OPEN" not in found
    # The pod's root is one of the subordinate ids, and its user the caller.
    assert {process.uid for process in pod.processes()} <= {UID, *range(FIRST, FIRST + 65_536)}
    listed = pod.public("ls", "-A", "/workspace/.tazpod/vault", check=0).output
    assert listed == "", "the vault's folder is masked"


def test_a_secret_of_podmans_is_the_ghosts_and_not_the_public_areas(rootless, make_rootless_pod):
    pod = make_rootless_pod()
    pod.use_quick_vault()
    (pod.directory / ".tazpod/secrets.yml").write_text("secrets: [{name: TAZPOD_TEST, source: podman, file: key}]\n")
    pod.give()
    rootless.run("secret", "create", "TAZPOD_TEST", "-", input=b"a\0value\n")
    try:
        pod.up().unlock()
        pod.run("pull", check=0)
        assert pod.ghost("od -An -c ~/secrets/key", check=0).output.split() == ["a", r"\0", "v", "a", "l", "u", "e", r"\n"]
        assert "Permission denied" in pod.public("cat", "/run/secrets/TAZPOD_TEST").errors
    finally:
        pod.down()
        rootless.run("secret", "rm", "TAZPOD_TEST")


@pytest.mark.long
def test_a_clone_is_in_a_volume_of_the_users(rootless):
    folder = rootless.folder / "cloned"
    folder.mkdir()
    bare = make_repository(folder)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, UID, GID, follow_symlinks=False)

    def run(*words):
        done = subprocess.run(
            rootless.command(str(rootless.programs / "tazpod"), *words), capture_output=True, text=True, timeout=120, cwd=folder,
            env=rootless.environment, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done
        return done

    name = json.loads(run("up", f"file://{bare}", "--provider", "podman", "--json").stdout)["name"]
    try:
        assert run("exec", "--project", name, "--", "sh", "-c", "cd /workspace && git status --porcelain file && stat -c %U . file").stdout == "tazpod\ntazpod\n"
        run("down", "--project", name)
        assert "cloning" not in run("up", f"file://{bare}").stderr
    finally:
        run("down", "--purge", "--yes", "--project", name)
    assert name not in rootless.run("volume", "ls").stdout.decode()
