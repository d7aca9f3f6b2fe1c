"""`make demo` does the main job from a clean checkout, under native and under docker."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from pod import REPOSITORY, all_processes, used_loop_devices

BUILD_SECONDS = 900


@pytest.fixture(scope="module")
def checkout():
    """What git would check out, and nothing that was built here."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-checkout."))
    listed = subprocess.run(
        ["git", "-C", REPOSITORY, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, check=True,
        timeout=60)
    for name in filter(None, listed.stdout.decode().split("\0")):
        source, copy = REPOSITORY / name, folder / name
        if source.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, copy)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.long
def test_make_demo_ends_well_from_a_clean_checkout_and_leaves_nothing(checkout, provider):
    loops = used_loop_devices()
    temporary = checkout / "tmp"
    temporary.mkdir(exist_ok=True)
    temporary.chmod(0o755)

    # As a person's shell would run it, and not as a part of the make that runs these tests.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    done = subprocess.run(
        ["make", "demo", f"PROVIDER={provider}"], cwd=checkout, capture_output=True, text=True, timeout=BUILD_SECONDS,
        env=dict(environment, TMPDIR=str(temporary)), stdin=subprocess.DEVNULL)

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("\ndemo: ok\n")
    assert not set(used_loop_devices()) - set(loops)
    assert not list(temporary.glob("tazpod-demo*"))
    assert not processes_that_mention(checkout)


def processes_that_mention(folder):
    """Whose command line or environment names the folder: a pod's processes would, by their mounts and variables."""
    found = []
    for process in all_processes():
        for file in ("cmdline", "environ"):
            with contextlib.suppress(OSError):
                if str(folder).encode() in pathlib.Path(f"/proc/{process.pid}/{file}").read_bytes():
                    found.append(process)
    return found
