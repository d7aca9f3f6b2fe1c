"""The image by itself, without the launcher: a supervised workspace, or one command as under tini."""

import json
import os
import socket
import subprocess
import uuid

import pytest

from engine import IMAGE
from pod import REPOSITORY, wait_until


@pytest.fixture
def container(docker):
    """Names a container that is removed with the test."""
    name = f"tazpod-test-{uuid.uuid4().hex[:12]}"
    yield name
    docker.run("rm", "--force", "--volumes", name, check=False)


def run_image(docker, *command, options=(), **more):
    return docker.run("run", "--rm", *options, IMAGE, *command, check=False, **more)


# -- a workspace ------------------------------------------------------------------------------------------------------


def test_without_a_command_it_is_a_supervised_workspace(docker, container):
    docker.run("run", "--detach", "--name", container, IMAGE)
    ready = docker.run("exec", container, "tazpod-init", "--probe", "ready", "--wait", "20")
    assert ready.returncode == 0
    status = json.loads(docker.run("exec", "--user", "tazpod", container, "tazpod", "status", "--json").stdout)
    assert status["vault"]["state"] == "locked"
    sessions = docker.run("exec", "--user", "tazpod", container, "tmux", "list-sessions", "-F", "#{session_name}").stdout
    assert sessions == "main\n"
    first = docker.run("exec", container, "cat", "/proc/1/comm").stdout
    assert first == "tazpod-init\n"


def test_the_public_session_is_made_again_when_it_ends(docker, container):
    docker.run("run", "--detach", "--name", container, IMAGE)
    docker.run("exec", container, "tazpod-init", "--probe", "ready", "--wait", "20")
    identifier = ("exec", "--user", "tazpod", container, "tmux", "display", "-p", "-t", "main", "#{session_created}:#{pid}:#{session_id}")
    first = docker.run(*identifier).stdout
    docker.run("exec", "--user", "tazpod", container, "tmux", "kill-session", "-t", "main")

    def another():
        found = docker.run(*identifier, check=False)
        return found.returncode == 0 and found.stdout.strip() and found.stdout != first

    wait_until(another, "a new session main")


def test_docker_stop_ends_it_at_once_and_well(docker, container):
    docker.run("run", "--detach", "--name", container, IMAGE)
    docker.run("exec", container, "tazpod-init", "--probe", "ready", "--wait", "20")
    # Were it killed at the end of the grace, the status would be 137.
    docker.run("stop", "--time", "30", container, timeout=40)
    assert docker.run("inspect", "--format", "{{.State.ExitCode}}", container).stdout == "0\n"


def test_its_health_is_what_the_probe_says(docker, container):
    docker.run("run", "--detach", "--health-interval", "1s", "--health-start-period", "1s", "--name", container, IMAGE)
    wait_until(
        lambda: docker.run("inspect", "--format", "{{.State.Health.Status}}", container).stdout == "healthy\n", "healthy", 30)


def test_nobody_but_root_and_the_workspace_user_gets_more_than_a_probe(docker, container):
    docker.run("run", "--detach", "--name", container, IMAGE)
    docker.run("exec", container, "tazpod-init", "--probe", "ready", "--wait", "20")
    for user, status in (("0", 0), ("1000", 0), ("nobody", 7)):
        found = docker.run("exec", "--user", user, container, "tazpod", "status", "--json", check=False)
        assert found.returncode == status, f"{user}: {found}"
    assert docker.run("exec", "--user", "nobody", container, "tazpod-init", "--probe", "live", check=False).returncode == 0


# -- what is in it ----------------------------------------------------------------------------------------------------


def test_the_tools_are_there_and_nothing_in_it_makes_root(docker):
    tools = "tmux git curl nvim starship lazygit rg fzf batcat eza zoxide tazpod tazpod-ghost tazpod-secrets"
    missing = run_image(docker, "sh", "-c", f"for t in {tools}; do command -v $t >/dev/null || echo $t; done").stdout.split()
    assert missing == []
    found = run_image(docker, "find", "/", "-xdev", "-type", "f", "-perm", "/6000").stdout
    assert found == ""
    assert run_image(docker, "sh", "-c", "command -v sudo || command -v doas || echo none").stdout == "none\n"
    assert run_image(docker, "id", "tazpod").stdout.startswith("uid=1000(tazpod) gid=1000(tazpod)")


def test_a_login_shell_starts_without_a_complaint(docker):
    done = run_image(docker, "bash", "-ic", "type -t starship; echo shell-$((40 + 2))", options=("--user", "tazpod", "-t"))
    assert "shell-42" in done.stdout
    assert "not found" not in done.stdout


# -- one command, as under tini -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 1, 42, 255])
def test_the_status_of_the_command_is_ours(docker, status):
    assert run_image(docker, "sh", "-c", f"exit {status}").returncode == status


def test_a_command_that_a_signal_ended_gives_128_and_its_number(docker):
    assert run_image(docker, "sh", "-c", "kill -KILL $$").returncode == 137


def test_a_missing_command_is_127_and_one_that_cannot_be_run_126(docker):
    missing = run_image(docker, "no-such-command")
    assert (missing.returncode, missing.stdout) == (127, "")
    assert "cannot run no-such-command: No such file or directory" in missing.stderr
    refused = run_image(docker, "/etc/passwd")
    assert (refused.returncode, refused.stdout) == (126, "")
    assert "cannot run /etc/passwd: Permission denied" in refused.stderr


def test_the_commands_output_is_its_own(docker):
    done = run_image(docker, "sh", "-c", "echo out; echo err >&2")
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


@pytest.mark.parametrize("name", ["TERM", "INT", "USR1", "HUP"])
def test_a_signal_to_the_container_reaches_the_command(docker, container, name):
    script = f"trap 'echo got; exit 9' {name}; echo waiting; while :; do sleep 0.05; done"
    child = subprocess.Popen(
        ["docker", "run", "--name", container, IMAGE, "sh", "-c", script], stdout=subprocess.PIPE, text=True,
        env=dict(os.environ, DOCKER_HOST=docker.host))
    try:
        assert child.stdout.readline() == "waiting\n"
        docker.run("kill", "--signal", name, container)
        assert child.stdout.readline() == "got\n"
        assert child.wait(20) == 9
    finally:
        child.kill()
        child.wait()


def test_orphans_are_reaped(docker):
    script = "for i in $(seq 20); do (sh -c 'sleep 0.1 &'); done; sleep 1; grep -l '^State:.Z' /proc/[0-9]*/status; ps -e | wc -l"
    done = run_image(docker, "sh", "-c", script)
    assert "/proc/" not in done.stdout, done.stdout


def test_docker_run_it_gives_the_command_the_terminal(docker, container):
    import pexpect

    child = pexpect.spawn(
        "docker", ["--host", docker.host, "run", "--rm", "-it", "--name", container, IMAGE, "bash", "--norc"], encoding="utf-8", timeout=20)
    try:
        child.expect(r"# ")
        child.sendline("echo sleep-$((40 + 2)); sleep 100")
        child.expect("sleep-42")
        # bash still has to start it: until then the key is bash's own.
        wait_until(lambda: "sleep" in docker.run("exec", container, "ps", "-A", "-o", "comm", check=False).stdout, "it sleeps")
        child.sendintr()
        child.expect(r"# ")
        child.sendline("exit 3")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 3
    finally:
        child.close(force=True)


# -- how it is made -------------------------------------------------------------------------------------------------------


@pytest.fixture
def registry(docker, tmp_path):
    """Debian's docker-registry on a loopback port, which docker takes without TLS; ended by its pid."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % probe.getsockname()[1]
    config = tmp_path / "registry.yml"
    config.write_text(
        f"version: 0.1\nstorage: {{filesystem: {{rootdirectory: {tmp_path}/registry}}}}\nhttp: {{addr: {address}}}\n")
    process = subprocess.Popen(["docker-registry", "serve", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    host, port = address.split(":")
    wait_until(lambda: listens(host, int(port)), "the registry listens")
    yield address
    process.terminate()
    process.wait(20)


def listens(host, port):
    with socket.socket() as client:
        return client.connect_ex((host, port)) == 0


def test_it_is_built_from_a_base_that_a_registry_has(docker, registry):
    base = f"{registry}/debian:trixie-slim"
    local = next(name for name in ("tazpod-debian:trixie-slim", "debian:trixie-slim") if docker.run("image", "inspect", name, check=False).returncode == 0)
    docker.run("tag", local, base)
    docker.run("push", "--quiet", base)
    docker.run("rmi", base)
    docker.run("tag", IMAGE, "tazpod-before")
    try:
        done = subprocess.run(
            [str(REPOSITORY / "scripts/images.sh"), "base"], env=dict(os.environ, DOCKER_HOST=docker.host, BASE_IMAGE=base), capture_output=True,
            text=True, timeout=900)
        assert done.returncode == 0, done.stderr
        assert f"building tazpod-base from {base}" in done.stderr
        assert run_image(docker, "tazpod", "--version").returncode == 0
    finally:
        docker.run("tag", "tazpod-before", IMAGE)
        docker.run("rmi", "tazpod-before", base, check=False)
