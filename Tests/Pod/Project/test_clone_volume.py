"""`tazpod up URL` under an engine: the clone is in a volume of its, and the pod is known by its name from any folder."""

import json
import os
import random
import signal
import subprocess
import time

import pytest

from pod import PASSPHRASE, PROGRAMS, WAIT, Result
from repository import change

USAGE, PROJECT, PROVIDER, REFUSED = 2, 3, 4, 7
SEED = int(os.environ.get("TAZPOD_SEED", str(random.randrange(1 << 32))))


class Cloner:
    """Runs tazpod in an empty folder, for a user whose home is the test's."""

    def __init__(self, engine, folder):
        self.engine, self.folder, self.place = engine, folder, folder / "here"
        self.place.mkdir()
        (folder / "run").mkdir(mode=0o700)
        self.environment = dict(os.environ, HOME=str(folder), XDG_RUNTIME_DIR=str(folder / "run"), TERM="xterm-256color")
        self.environment.pop("XDG_STATE_HOME", None)
        self.environment.pop("XDG_CONFIG_HOME", None)
        self.clones = folder / ".local/state/tazpod/clones"

    def run(self, *arguments, check=0, passphrase=None, timeout=120, **options):
        command, inherited = [str(PROGRAMS / "tazpod"), *arguments], ()
        if passphrase is not None:
            reading, writing = os.pipe()
            os.write(writing, passphrase.encode() + b"\n")
            os.close(writing)
            command[2:2] = ["--passphrase-fd", str(reading)]
            inherited = (reading,)
        done = subprocess.run(
            command, cwd=self.place, capture_output=True, text=True, timeout=timeout, env=self.environment, pass_fds=inherited,
            stdin=subprocess.DEVNULL, start_new_session=True, **options)
        for descriptor in inherited:
            os.close(descriptor)
        result = Result(done.returncode, done.stdout, done.stderr)
        assert check is None or done.returncode == check, f"{' '.join(arguments)}: {result}"
        return result

    def up(self, address, *arguments, **options):
        """The name of the pod that this starts."""
        done = self.run("up", address, "--provider", self.engine, "--json", *arguments, **options)
        return json.loads(done.output)["name"] if done.status == 0 else done

    def inside(self, pod, *command, **options):
        return self.run("exec", "--project", pod, "--", *command, **options).output

    def ask(self, *arguments):
        return subprocess.run([self.engine, *arguments], capture_output=True, text=True, timeout=WAIT, env=self.environment)

    def volumes(self, pod):
        return {name.removeprefix(pod) for name in self.ask("volume", "ls", "--format", "{{.Name}}").stdout.split() if name.startswith(pod)}

    def kept(self):
        """The folder that is kept of the one clone."""
        (place,) = [entry for entry in self.clones.iterdir() if not entry.name.endswith(".part")]
        (folder,) = [entry for entry in place.iterdir() if entry.is_dir() and not entry.name.endswith(".part")]
        return folder

    def close(self):
        """Ends the pods of this folder alone."""
        listed = self.ask("ps", "--all", "--format", "{{.Names}} {{.Labels}}").stdout.splitlines()
        for line in listed:
            if str(self.clones) in line:
                self.ask("rm", "--force", line.split()[0])
        for name in self.ask("volume", "ls", "--quiet", "--filter", "label=dev.tazpod.pod").stdout.split():
            if str(self.clones) in self.ask("volume", "inspect", name).stdout:
                self.ask("volume", "rm", "--force", name)


# podman has all of them in `make test-long`, and some in `make test`.
@pytest.fixture(params=["docker", pytest.param("podman", marks=pytest.mark.long)])
def cloner(request, tmp_path):
    request.getfixturevalue(request.param)
    os.chmod(tmp_path, 0o755)
    cloner = Cloner(request.param, tmp_path)
    yield cloner
    cloner.close()


@pytest.mark.parametrize("cloner", ["docker", "podman"], indirect=True)
def test_a_clone_is_in_a_volume_and_its_pod_is_known_by_name(cloner, repository):
    change(repository, file="main", Makefile="all:\n", **{".tazpod__secrets.yml": "secrets: []\n"})
    pod = cloner.up(f"file://{repository}")
    # Nothing came into the folder; what stays on this machine is what the launcher reads, where no pod sees it.
    assert list(cloner.place.iterdir()) == []
    assert sorted(entry.name for entry in cloner.kept().iterdir()) == [".tazpod"]
    assert cloner.clones.stat().st_mode & 0o077 == 0 and not list(cloner.clones.rglob("*.part"))
    assert cloner.inside(pod, "cat", "/workspace/file", "/workspace/Makefile") == "mainall:\n"
    assert cloner.inside(pod, "stat", "-c", "%U", "/workspace", "/workspace/file", "/workspace/.git").split() == ["tazpod"] * 3
    assert str(cloner.folder) not in cloner.inside(pod, "cat", "/proc/self/mountinfo")
    assert cloner.volumes(pod) == {"-workspace", "-vault"}
    # It shows.
    volume = f"{pod}-workspace"
    (listed,) = [entry for entry in json.loads(cloner.run("list", "--json").output) if entry["name"] == pod]
    assert listed["volume"] == volume and f"volume {volume}" in cloner.run("list").output
    assert json.loads(cloner.run("status", "--project", pod, "--json").output)["volume"] == volume
    assert volume in cloner.run("status", "--project", pod).output
    # The same address finds it, and leaves it as it is.
    cloner.inside(pod, "sh", "-c", "echo mine > /workspace/file")
    again = cloner.run("up", f"file://{repository}/")
    assert "cloning" not in again.errors and "copying" not in again.errors
    cloner.run("unlock", "--detach", "--project", pod, passphrase=PASSPHRASE)
    cloner.run("exec", "--ghost", "--project", pod, "--", "sh", "-c", "echo a secret > ~/secrets/token")
    cloner.run("pull", "--project", pod)
    assert f"--project {cloner.kept()}" in cloner.run("ssh-config", "--project", pod).output
    cloner.run("lock", "--project", pod)
    cloner.run("stop", "--project", pod)
    cloner.run("start", "--project", pod)
    # What a pod without its name's sake leaves behind is enough for the next one.
    assert f"the volume {volume}" in cloner.run("down", "--project", pod).errors
    assert cloner.volumes(pod) == {"-workspace", "-vault"}
    assert json.loads(cloner.run("status", "--project", pod, "--json").output)["pod"] == "absent"
    back = cloner.run("up", "--project", pod)
    assert "cloning" not in back.errors and "copying" not in back.errors
    assert cloner.inside(pod, "cat", "/workspace/file") == "mine\n"
    assert cloner.run("unlock", "--project", pod, "--", "cat", "/home/tazpod/secrets/token", passphrase=PASSPHRASE).output == "a secret\n"
    # And goes with --purge, which says what is lost.
    refused = cloner.run("down", "--purge", "--project", pod, check=REFUSED)
    assert "files not committed: 1, commits not pushed: 0, stashes: 0" in refused.errors
    own = "git -c user.name=t -c user.email=t@example.org"
    cloner.inside(pod, "sh", "-c", f"cd /workspace && {own} commit -qam mine && echo more > file && {own} stash -q")
    gone = cloner.run("down", "--purge", "--yes", "--project", pod)
    assert "files not committed: 0, commits not pushed: 1, stashes: 1" in gone.errors
    assert cloner.volumes(pod) == set() and list(cloner.clones.iterdir()) == []
    assert f"there is no pod {pod}" in cloner.run("status", "--project", pod, check=PROJECT).errors


def test_a_request_has_a_pod_of_its_own_and_nothing_of_it_is_unpushed(cloner, repository):
    pod = cloner.up(f"file://{repository}/pull/7/files")
    assert cloner.inside(pod, "cat", "/workspace/file") == "request"
    assert pod.startswith("tazpod-web-pull-7-") and cloner.kept().name == "web-pull-7"
    gone = cloner.run("down", "--purge", "--yes", "--project", pod)
    assert "files not committed: 0, commits not pushed: 0, stashes: 0" in gone.errors


def test_a_broken_off_up_is_mended_by_the_next(cloner, repository):
    kill_and_mend(cloner, repository, rounds=2)


@pytest.mark.long
def test_an_up_is_killed_at_twenty_instants(cloner, repository):
    kill_and_mend(cloner, repository, rounds=20)


def kill_and_mend(cloner, repository, rounds):
    """Each round kills one `up` at a random instant, and has the next end what it began: everything in its place, once."""
    chance = random.Random(SEED)
    names = [f"folder__{number}" for number in range(400)]
    change(repository, **{name: chance.randbytes(5000).hex() for name in names})
    sums = subprocess.run(
        "find . -path ./.git -prune -o -path ./.tazpod -prune -o -type f -print0 | sort -z | xargs -0 cat | cksum", shell=True, check=True,
        capture_output=True, text=True, cwd=repository.parent / "work", timeout=WAIT).stdout
    command = [str(PROGRAMS / "tazpod"), "up", f"file://{repository}", "--provider", cloner.engine]
    for number in range(rounds):
        note = f"seed {SEED}, round {number}"
        process = subprocess.Popen(
            command, cwd=cloner.place, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            start_new_session=True, env=cloner.environment)
        # While it copies, or at any instant.
        if number % 2 == 0:
            assert any("copying" in line for line in process.stderr), note
            time.sleep(chance.uniform(0.1, 0.6))
        else:
            time.sleep(chance.uniform(0.02, 2))
        # The launcher alone: what it started does not die with it because somebody else kills that.
        process.send_signal(signal.SIGKILL)
        process.wait(20)
        process.stderr.close()
        pod = cloner.up(f"file://{repository}")
        found = cloner.inside(
            pod, "sh", "-c", "cd /workspace && find . -path ./.git -prune -o -path ./.tazpod -prune -o -type f -print0 | sort -z | xargs -0 cat | cksum")
        assert found == sums, note
        assert cloner.inside(pod, "git", "-C", "/workspace", "status", "--porcelain", "--", "folder", "file") == "", note
        assert sorted(entry.name for entry in cloner.kept().iterdir()) == [".tazpod"], note
        assert not list(cloner.clones.rglob("*.part")), note
        cloner.run("down", "--purge", "--yes", "--project", pod)
        assert list(cloner.clones.iterdir()) == [] and cloner.volumes(pod) == set(), note


def test_two_at_once_are_one_pod(cloner, repository):
    command = [str(PROGRAMS / "tazpod"), "up", f"file://{repository}", "--provider", cloner.engine, "--json"]
    both = [
        subprocess.Popen(command, cwd=cloner.place, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=cloner.environment)
        for _ in range(2)]
    said = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    names = {json.loads(output)["name"] for output, _ in said}
    assert len(names) == 1 and sum("cloning" in errors for _, errors in said) == 1, said
    assert cloner.inside(names.pop(), "cat", "/workspace/file") == "main"


def test_a_volume_of_somebody_elses_is_left_alone(cloner, repository):
    pod = cloner.up(f"file://{repository}")
    cloner.run("down", "--purge", "--yes", "--project", pod)
    cloner.ask("volume", "create", f"{pod}-workspace")
    try:
        refused = cloner.up(f"file://{repository}", check=REFUSED)
        assert f"a volume {pod}-workspace that was not made for this project" in refused.errors
        cloner.run("down", "--purge", "--yes", "--project", pod)
        assert cloner.volumes(pod) == {"-workspace"}
    finally:
        cloner.ask("volume", "rm", f"{pod}-workspace")


def test_what_is_lost_is_cloned_again_and_an_image_is_built_of_a_new_clone(cloner, repository):
    change(
        repository, made="1\n", extra__note="x", **{
            ".tazpod__config.yaml": "version: 1\nname: shop\nbuild: {dockerfile: docker/Dockerfile, context: .}\n",
            "docker__Dockerfile": "FROM tazpod-base\nCOPY made /made\n"})
    pod = cloner.up(f"file://{repository}")
    assert pod.startswith("tazpod-shop-") and cloner.inside(pod, "cat", "/made") == "1\n"
    assert sorted(entry.name for entry in cloner.kept().iterdir()) == [".tazpod", "docker"]
    # The image is there, so nothing is built, or cloned.
    cloner.inside(pod, "sh", "-c", "echo mine > /workspace/made")
    cloner.run("down", "--project", pod)
    again = cloner.run("up", "--project", pod)
    assert "building" not in again.errors and "cloning" not in again.errors
    # Built again from what the repository has by now; the workspace stays.
    change(repository, made="2\n")
    cloner.run("down", "--project", pod)
    built = cloner.run("up", "--build", "--project", pod)
    assert "cloning" in built.errors and "copying" not in built.errors, built
    assert cloner.inside(pod, "cat", "/made", "/workspace/made") == "2\nmine\n"
    assert sorted(entry.name for entry in cloner.kept().iterdir()) == [".tazpod", "docker"]
    # Without the volume there is nothing to keep.
    cloner.run("down", "--project", pod)
    cloner.ask("volume", "rm", f"{pod}-workspace")
    cloner.up(f"file://{repository}")
    assert cloner.inside(pod, "cat", "/workspace/made", "/workspace/extra/note") == "2\nx"
    cloner.run("down", "--purge", "--yes", "--project", pod)
    cloner.ask("image", "rm", pod)


def test_what_goes_wrong_is_mended_in_the_kept_folder_or_leaves_nothing(cloner, repository):
    for address in (f"file://{repository}-gone", f"file://{repository}/pull/8"):
        done = cloner.up(address, check=PROVIDER)
        assert "git could not get" in done.errors.splitlines()[-1] and list(cloner.clones.iterdir()) == [], done
    # A file of the project that is wrong is named where it can be mended.
    change(repository, **{".tazpod__config.yaml": "version: 1\nimge: tazpod-base\n"})
    wrong = cloner.up(f"file://{repository}", check=PROJECT)
    config = cloner.kept() / ".tazpod/config.yaml"
    assert str(config) in wrong.errors
    config.write_text("version: 1\n")
    pod = cloner.up(f"file://{repository}")
    # Its files are where they are.
    other = {"docker": "podman", "podman": "docker"}[cloner.engine]
    assert "already" in cloner.run("up", f"file://{repository}", "--provider", other, check=USAGE).errors
    cloner.run("down", "--project", pod)
    for provider in (other, "native"):
        assert f"in a volume of {cloner.engine}" in cloner.run("up", "--project", pod, "--provider", provider, check=USAGE).errors


def test_a_cloned_project_runs_nothing_on_this_machine_unasked(cloner, repository):
    change(repository, **{".devcontainer.json": '{"initializeCommand": "pwd > ran", "postCreateCommand": "cat ran > made"}'})
    refused = cloner.up(f"file://{repository}", check=REFUSED)
    assert "pwd > ran" in refused.errors and not (cloner.kept() / "ran").exists()
    pod = cloner.up(f"file://{repository}", "--trust")
    # What it made came into the volume, before the pod's own commands.
    assert cloner.inside(pod, "cat", "/workspace/made") == f"{cloner.kept()}\n"
