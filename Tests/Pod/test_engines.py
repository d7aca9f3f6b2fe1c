"""An engine that is not there, or does not answer, is one sentence with the code for it."""

import os

import pytest

from pod import Pod

PROVIDER = 4


@pytest.fixture
def pod():
    pod = Pod("native")
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
