"""A project's own image: built from its Dockerfile and features by the engine, when it has to be and not else."""

import json
import os
import subprocess

import pytest

from missing import missing
from pod import PASSPHRASE, Pod
from registry import Registry

pytestmark = pytest.mark.images

PROJECT, PROVIDER, REFUSED = 3, 4, 7


@pytest.fixture(params=["docker", "podman"])
def engine(request):
    request.getfixturevalue(request.param)
    return request.param


@pytest.fixture
def make_project(engine, tmp_path):
    pods = []

    def make(config=""):
        pod = Pod(engine, config=config, environment={"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config")})
        pods.append(pod)
        return pod

    yield make
    for pod in pods:
        name = pod.name
        pod.close()
        subprocess.run([engine, "rmi", "--force", name, f"{name}-base"], capture_output=True, timeout=60)


@pytest.fixture(scope="module")
def registry():
    registry = Registry.find(missing)
    yield registry
    registry.close()


def write(pod, files):
    for path, text in files.items():
        place = pod.directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)


def image(pod, field):
    done = subprocess.run(
        [pod.provider, "image", "inspect", "--format", field, pod.name], capture_output=True, text=True, check=True, timeout=60, env=pod.environment)
    return done.stdout.strip()


def test_the_projects_dockerfile_is_built_and_built_again_when_it_changes(make_project):
    pod = make_project("build: {dockerfile: .tazpod/Dockerfile, args: {WHAT: one}, target: first}\n")
    pod.use_quick_vault()
    write(pod, {
        ".tazpod/Dockerfile": "FROM tazpod-base AS first\nARG WHAT\nCOPY . /seen\nRUN echo $WHAT >/made\nFROM first\nRUN false\n",
        "greeting": "hello", ".dockerignore": "secret*\n", "secret.txt": "no",
    })
    said = pod.run("up", "--provider", pod.provider, check=0, timeout=300).errors
    assert f"building the image {pod.name}" in said
    assert pod.public("cat", "/made", "/seen/greeting", check=0).output == "one\nhello"
    # What is not for an image is in none: what .dockerignore names, and the vault.
    assert pod.public("sh", "-c", "ls -A /seen /seen/.tazpod").output.split().count("vault") == 0
    assert pod.public("test", "-e", "/seen/secret.txt").status == 1
    # The pod is a whole one.
    pod.unlock(PASSPHRASE)
    assert pod.ghost("echo in", check=0).output == "in\n"
    assert image(pod, '{{index .Config.Labels "dev.tazpod.directory"}}') == str(pod.directory)

    first = image(pod, "{{.Id}}")
    pod.down()
    assert "building" not in pod.run("up", "--provider", pod.provider, check=0).errors
    pod.down()
    write(pod, {"greeting": "changed"})
    pod.run("up", "--provider", pod.provider, check=0, timeout=300)
    assert pod.public("cat", "/seen/greeting", check=0).output == "changed" and image(pod, "{{.Id}}") != first
    # On a terminal the builder's own words are the progress.
    terminal = pod.terminal("up", "--build")
    terminal.expect("(?i)step 1/")
    terminal.expect("run tazpod down and tazpod up to use the new one", timeout=120)
    terminal.expect("is ready")
    terminal.wait()
    assert terminal.exitstatus == 0


def test_a_build_that_fails_is_one_sentence_below_the_builders_own_words(make_project):
    pod = make_project("build: {dockerfile: Dockerfile}\n")
    write(pod, {"Dockerfile": "FROM tazpod-base\nRUN echo the reason && exit 7\n"})
    failed = pod.run("up", "--provider", pod.provider, check=PROVIDER, timeout=120)
    assert "\nthe reason\n" in failed.errors and failed.output == ""
    assert failed.errors.splitlines()[-1].startswith(
        f"tazpod: {pod.provider} could not build the image from {pod.directory}/Dockerfile (status ")
    assert pod.status()["pod"] == "absent"
    assert not list((pod.folder).glob("**/tazpod-build.*"))


def test_a_dockerfile_that_is_not_there_is_named(make_project):
    pod = make_project("build: {dockerfile: Dockerfile}\n")
    assert f"read {pod.directory}/Dockerfile" in pod.run("up", "--provider", pod.provider, check=PROJECT).errors


def feature(name, more=None, script="", **options):
    metadata = {"id": name, "version": "1.0.0", "options": {key: {"default": value} for key, value in options.items()}, **(more or {})}
    return {"devcontainer-feature.json": json.dumps(metadata), "install.sh": f"#!/bin/sh\nset -e\n{script}"}


def test_features_of_the_project_and_of_a_registry_are_installed_in_order(make_project, registry):
    registry.push_feature("features/far", "1", feature(
        "far", {"containerEnv": {"PATH": "/far/bin:${PATH}"}}, "mkdir -p /far/bin; echo far $VERSION >>/order; cp tool /far/bin",
        version="latest") | {"tool": "#!/bin/sh\necho far tool\n"})
    registry.push_feature("features/below", "latest", feature("below", script="echo below $SIZE >>/order", size="small"))
    pod = make_project()
    near = feature(
        "near", {"installsAfter": [f"{registry.host}/features/far"], "dependsOn": {f"{registry.host}/features/below": {"size": "large"}}},
        'echo "near $GREETING $_REMOTE_USER $_REMOTE_USER_HOME $(id -u)" >>/order', greeting="none")
    write(pod, {f".devcontainer/a-near/{name}": text for name, text in near.items()})
    write(pod, {
        ".devcontainer/Dockerfile": "FROM tazpod-base\nRUN echo base >/order\n",
        ".devcontainer/devcontainer.json": json.dumps({
            "build": {"dockerfile": "Dockerfile"}, "features": {"./a-near": {"greeting": "it's me"}, f"{registry.host}/features/far:1": "2.0"},
            "postCreateCommand": "tool >/tmp/tool",
        }),
    })
    pod.run("up", "--provider", pod.provider, check=0, timeout=300)
    assert pod.public("cat", "/order", check=0).output == "base\nbelow large\nfar 2.0\nnear it's me tazpod /home/tazpod 0\n"
    assert pod.public("cat", "/tmp/tool", check=0).output == "far tool\n"
    pod.down()
    assert "building" not in pod.run("up", "--provider", pod.provider, check=0).errors


def test_a_feature_that_is_none_or_is_not_there_is_one_sentence(make_project, registry):
    registry.push_feature("features/odd", "1", feature("odd"), kind="application/octet-stream")
    pod = make_project()
    for reference, sentence in (
        (f"{registry.host}/features/odd:1", "is no feature: it has no layer"), (f"{registry.host}/features/gone:1", "could not fetch the feature"),
        ("./gone", "there is no folder"),
    ):
        write(pod, {".devcontainer/devcontainer.json": json.dumps({"image": "tazpod-base", "features": {reference: {}}})})
        failed = pod.run("up", "--provider", pod.provider, timeout=120)
        assert failed.status in (PROJECT, PROVIDER) and sentence in failed.errors.splitlines()[-1], failed
    broken = feature("broken", script="echo why it fails; exit 3\n")
    write(pod, {f".devcontainer/broken/{name}": text for name, text in broken.items()})
    write(pod, {".devcontainer/devcontainer.json": json.dumps({"image": "tazpod-base", "features": {"./broken": {}}})})
    failed = pod.run("up", "--provider", pod.provider, check=PROVIDER, timeout=120)
    assert "\nwhy it fails\n" in failed.errors and "could not build the image with its features" in failed.errors.splitlines()[-1]


def test_what_a_dry_run_shows_is_what_would_be_built(make_project):
    pod = make_project("build: {dockerfile: D, args: {A: '1'}}\n")
    write(pod, {"D": "FROM tazpod-base\n"})
    said = pod.run("up", "--provider", pod.provider, "--dry-run", check=0).output
    assert f"{pod.provider} build --file {pod.directory}/D --tag {pod.name} " in said and "--build-arg A=1" in said
    assert said.index(" build ") < said.index(" run --detach ")
    assert os.listdir(pod.directory / ".tazpod") == ["config.yaml"]
