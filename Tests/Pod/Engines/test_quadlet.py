"""`tazpod manifest --quadlet`, as podman's own generator for systemd takes it."""

import pathlib
import re
import shlex
import subprocess

import pytest

from debian import unpacked
from missing import missing
from pod import Pod

GENERATOR = "usr/libexec/podman/quadlet"
# What Quadlet adds to every container of its own accord.
QUADLETS_OWN = {"--name", "--cidfile", "--replace", "--rm", "--cgroups", "--sdnotify", "-d", "--stop-timeout"}
ODD = r"""
image: registry.example.org/a
ports: ["9000:80"]
env: {PS1: "$(hostname) $HOME $$ %h %% \"quoted\" 'single' \\ back; é 😀\n[Service]\nExecStartPre=/bin/false\t", EMPTY: "", HASH: "# no comment"}
resources: {cpu: "1.5", memory: 1GiB, gpu: true}
"""


@pytest.fixture(scope="module")
def generator():
    """This machine's, or that of the next Debian's podman: the first release that has one."""
    own = pathlib.Path("/", GENERATOR)
    if own.exists():
        return own
    tree = unpacked("podman", "trixie")
    if tree is None:
        missing("no package of a podman with Quadlet can be downloaded")
    return tree / GENERATOR


@pytest.fixture
def project():
    project = Pod("native", name="a, b \"c\" %h $HOME")
    yield project
    project.close()


def generate(generator, folder):
    done = subprocess.run(
        [generator, "-dryrun"], env={"QUADLET_UNIT_DIRS": str(folder), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def words(line):
    """The words of a command in a unit file, as systemd would run it."""
    found = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line)
    one = {"n": "\n", "t": "\t", "r": "\r", "s": " "}
    result = []
    for quoted, plain in found:
        word = re.sub(r"\\(x[0-9a-f]{2}|.)", lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else one.get(m[1], m[1]), quoted or plain)
        result.append(re.sub(r"\$\$|%%", lambda m: m[0][0], word))
    return result


def options(command):
    """The options of `podman run`, each with its value, and the image."""
    result, image = [], command[-1]
    for word in command[2:-1]:
        if word.startswith("-"):
            result.append(tuple(word.split("=", 1)) if word.startswith("--") and "=" in word.split()[0] else (word,))
        else:
            result[-1] = (*result[-1], word)
    return result, image


def normal(option):
    # Quadlet writes capabilities in lower case.
    return (option[0], option[1].lower()) if option[0].startswith("--cap-") else option


@pytest.mark.parametrize("config", ["", "vault: {driver: dmcrypt}\n", ODD], ids=["defaults", "dmcrypt", "odd"])
def test_systemd_would_run_what_tazpod_would_run(project, generator, tmp_path, config):
    project.configure("name: web\n" + config)
    (tmp_path / "web.container").write_text(project.run("manifest", "--quadlet", check=0).output)
    status, unit, errors = generate(generator, tmp_path)
    assert status == 0, errors
    line = next(line for line in unit.splitlines() if line.startswith("ExecStart="))
    made, image = options(words(line.removeprefix("ExecStart=")))
    asked, own_image = options(shlex.split(project.run("manifest", "--podman", check=0).output))
    assert image == own_image
    asked = {normal(option) for option in asked if option[0] not in ("--detach", "--no-healthcheck")}
    made = {normal(option) for option in made}
    assert asked <= made, asked - made
    assert {option[0] for option in made - asked} <= QUADLETS_OWN
    assert [line for line in unit.splitlines() if line.startswith("ExecStartPre")] == []


def test_the_generator_would_notice_a_wrong_word(project, generator, tmp_path):
    project.configure("name: web\n")
    text = project.run("manifest", "--quadlet", check=0).output
    (tmp_path / "web.container").write_text(text.replace("AddCapability=", "AddCapabilities="))
    status, _, errors = generate(generator, tmp_path)
    assert status != 0 and "AddCapabilities" in errors
