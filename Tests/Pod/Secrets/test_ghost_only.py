"""Tools that start in the ghost alone (`ghost_only:`): a latch, and no wall."""

import shutil

import pexpect
import pytest

from missing import missing
from remote import Remote

# One that every image has, and one that none of these has.
CONFIG = "ghost_only: [expr, gemini]\n"
REFUSAL = "tazpod: expr works in the ghost only: run tazpod unlock\n"
ABSENT = "gemini is not in this pod's image"


@pytest.fixture
def latched(make_pod):
    pod = make_pod(config=CONFIG)
    pod.use_quick_vault()
    return pod.up()


def test_a_tool_of_the_list_is_refused_outside_of_the_ghost_and_runs_in_it(latched):
    for command in (["expr", "1", "+", "1"], ["sh", "-c", "expr 1 + 1"], ["env", "expr", "1", "+", "1"]):
        result = latched.public(*command)
        assert (result.status, result.output, result.errors) == (7, "", REFUSAL), command
    assert latched.public("gemini").status == 7
    # By its path it is what it always was: nothing but a name is taken from the public area.
    assert latched.public("/usr/bin/expr", "1", "+", "1", check=0).output == "2\n"
    latched.unlock()
    assert latched.ghost("expr 1 + 1 && command -v expr", check=0).output == "2\n/usr/bin/expr\n"
    assert latched.run("exec", "--ghost", "--", "expr", "1", "+", "1", check=0).output == "2\n"
    assert latched.public("expr", "1", "+", "1").status == 7


def test_with_a_path_from_outside_the_tool_runs_in_the_ghost_too(latched):
    latched.unlock()
    path = latched.public("sh", "-c", "echo $PATH", check=0).output.strip()
    assert path.startswith("/run/tazpod/ghost-only:")
    assert latched.ghost(f"export PATH={path}; expr 1 + 1; exit $?", check=0).output == "2\n"
    result = latched.ghost(f"PATH={path}; gemini")
    assert result.status == 127 and result.errors == f"tazpod: {ABSENT}\n", result


def test_a_tool_that_the_image_lacks_is_told_of_in_the_ghost(latched):
    latched.unlock()
    result = latched.run("exec", "--ghost", "--", "gemini")
    assert result.status == 127 and "gemini" in result.errors, result


@pytest.mark.parametrize("verb", ["enter", "attach"])
def test_shells_of_the_public_area_are_latched(native_pod, verb):
    terminal = native_pod(config=CONFIG).terminal(verb)
    terminal.expect(r"\$ ")
    terminal.send("expr 1 + 1; echo ended $?\r")
    terminal.expect_exact(REFUSAL.strip())
    terminal.expect("ended 7")
    terminal.close(force=True)


@pytest.fixture(scope="module")
def reached():
    """A pod that ssh leads into."""
    from pod import Pod

    for tool in ("ssh", "sshd"):
        if shutil.which(tool, path="/usr/bin:/usr/sbin") is None:
            missing(f"{tool} is not installed")
    pod = Pod("native", config=CONFIG)
    yield Remote(pod.up())
    pod.close()


def test_commands_over_ssh_are_latched_and_files_are_not(reached, tmp_path):
    done = reached.run("%h", "expr 1 + 1", check=7)
    assert (done.stdout, done.stderr) == ("", REFUSAL)
    assert reached.run("%h", "echo fine; exit 3", check=3).stdout == "fine\n"
    (tmp_path / "file").write_text("whole\n")
    reached.run(str(tmp_path / "file"), "%h:file", program="scp")
    assert reached.run("%h", "bash -c 'cat; cat file'", input="").stdout == "whole\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "sh", "fish"])
def test_a_login_shell_over_ssh_is_latched_whatever_its_profile_does_to_path(reached, shell):
    program = shutil.which(shell)
    if program is None:
        missing(f"{shell} is not installed")
    command = reached.command("-tt", "%h")
    if shell != "bash":
        # What sshd does for a user whose shell that is.
        reached.run("%h", "true")
        command.append(f"SHELL={program} PATH=/usr/bin:/bin sh ~/.local/state/tazpod/sshd/session")
    # A profile that prints shows that it was read, by what says so in the shell's own words.
    profile = {"bash": ".profile", "sh": ".profile", "zsh": ".zprofile", "fish": ".config/fish/config.fish"}[shell]
    reached.run("%h", f"mkdir -p ~/.config/fish; echo 'echo profile was read' >> ~/{profile}")
    terminal = pexpect.spawn(command[0], command[1:], encoding="utf-8", timeout=20, env=reached.pod.environment)
    try:
        terminal.expect("profile was read")
        terminal.sendline("expr 1 + 1; echo ended $status" if shell == "fish" else "expr 1 + 1; echo ended $?")
        terminal.expect_exact(REFUSAL.strip())
        terminal.expect("ended 7")
    finally:
        terminal.close(force=True)


def test_without_the_list_nothing_is_latched(native_pod):
    pod = native_pod()
    assert pod.public("expr", "1", "+", "1", check=0).output == "2\n"
    assert "ghost-only" not in pod.public("sh", "-c", "echo $PATH", check=0).output
