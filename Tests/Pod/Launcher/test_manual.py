"""The pages of the manual, and what a shell completes."""

import json
import shutil
import subprocess

import pytest

from missing import missing
from pod import PROGRAMS, REPOSITORY

TAZPOD = PROGRAMS / "tazpod"


def said_by(*arguments, **options):
    return subprocess.run([TAZPOD, *arguments], capture_output=True, text=True, check=True, timeout=60, **options).stdout


def test_every_verb_has_a_page_that_names_all_its_options(tmp_path):
    subprocess.run(["/usr/bin/python3", REPOSITORY / "scripts/man_pages.py", tmp_path], check=True, timeout=60)
    tree = json.loads(said_by("--experimental-dump-help"))["command"]
    for verb in tree["subcommands"]:
        page = tmp_path / f"tazpod-{verb['commandName']}.1"
        assert page.exists() == (verb["shouldDisplay"] and verb["commandName"] != "help")
        for argument in verb.get("arguments", []) if page.exists() else []:
            names = [name["name"].replace("-", "\\-") for name in argument.get("names", [])]
            assert not argument["shouldDisplay"] or all(name in page.read_text() for name in names), (page, argument)
    assert (tmp_path / "tazpod-init.8").exists()


def test_the_pages_are_of_the_manuals_form(tmp_path):
    if shutil.which("groff") is None:
        missing("groff is not installed")
    subprocess.run(["/usr/bin/python3", REPOSITORY / "scripts/man_pages.py", tmp_path], check=True, timeout=60)
    pages = sorted(tmp_path.iterdir())
    done = subprocess.run(["groff", "-K", "utf8", "-man", "-ww", "-T", "utf8", *pages], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr == "" and "tazpod vault add-key" in done.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_are_for_every_shell_and_every_verb(shell, tmp_path):
    script = said_by("completions", shell)
    assert "ssh-config" in script and "forward-port" in script and "ssh-server" not in script
    if shutil.which(shell):
        (tmp_path / "script").write_text(script)
        subprocess.run([shell, "-n", tmp_path / "script"], check=True, timeout=60)


def completed(line, folder, environment):
    """What bash offers for the last word of `line`."""
    script = f"""
        source <({TAZPOD} completions bash)
        COMP_LINE={line!r} COMP_POINT=${{#COMP_LINE}}
        read -ra COMP_WORDS <<<"$COMP_LINE"; [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMP_TYPE=9 COMP_KEY=9
        $(complete -p tazpod | sed 's/.*-F \\([^ ]*\\).*/\\1/') tazpod "${{COMP_WORDS[COMP_CWORD]}}" "${{COMP_WORDS[COMP_CWORD-1]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}\""""
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, timeout=60, cwd=folder, env=dict(environment, PATH=f"{PROGRAMS}:/usr/bin:/bin"))
    return set(done.stdout.split())


def test_names_of_sessions_and_providers_are_completed(native_pod):
    pod = native_pod()
    pod.run("sessions", "--create", "build", check=0)
    pod.unlock()
    assert {"main", "build", "ghost"} <= completed("tazpod attach ", pod.directory, pod.environment)
    assert completed("tazpod attach bu", pod.directory, pod.environment) == {"build"}
    assert {"docker", "podman", "native"} <= completed("tazpod up --provider ", pod.directory, pod.environment)
    assert "ssh-config" in completed("tazpod ss", pod.directory, pod.environment)
    # Where there is no pod, nothing is said and nothing offered.
    assert "main" not in completed("tazpod attach ", "/", pod.environment)
