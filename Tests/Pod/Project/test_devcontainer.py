"""devcontainer.json in a native pod: what it sets, what it runs and when, and what it may not have."""

import os
import pathlib
import shutil

import pytest

from missing import missing
from pod import Pod, wait_until

PROJECT, PROVIDER, REFUSED = 3, 4, 7


@pytest.fixture
def make_project(tmp_path):
    """Makes projects, with a home of their user's own so that no consent is left on this machine."""
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")
    pods = []

    def make(text, config=None, **options):
        home = tmp_path / f"home-{len(pods)}"
        home.mkdir()
        pod = Pod("native", environment={"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}, **options)
        pods.append(pod)
        pod.home = home
        if config is None:
            shutil.rmtree(pod.directory / ".tazpod")
        else:
            pod.configure(config)
        write(pod, text)
        return pod

    yield make
    for pod in pods:
        pod.close()


def write(pod, text):
    folder = pod.directory / ".devcontainer"
    folder.mkdir(exist_ok=True)
    (folder / "devcontainer.json").write_text(text)
    (pod.directory / "trace").touch()
    for path in (folder, folder / "devcontainer.json", pod.directory / "trace"):
        os.chown(path, 1000, 1000)


def lines(pod, name="trace"):
    file = pod.directory / name
    return file.read_text().split("\n")[:-1] if file.exists() else []


def trace(stage):
    return f"echo {stage} >>/workspace/trace"


EVERY_STAGE = f"""
{{  // comments, and a comma too many
    "initializeCommand": "echo initialize $(pwd) >>trace",
    "onCreateCommand": "{trace('onCreate')}",
    "updateContentCommand": ["sh", "-c", "{trace('updateContent')}"],
    "postCreateCommand": {{"one": "{trace('one')}", "two": "{trace('two')}"}},
    "postStartCommand": "{trace('postStart')}",
    "postAttachCommand": "{trace('postAttach')}",
}}
"""


def test_commands_run_in_their_order_each_when_it_is_due(make_project):
    pod = make_project(EVERY_STAGE)
    said = pod.run("up", "--provider", "native", "--trust", check=0).errors
    assert "tazpod: postCreateCommand (one): echo one" in said
    made = lines(pod)
    assert made[:3] == [f"initialize {pod.directory}", "onCreate", "updateContent"] and made[5:] == ["postStart"]
    assert sorted(made[3:5]) == ["one", "two"]
    # A pod that runs is left alone.
    pod.run("up", check=0)
    assert lines(pod) == made
    pod.run("enter", stdin=b"exit\n", check=0)
    assert lines(pod)[6:] == ["postAttach"]
    # What dies is started again, and starts again.
    os.kill(pod.init_pid(), 9)
    wait_until(lambda: pod.status()["pod"] == "stopped", "the pod to be stopped")
    pod.run("up", check=0)
    assert lines(pod)[7:] == [f"initialize {pod.directory}", "postStart"]
    pod.run("stop", check=0)
    pod.run("start", check=0)
    assert lines(pod)[9:] == [f"initialize {pod.directory}", "postStart"]
    # A new one does everything again.
    pod.down()
    (pod.directory / "trace").write_text("")
    pod.run("up", "--provider", "native", check=0)
    assert len(lines(pod)) == 6


def test_a_command_that_fails_stops_those_after_it_and_is_where_the_next_up_goes_on(make_project):
    pod = make_project(
        '{"onCreateCommand": "echo created; echo x >>/workspace/trace", "updateContentCommand": "test -e /workspace/ready || exit 9",'
        f' "postStartCommand": "{trace("postStart")}"}}')
    failed = pod.run("up", "--provider", "native", check=PROJECT)
    assert "\ncreated\n" in failed.errors
    assert failed.errors.splitlines()[-1] == (
        "tazpod: updateContentCommand failed with status 9, so nothing after it was run; the pod runs; mend the command and run tazpod up again")
    assert lines(pod) == ["x"] and pod.status()["pod"] == "ready"
    (pod.directory / "ready").touch()
    pod.run("up", check=0)
    assert lines(pod) == ["x", "postStart"]


def test_a_host_command_that_fails_starts_nothing(make_project):
    pod = make_project('{"initializeCommand": "exit 4"}')
    failed = pod.run("up", "--provider", "native", "--trust", check=PROJECT)
    assert "initializeCommand failed with status 4" in failed.errors and pod.status()["pod"] == "absent"


def test_what_is_wanted_of_this_machine_is_granted_once_and_again_when_it_changes(make_project):
    pod = make_project('{"initializeCommand": "touch ran", "containerEnv": {"T": "${localEnv:TOKEN:none}"}}')
    refused = pod.run("up", "--provider", "native", check=REFUSED)
    assert "it runs on this machine: /bin/sh -c 'touch ran'" in refused.errors and "it reads the variable TOKEN" in refused.errors
    assert "--trust" in refused.errors.splitlines()[-1]
    assert not (pod.directory / "ran").exists() and pod.status()["pod"] == "absent"
    pod.run("up", "--provider", "native", "--trust", check=0)
    assert (pod.directory / "ran").exists()
    pod.run("up", check=0)
    pod.down()
    pod.run("up", "--provider", "native", check=0)
    # Somebody in the pod writes what he would like to have run on the host.
    pod.public(
        "sh", "-c", "echo '{\"initializeCommand\": \"touch stolen\"}' >/workspace/.devcontainer/devcontainer.json", check=0)
    pod.down()
    pod.run("up", "--provider", "native", check=REFUSED)
    assert not (pod.directory / "stolen").exists()


def test_a_person_is_asked_on_the_terminal(make_project):
    pod = make_project('{"initializeCommand": "touch ran"}')
    terminal = pod.terminal("up", "--provider", "native")
    terminal.expect("touch ran")
    terminal.expect(r"Type the project's name \(project\)")
    terminal.sendline("no")
    terminal.expect("nothing was changed")
    terminal.wait()
    assert terminal.exitstatus == REFUSED
    terminal = pod.terminal("up", "--provider", "native")
    terminal.expect("Type the project's name")
    terminal.sendline("project")
    terminal.expect("is ready")
    terminal.wait()
    assert terminal.exitstatus == 0 and (pod.directory / "ran").exists()


def test_variables_mounts_and_the_second_place_of_the_workspace(make_project, tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/file").write_text("from outside")
    pod = make_project(
        '{"containerEnv": {"ONE": "1", "HERE": "${containerWorkspaceFolder}"}, "remoteEnv": {"PATH": "${containerEnv:PATH}:/more", "TWO": "${containerEnv:ONE}2"},'
        ' "workspaceFolder": "/workspaces/${localWorkspaceFolderBasename}", "onCreateCommand": "pwd >where",'
        f' "mounts": ["type=bind,source={tmp_path}/outside,target=/outside,readonly", "type=tmpfs,target=/fast", "source=kept-${{devcontainerId}},target=/kept"]}}',
        config="env: {ONE: changed}\n")
    pod.use_quick_vault()
    pod.run("up", "--provider", "native", "--trust", check=0)
    assert pod.public("sh", "-c", "echo $ONE $HERE $TWO; echo $PATH").output.splitlines()[0] == "changed /workspaces/project 12"
    assert pod.public("sh", "-c", "echo $PATH").output.strip().endswith(":/usr/bin:/sbin:/bin:/more")
    assert lines(pod, "where") == ["/workspaces/project"]
    assert pod.public("cat", "/outside/file").output == "from outside"
    assert pod.public("touch", "/outside/new").status != 0
    pod.public("sh", "-c", "touch /fast/a /kept/b /workspaces/project/c && test -e /workspace/c", check=0)
    # The vault is hidden in both places.
    for place in ("/workspace", "/workspaces/project"):
        assert pod.public("sh", "-c", f"cat {place}/.tazpod/vault/vault.img").status != 0
    # Each way in has the variables.
    pod.unlock()
    assert pod.ghost("echo $TWO", check=0).output.strip() == "12"


def test_a_bind_mount_of_the_whole_machine_or_of_an_engine_is_refused(make_project):
    for source in ("/", "/var/run/docker.sock", "${localWorkspaceFolder}/link"):
        pod = make_project(f'{{"mounts": ["type=bind,source={source},target=/mnt"]}}')
        (pod.directory / "link").symlink_to("/proc")
        refused = pod.run("up", "--provider", "native", "--trust", check=REFUSED)
        assert "would be root of this machine" in refused.errors, refused


def test_a_link_out_of_the_project_is_what_it_leads_to(make_project, tmp_path):
    pod = make_project('{"mounts": ["type=bind,source=${localWorkspaceFolder}/link,target=/mnt"]}')
    (pod.directory / "link").symlink_to(tmp_path)
    refused = pod.run("up", "--provider", "native", check=REFUSED)
    assert f"it mounts {tmp_path}" in refused.errors


def test_what_would_open_the_walls_is_refused_until_config_ignores_it(make_project):
    pod = make_project('{\n  "capAdd": ["SYS_PTRACE"]}')
    refused = pod.run("up", "--provider", "native", check=REFUSED)
    assert f"{pod.directory}/.devcontainer/devcontainer.json:2:14: the capability SYS_PTRACE" in refused.errors
    (pod.directory / ".tazpod").mkdir()
    pod.configure("devcontainer: {ignore: [capAdd]}\n")
    pod.run("up", "--provider", "native", check=0)


def test_more_than_this_machine_has_is_refused_before_anything_is_done(make_project):
    pod = make_project('{"initializeCommand": "touch ran", "hostRequirements": {"cpus": 4096}}')
    assert "should have 4096 processors" in pod.run("up", "--provider", "native", "--trust", check=PROVIDER).errors
    assert not (pod.directory / "ran").exists()


def test_a_folder_with_only_a_devcontainer_is_a_project(make_project):
    pod = make_project('{"name": "x"}')
    below = pod.directory / "deep/er"
    below.mkdir(parents=True)
    pod.run("up", "--provider", "native", check=0)
    assert (pod.directory / ".tazpod/.gitignore").read_text() == "/vault/\n"
    assert pod.status()["directory"] == str(pod.directory)


def test_a_project_above_comes_before_a_devcontainer_in_it(make_project):
    import json
    import subprocess

    pod = make_project("{}", config="name: outer\n")
    inner = pod.directory / "checkout/.devcontainer"
    inner.mkdir(parents=True)
    (inner / "devcontainer.json").write_text("{}")
    shutil.rmtree(pod.directory / ".devcontainer")
    done = subprocess.run(
        [str(pod.programs / "tazpod"), "status", "--json"], cwd=inner.parent, capture_output=True, env=pod.environment, timeout=60, check=True)
    assert json.loads(done.stdout)["project"] == "outer"


def test_several_files_are_one_when_config_says_which(make_project):
    pod = make_project("{}", config="")
    shutil.rmtree(pod.directory / ".devcontainer")
    for name in ("a", "b"):
        folder = pod.directory / f".devcontainer/{name}"
        folder.mkdir(parents=True)
        (folder / "devcontainer.json").write_text(f'{{"containerEnv": {{"WHICH": "{name}"}}}}')
    failed = pod.run("up", "--provider", "native", check=PROJECT)
    assert ".devcontainer/a/devcontainer.json, .devcontainer/b/devcontainer.json" in failed.errors
    pod.configure("devcontainer: {file: .devcontainer/b/devcontainer.json}\n")
    pod.run("up", "--provider", "native", check=0)
    assert pod.public("printenv", "WHICH").output == "b\n"


@pytest.mark.parametrize("text, sentence", [
    ('{\n  "image": }', ":2:12: here a value should be"), ('{"image": "x"', ":1:14: here a comma should be"), ('{"image": 3}', ":1:11: image must be a string"),
])
def test_a_mistake_is_one_sentence_with_its_place(make_project, text, sentence):
    failed = make_project(text).run("up", "--provider", "native", check=PROJECT)
    assert sentence in failed.errors and failed.errors.count("\n") == 1 and failed.output == ""


def test_a_dry_run_shows_what_would_be_done_and_does_none_of_it(make_project):
    pod = make_project(EVERY_STAGE)
    said = pod.run("up", "--provider", "docker", "--dry-run", check=0).output
    assert said.index("# initializeCommand: echo initialize") < said.index("docker run --detach") < said.index("# onCreateCommand")
    assert lines(pod) == [] and not pathlib.Path(pod.directory / ".tazpod").exists()


def test_init_beside_a_devcontainer_leaves_the_image_to_it(make_project):
    pod = make_project('{"image": "theirs"}')
    pod.run("init", check=0)
    assert "docker run" in (said := pod.run("up", "--provider", "docker", "--dry-run", check=0).output) and said.endswith(" theirs\n")


def test_init_finishes_a_half_done_project_and_overwrites_nothing(make_project):
    pod = make_project("{}", config="name: kept\n")
    before = (pod.directory / ".tazpod/config.yaml").read_text()
    for vertical in ("base", "infisical", "k8s", "gemini"):
        assert "secrets.yml" in pod.run("init", vertical, check=0).errors
        assert (pod.directory / ".tazpod/config.yaml").read_text() == before
        assert sorted(os.listdir(pod.directory / ".tazpod")) == [".gitignore", "config.yaml", "secrets.yml"]
        (pod.directory / ".tazpod/secrets.yml").unlink()
