"""An engine that ends and comes back: `start` brings its pods back, with their workspace, what was written in them, and their vault."""

import json
import signal

import pytest

from missing import missing
from pod import Pod, wait_until


@pytest.fixture
def daemon(docker):
    if docker.process is None:
        missing("the docker daemon was not started by the tests, which therefore do not end it")
    yield docker
    if docker.process.poll() is not None:
        docker.begin()


@pytest.fixture
def pod(daemon):
    pod = Pod("docker", config="provider: docker\n")
    pod.use_quick_vault()
    yield pod.up()
    pod.close()


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_a_pod_comes_back_after_its_engine_was_restarted(pod, daemon, number):
    pod.unlock()
    pod.ghost("echo secret > ~/secrets/kept; sync", check=0)
    pod.public("sh", "-c", "echo public > /workspace/kept; echo home > ~/kept; sync", check=0)
    first = pod.init_pid()
    daemon.end(number)
    daemon.begin()
    wait_until(lambda: json.loads(pod.run("status", "--json", check=0).output)["pod"] == "stopped", "a pod that was stopped with its engine")
    pod.run("start", check=0)
    assert pod.init_pid() != first and pod.vault_state() == "locked"
    assert (pod.directory / "kept").read_text() == "public\n"
    assert pod.public("sh", "-c", "cat /workspace/kept ~/kept", check=0).output == "public\nhome\n"
    pod.unlock()
    assert pod.ghost("cat ~/secrets/kept", check=0).output == "secret\n"
