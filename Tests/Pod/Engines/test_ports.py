"""`ports:` and `resources: gpu:` in config.yaml: what a pod listens on is reached from this machine, or `up` says why not."""

import os
import socket

import pytest

from missing import missing
from pod import Pod, wait_until

PROVIDER = 4
# perl is in every Debian image, and on this machine.
SERVER = "use IO::Socket::INET; my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => shift, LocalPort => shift, ReuseAddr => 1) or die; " \
    "while (my $c = $s->accept) { print $c 'from the pod'; close $c }"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def answer(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.settimeout(5)
            return client.recv(100).decode()
    except OSError:
        return ""


@pytest.fixture
def project():
    project = Pod("native")
    yield project
    project.close()


def refusal(project):
    done = project.run("up", "--provider", "native", check=PROVIDER)
    assert done.errors.startswith("tazpod: ") and done.errors.count("\n") == 1, done
    assert project.status()["pod"] == "absent"
    return done.errors


def test_a_port_of_the_pod_is_reached_from_this_machine(provider, make_pod):
    outside, inside = free_port(), 8372
    if provider == "native":
        inside = outside
    pod = make_pod(config=f"ports: ['{outside}:{inside}']\n").up()
    assert answer(outside) == ""
    address = "127.0.0.1" if provider == "native" else "0.0.0.0"
    pod.public("sh", "-c", f"setsid perl -e \"$0\" {address} {inside} >/dev/null 2>&1 </dev/null &", SERVER, check=0)
    assert wait_until(lambda: answer(outside), "an answer from the pod") == "from the pod"


@pytest.mark.parametrize("port", ["9000:8372", "0.0.0.0:8372:8372"])
def test_a_native_pod_refuses_what_only_a_network_of_its_own_could_have(project, port):
    project.configure(f"ports: ['{port}']\n")
    said = refusal(project)
    asked = port if port.count(":") == 2 else f"127.0.0.1:{port}"
    assert f'under ports: write "8372" in place of "{asked}", or choose docker or podman' in said


def test_a_native_pod_says_that_there_is_no_gpu(project):
    if any(name.startswith("nvidia") or name in ("kfd", "dri", "dxg") for name in os.listdir("/dev")):
        missing("this machine has a GPU")
    project.configure("resources: {gpu: true}\n")
    assert "this machine has no device node of a GPU" in refusal(project)


def test_docker_says_why_there_is_no_gpu(docker, project):
    project.configure("resources: {gpu: true}\n")
    said = project.run("up", "--provider", "docker").errors
    if "could not start the pod" not in said:
        missing("docker has a GPU")
    assert "gpu" in said and said.count("\n") == 1, said
