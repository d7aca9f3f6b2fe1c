"""`tazpod ssh-config`: what it writes, and what it says where something is missing."""

import json
import pathlib
import subprocess

import pytest

from missing import missing
from pod import Pod
from remote import Remote, make

# Root's home, which ssh looks up by itself, laid over with another.
IN_A_HOME = ["unshare", "--mount", "--propagation", "private", "sh", "-c", 'mount --bind "$0" /root && exec "$@"']


@pytest.fixture
def project():
    pod = Pod("native")
    pod.environment["HOME"] = "/root"
    (pod.folder / "home").mkdir(mode=0o700)
    yield pod
    pod.close()


def in_home(pod, *command):
    return subprocess.run(
        [*IN_A_HOME, str(pod.folder / "home"), *command], capture_output=True, text=True, timeout=60, env=pod.environment,
        stdin=subprocess.DEVNULL, check=False)


def tazpod(pod, *arguments):
    done = in_home(pod, *pod.command("ssh-config", *arguments))
    assert done.returncode == 0, done
    return done.stdout


def test_written_twice_it_is_there_once_and_ssh_reads_it(project):
    config = project.folder / "home/.ssh/config"
    for _ in range(2):
        tazpod(project, "--write")
        tazpod(project, "--write", "--session", "ghost")
    assert config.read_text() == "Include tazpod.d/*.conf\n"
    assert config.stat().st_mode & 0o777 == 0o600 and config.parent.stat().st_mode & 0o777 == 0o700
    host = tazpod(project, "--name").strip()
    assert sorted(path.name for path in (config.parent / "tazpod.d").iterdir()) == [f"{host}-ghost.conf", f"{host}.conf"]
    for name, words in ((host, "--session main"), (f"{host}-ghost", "--session ghost")):
        read = in_home(project, "ssh", "-G", name).stdout
        assert "\nuser tazpod\n" in read and f"\nhostkeyalias {name}\n" in read and words in read
    tazpod(project, "--remove")
    assert [path.name for path in (config.parent / "tazpod.d").iterdir()] == [f"{host}-ghost.conf"]
    assert "\nuser tazpod\n" not in in_home(project, "ssh", "-G", host).stdout


def test_down_with_purge_takes_it_all_away(project):
    project.configure("provider: native\n")
    for session in ("main", "ghost"):
        tazpod(project, "--write", "--session", session)
    home = project.folder / "home"
    assert len(list(home.rglob("known_hosts"))) == 2
    # A down without it leaves them for the next pod.
    for words, count in (["down"], 2), (["down", "--purge", "--yes"], 0):
        done = in_home(project, *project.command(*words))
        assert done.returncode == 0, done
        assert len(list(home.rglob("known_hosts"))) == len(list(home.glob(".ssh/tazpod.d/*"))) == count


def test_what_the_user_wrote_stays_as_it_is(project):
    folder = project.folder / "home/.ssh"
    folder.mkdir(mode=0o700)
    # As those do who keep their configuration in a repository.
    (project.folder / "home/dotfiles").write_text("Host *\n    ForwardX11 no\n")
    (folder / "config").symlink_to("../dotfiles")
    tazpod(project, "--write")
    assert (folder / "config").is_symlink()
    assert (folder / "config").read_text() == "Include tazpod.d/*.conf\n\nHost *\n    ForwardX11 no\n"
    # By another way of writing it, it is there too.
    (folder / "config").write_text("include ~/.ssh/tazpod.d/*.conf\n")
    tazpod(project, "--write")
    assert (folder / "config").read_text() == "include ~/.ssh/tazpod.d/*.conf\n"


def test_scripts_read_it_as_json(project):
    said = json.loads(tazpod(project, "--json", "--session", "ghost"))
    assert said["host"].endswith("-ghost") and said["session"] == "ghost" and said["user"] == "tazpod"
    assert f"Host {said['host']}\n" in said["config"] and "file" not in said


def test_contradictions_and_unknown_sessions_are_usage(project):
    assert project.run("ssh-config", "--write", "--remove").status == 2
    assert project.run("ssh-config", "--session", "nobody").status == 2


def test_without_ssh_keygen_it_says_so(project, tmp_path):
    project.environment.update(PATH=str(tmp_path), HOME=str(project.folder / "home"))
    done = project.run("ssh-config", check=4)
    assert done.errors == "tazpod: there is no ssh-keygen on this machine\n"


def test_a_pod_that_does_not_run_is_said_by_ssh(project):
    project.environment["HOME"] = str(project.folder / "home")
    config = project.folder / "config"
    config.write_text(project.run("ssh-config", check=0).output)
    host = project.run("ssh-config", "--name").output.strip()
    done = subprocess.run(
        ["ssh", "-F", config, host, "true"], capture_output=True, text=True, env=project.environment, timeout=60, stdin=subprocess.DEVNULL)
    assert done.returncode == 255 and "the pod of project is not running; run tazpod up" in done.stderr


def test_a_pod_without_sshd_is_said(request):
    if not pathlib.Path("/usr/sbin/sshd").exists():
        missing("sshd is not installed")
    pod = make("native")
    request.addfinalizer(pod.close)
    remote = Remote(pod.up())
    # Out of sight in the pod alone.
    subprocess.run(
        ["nsenter", "--target", str(pod.init_pid()), "--mount", "mount", "--bind", "/dev/null", "/usr/sbin/sshd"], check=True, timeout=20)
    sentence = "this pod has no sshd; add openssh-server to its image, or under native install it on the host"
    assert sentence in remote.run("%h", "true", check=255).stderr
    done = pod.run("attach", "--forward-port", "3000", check=4)
    assert done.errors == f"tazpod: {sentence}\n"


def test_the_server_is_no_verb_for_people(project):
    assert "ssh-server" not in project.run("--help").output
