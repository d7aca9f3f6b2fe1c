"""The tutorial's commands do what it says, in its order."""

import os
import pathlib
import re
import subprocess
import tempfile

import pytest

from pod import PASSPHRASE, PROGRAMS, REPOSITORY, Pod

# What a person types on a terminal: the same words, with the passphrase from a descriptor.
PROMPTED = re.compile(r"^tazpod (unlock|vault recovery|vault check)\b", re.M)
EXPECTED = {
    "tazpod exec --ghost -- cat": "token: 12345\n", "tazpod exec --ghost -- sh -c 'grep": "deployed\n",
    "tazpod unlock -- cat": "token: 12345\n", "! tazpod exec -- cat": "",
}


@pytest.fixture
def place():
    with tempfile.TemporaryDirectory(prefix="tazpod-test.") as folder:
        os.chmod(folder, 0o755)
        (pathlib.Path(folder) / "run").mkdir(mode=0o700)
        yield pathlib.Path(folder)
        for project in pathlib.Path(folder).glob("*/.tazpod"):
            subprocess.run([PROGRAMS / "tazpod", "down", "--quiet", "--project", project.parent], timeout=120, check=False)


@pytest.mark.parametrize("provider", ["native"], indirect=True)
def test_the_tutorial(provider, place):
    text = (REPOSITORY / "docs/tutorial.md").read_text()
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines()]
    assert len(lines) > 15
    # One shell, as one person's, which stops at the first that fails. A mark tells the lines' output apart.
    commands = "set -eu\n" + "".join(
        f"echo '@@{number}'\n{PROMPTED.sub(with_passphrase, line)}\n" for number, line in enumerate(lines))
    environment = dict(
        os.environ, PATH=f"{PROGRAMS}:{os.environ['PATH']}", XDG_RUNTIME_DIR=str(place / "run"), TMPDIR=str(place), PASSPHRASE=PASSPHRASE)
    done = subprocess.run(
        ["bash", "-c", commands], capture_output=True, text=True, timeout=240, env=environment, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    outputs = dict(zip(lines, re.split(r"@@\d+\n", done.stdout)[1:]))
    for beginning, output in EXPECTED.items():
        assert [outputs[line] for line in lines if line.startswith(beginning)] == [output], beginning
    assert "ghost" in outputs["tazpod sessions"]
    pod = re.search(r"the pod (tazpod-\S+) is gone", done.stderr)
    assert pod and not (Pod.records / pod[1]).exists()


def with_passphrase(match):
    return f'exec 9<<<"$PASSPHRASE"; {match[0]} --passphrase-fd 9'
