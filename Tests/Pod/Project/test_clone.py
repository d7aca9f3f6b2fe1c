"""`tazpod up URL` under native, which has no volumes: a repository, or a pull or merge request of one, becomes a folder here."""

import os
import pathlib
import shutil
import subprocess

import pytest

from missing import missing
from pod import PROGRAMS
from repository import git

PROVIDER, REFUSED = 4, 7


@pytest.fixture
def tazpod(tmp_path):
    """Runs tazpod in a folder of its own; the pods that it made end with the test."""
    if shutil.which("bwrap") is None:
        missing("bubblewrap is not installed")
    place = tmp_path / "here"
    place.mkdir(mode=0o755)
    os.chmod(tmp_path, 0o755)
    environment = dict(os.environ, HOME=str(tmp_path), XDG_CONFIG_HOME=str(tmp_path / "config"), XDG_RUNTIME_DIR=str(tmp_path))

    def run(*arguments, folder="."):
        return subprocess.run(
            [str(PROGRAMS / "tazpod"), *arguments], cwd=place / folder, capture_output=True, text=True, timeout=60, env=environment)

    run.place = place
    yield run
    for project in pathlib.Path(place).iterdir():
        subprocess.run([str(PROGRAMS / "tazpod"), "down", "--project", str(project)], capture_output=True, timeout=120, env=environment)


def test_a_repository_is_cloned_and_started_and_found_again(tazpod, repository):
    done = tazpod("up", f"file://{repository}", "--provider", "native")
    assert done.returncode == 0, done
    assert (tazpod.place / "web/.tazpod/config.yaml").exists()
    assert tazpod("exec", "--", "cat", "/workspace/file", folder="web").stdout == "main"
    (tazpod.place / "web/file").write_text("mine")
    again = tazpod("up", f"file://{repository}")
    assert again.returncode == 0 and "cloning" not in again.stderr and (tazpod.place / "web/file").read_text() == "mine"


def test_a_pull_request_is_checked_out_beside_it(tazpod, repository):
    done = tazpod("up", f"file://{repository}/pull/7/files", "--provider", "native")
    assert done.returncode == 0, done
    assert (tazpod.place / "web-pull-7/file").read_text() == "request"


@pytest.mark.parametrize(
    "address, folder, text", [
        ("https://gitlab.example/group/sub/web", "web", "main"),
        ("https://gitlab.example/group/sub/web/-/merge_requests/7", "web-merge-7", "merge request"),
        ("https://gitlab.example/group/sub/web/-/merge_requests/7/diffs?view=inline#note_1", "web-merge-7", "merge request"),
        ("https://github.example/owner/web/pull/7#issuecomment-1", "web-pull-7", "request"),
    ])
def test_a_forges_address_leads_where_the_users_git_says(tazpod, repository, tmp_path, address, folder, text):
    # As somebody has it who reaches a forge over ssh, or a mirror of it.
    (tmp_path / ".gitconfig").write_text(
        f'[url "file://{repository}"]\n\tinsteadOf = https://gitlab.example/group/sub/web\n\tinsteadOf = https://github.example/owner/web\n')
    done = tazpod("up", address, "--provider", "native")
    assert done.returncode == 0, done
    assert [path.name for path in tazpod.place.iterdir()] == [folder]
    assert tazpod("exec", "--", "cat", "/workspace/file", folder=folder).stdout == text
    again = tazpod("up", address)
    assert again.returncode == 0 and "cloning" not in again.stderr, again


def test_what_cannot_be_cloned_leaves_nothing(tazpod, repository):
    for address in (f"file://{repository}-gone", f"file://{repository}/pull/8", f"file://{repository}/-/merge_requests/8"):
        done = tazpod("up", address, "--provider", "native")
        assert done.returncode == PROVIDER and "git could not get" in done.stderr.splitlines()[-1], done
    assert list(tazpod.place.iterdir()) == []


def test_a_folder_that_is_something_else_is_left_alone(tazpod, repository):
    (tazpod.place / "web").mkdir()
    done = tazpod("up", f"file://{repository}", "--provider", "native")
    assert done.returncode == REFUSED and "is there already" in done.stderr and list((tazpod.place / "web").iterdir()) == []


def test_a_cloned_project_runs_nothing_on_this_machine_unasked(tazpod, repository, tmp_path):
    work = tmp_path / "work"
    (work / ".devcontainer.json").write_text('{"initializeCommand": "touch ran"}')
    git(work, "add", ".")
    git(work, "commit", "-qm", "three")
    git(work, "push", "-q", str(repository), "main")
    done = tazpod("up", f"file://{repository}", "--provider", "native")
    assert done.returncode == REFUSED and "touch ran" in done.stderr and not (tazpod.place / "web/ran").exists()
