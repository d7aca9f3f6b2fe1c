"""An engine on another machine, by its own context: the workspace and the vault are in its volumes, and this machine's folders in nothing."""

import json
import os
import socket
import subprocess

import pytest

from missing import missing
from pod import PASSPHRASE, PROGRAMS, Pod, end_process, wait_until
from relay import Relay

CONFIG = "vault: {size: 64MiB}\n"


@pytest.fixture
def docker_address(docker):
    relay = Relay(docker.host.removeprefix("unix://"))
    yield f"tcp://127.0.0.1:{relay.port}"
    relay.close()


@pytest.fixture
def podman_address(podman):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    service = subprocess.Popen(
        ["podman", "system", "service", "--time", "0", f"tcp:127.0.0.1:{port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True)

    def answers():
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    wait_until(answers, "podman's service answers")
    yield f"tcp://127.0.0.1:{port}"
    end_process(service.pid)
    service.wait(20)


@pytest.fixture(params=["docker", "podman"])
def far_pod(request):
    address = request.getfixturevalue(f"{request.param}_address")
    variable = {"docker": "DOCKER_HOST", "podman": "CONTAINER_HOST"}[request.param]
    pod = Pod(request.param, config=f"provider: {request.param}\n{CONFIG}", environment={variable: address})
    yield pod
    pod.run("down", "--purge", "--yes", "--quiet", timeout=120)
    pod.close()


def volumes(pod):
    done = subprocess.run(
        [pod.provider, "volume", "ls", "--format", "{{.Name}}"], capture_output=True, text=True, timeout=60, check=True, env=pod.environment)
    return {name.removeprefix(pod.name) for name in done.stdout.split() if name.startswith(pod.name)}


def test_the_workspace_and_the_vault_are_in_volumes_of_the_engines(far_pod):
    pod = far_pod
    (pod.directory / "file").write_text("of the project\n")
    (pod.directory / "a folder").mkdir()
    (pod.directory / "a folder/script").write_text("#!/bin/sh\necho ran\n")
    (pod.directory / "a folder/script").chmod(0o755)
    pod.image.parent.mkdir()
    (pod.image.parent / "vault.img").write_text("a vault of this machine's, which stays here")
    pod.run("up", check=0, timeout=120)
    assert pod.public("cat", "/workspace/file", check=0).output == "of the project\n"
    assert pod.public("/workspace/a folder/script", check=0).output == "ran\n"
    assert volumes(pod) == {"-workspace", "-vault"}
    pod.run("unlock", "--detach", passphrase=PASSPHRASE, check=0, timeout=120)
    pod.ghost("echo a secret > ~/secrets/token", check=0)
    pod.public("sh", "-c", "echo changed > /workspace/file", check=0)
    # Nothing of it is on this machine, and nothing of this machine's is a mount.
    assert (pod.directory / "file").read_text() == "of the project\n" and "stays here" in pod.image.read_text()
    table = pod.public("cat", "/proc/self/mountinfo", check=0).output
    assert str(pod.directory) not in table
    # The pod goes; what is in the volumes stays, and is not copied again.
    pod.run("down", check=0, timeout=120)
    assert volumes(pod) == {"-workspace", "-vault"}
    pod.run("up", check=0, timeout=120)
    assert pod.public("cat", "/workspace/file", check=0).output == "changed\n"
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/token", passphrase=PASSPHRASE, check=0).output == "a secret\n"
    pod.run("down", "--purge", "--yes", check=0, timeout=120)
    assert volumes(pod) == set()


def test_a_docker_context_is_followed_and_one_of_this_machine_changes_nothing(docker, docker_address, tmp_path):
    pod = Pod("docker", config=f"provider: docker\n{CONFIG}", environment={"DOCKER_CONFIG": str(tmp_path)})
    del pod.environment["DOCKER_HOST"]
    try:
        for name, address in (("far", docker_address), ("near", docker.host)):
            subprocess.run(
                ["docker", "context", "create", name, "--docker", f"host={address}"], check=True, capture_output=True, timeout=60,
                env=pod.environment)
        for choose in (lambda name: pod.environment.update(DOCKER_CONTEXT=name), lambda name: use_context(tmp_path, name)):
            for name, is_remote in (("far", True), ("near", False)):
                choose(name)
                said = pod.run("up", "--dry-run", check=0).output
                assert ("type=volume" in said) == is_remote and (f"source={pod.directory}" in said) != is_remote, (name, said)
            pod.environment.pop("DOCKER_CONTEXT", None)
    finally:
        pod.close()


def use_context(folder, name):
    config = folder / "config.json"
    known = json.loads(config.read_text()) if config.exists() else {}
    config.write_text(json.dumps(dict(known, currentContext=name)))


def test_an_engine_that_cannot_be_reached_is_one_sentence():
    pod = Pod("docker", config="provider: docker\n", environment={"DOCKER_HOST": "tcp://127.0.0.1:9", "HOME": os.environ.get("HOME", "/root")})
    try:
        result = pod.run("up", check=4)
        assert result.errors.startswith("tazpod: docker does not answer") and len(result.errors.strip().splitlines()) == 1
    finally:
        pod.close()


@pytest.mark.images
@pytest.mark.parametrize("name", ["docker", "podman"])
def test_an_image_without_tazpod_gets_it_there(name, request):
    """As one more image, which is made once: there is nothing of this machine's to mount."""
    if not (PROGRAMS / "bundle/bin/tazpod-init").exists():
        missing("bin/bundle is not there; run make bundle")
    engine, address = request.getfixturevalue(name), request.getfixturevalue(f"{name}_address")
    debian = next(
        image for image in ("debian:trixie-slim", "tazpod-debian:trixie-slim") if engine.run("image", "inspect", image, check=False).returncode == 0)
    variable = {"docker": "DOCKER_HOST", "podman": "CONTAINER_HOST"}[name]
    pod = Pod(
        name, config=f"provider: {name}\nimage: {debian}\nuser: ann\n{CONFIG}", environment={variable: address, "DOCKER_BUILDKIT": "0"})
    try:
        said = pod.run("up", check=0, timeout=240).errors
        (image,) = {word.rstrip(":") for word in said.split() if word.startswith("tazpod-bundled:")}
        assert pod.public("sh", "-c", "id -un; grep -c usr/local /proc/self/mountinfo").output == "ann\n0\n"
        pod.run("unlock", "--detach", passphrase=PASSPHRASE, check=0, timeout=120)
        pod.ghost("echo a secret > ~/secrets/token", check=0)
        pod.run("down", check=0, timeout=120)
        assert "bundled" not in pod.run("up", check=0, timeout=120).errors
        assert pod.run("unlock", "--", "cat", "/home/ann/secrets/token", passphrase=PASSPHRASE, check=0).output == "a secret\n"
        pod.run("down", "--purge", "--yes", check=0, timeout=120)
        engine.run("image", "rm", image)
    finally:
        pod.close()
