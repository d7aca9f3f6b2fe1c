"""An engine that is not there, or does not answer, is one sentence with the code for it."""

import os
import signal
import subprocess

import pytest

from pod import Pod, wait_until

PROVIDER = 4


@pytest.fixture
def pod():
    # No daemon's socket answers in the place of an engine's command.
    pod = Pod("native", environment={"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    yield pod
    pod.close()


def one_sentence(result):
    assert result.output == "" and result.errors.startswith("tazpod: ") and result.errors.count("\n") == 1, result
    return result.errors


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_an_engine_that_is_not_there_is_named(pod, engine, tmp_path):
    pod.environment["PATH"] = str(tmp_path)
    said = one_sentence(pod.run("up", "--provider", engine, check=PROVIDER))
    assert f"there is no {engine} on this machine; install it" in said
    pod.configure(f"provider: {engine}\n")
    for verb in ("up", "status", "unlock", "down"):
        assert f"there is no {engine} on this machine" in one_sentence(pod.run(verb, check=PROVIDER))
    assert f"there is no {engine} on this machine" in pod.run("doctor", check=PROVIDER).output
    # Without it the rest goes on.
    pod.configure("")
    assert pod.run("list", "--json", check=0).output.startswith("[")


@pytest.mark.parametrize("engine, complaint", [("docker", "Cannot connect to the daemon"), ("podman", "Error: no runtime found")])
def test_an_engine_that_does_not_answer_says_why(pod, engine, complaint, tmp_path):
    fake = tmp_path / engine
    fake.write_text(f"#!/bin/sh\necho a warning >&2\necho '{complaint}' >&2\nexit 125\n")
    fake.chmod(0o755)
    pod.environment["PATH"] = f"{tmp_path}:{os.environ['PATH']}"
    pod.configure(f"provider: {engine}\n")
    why = complaint.removeprefix("Error: ")
    for verb in ("up", "status", "down"):
        assert f"{engine} does not answer ({why}); " in one_sentence(pod.run(verb, check=PROVIDER))
    assert f"✗ provider {engine}: {engine} " in pod.run("doctor", check=PROVIDER).output


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_a_dry_run_needs_no_engine(pod, engine, tmp_path):
    pod.environment["PATH"] = str(tmp_path)
    said = pod.run("up", "--provider", engine, "--dry-run", check=0).output
    assert said.startswith(f"{engine} run --detach ") and "--privileged" not in said


BUILDER = """#!/bin/sh
case "$*" in
version*) echo 1 ;;
container*) echo "Error: No such container" >&2; exit 1 ;;
build*) echo yes > "$BUILDING"; exec sleep 60 ;;
*) exit 1 ;;
esac
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "SIGKILL"])
def test_an_image_build_that_is_ended_leaves_no_copy_of_the_project(pod, number, tmp_path):
    fake, scratch = tmp_path / "docker", tmp_path / "scratch"
    scratch.mkdir()
    fake.write_text(BUILDER)
    fake.chmod(0o755)
    pod.environment.update(PATH=f"{tmp_path}:{os.environ['PATH']}", TMPDIR=str(scratch), BUILDING=str(tmp_path / "building"))
    pod.configure("provider: docker\nbuild: {dockerfile: .tazpod/Dockerfile, context: .}\n")
    (pod.directory / ".tazpod/Dockerfile").write_text("FROM scratch\n")
    child = subprocess.Popen(
        pod.command("up"), env=pod.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True)
    wait_until((tmp_path / "building").exists, "the engine's build")
    assert [path.name for path in scratch.glob("*/context/.tazpod/*")] != []
    os.killpg(child.pid, number)
    assert child.wait(20) == -number
    wait_until(lambda: list(scratch.iterdir()) == [], "the copy to be gone")
