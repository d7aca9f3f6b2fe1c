"""A git repository of the test's own, to be cloned from."""

import shutil
import subprocess

from missing import missing


def git(folder, *arguments):
    subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false", *arguments],
        check=True, capture_output=True, timeout=30)


def make_repository(folder):
    """A bare repository with a default branch and two requests, as GitHub and GitLab keep them, made of one in `folder`/work."""
    if shutil.which("git") is None:
        missing("git is not installed")
    work = folder / "work"
    work.mkdir()
    git(work, "init", "-q", "-b", "main")
    (work / "file").write_text("main")
    git(work, "add", ".")
    git(work, "commit", "-qm", "one")
    (work / "file").write_text("request")
    git(work, "commit", "-qam", "two")
    git(work, "update-ref", "refs/pull/7/head", "HEAD")
    (work / "file").write_text("merge request")
    git(work, "commit", "-qam", "three")
    git(work, "update-ref", "refs/merge-requests/7/head", "HEAD")
    git(work, "reset", "-q", "--hard", "main~2")
    bare = folder / "web.git"
    subprocess.run(["git", "clone", "-q", "--mirror", str(work), str(bare)], check=True, timeout=30)
    return bare


def change(repository, **files):
    """Another commit, with these files: `/` is written `__` in their names."""
    work = repository.parent / "work"
    for name, text in files.items():
        path = work / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(work, "add", ".")
    git(work, "commit", "-qm", "more")
    git(work, "push", "-q", str(repository), "main")
