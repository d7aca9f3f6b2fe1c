"""What `tazpod pull` refuses, and that each refusal is needed: its control has that one defence switched off."""

import json
import pathlib
import subprocess

import pexpect
import pytest

from pod import PASSPHRASE, canary, end_process, wait_until
from secrets_file import content, open_and_pull, pull, put_file, write_secrets

pytestmark = pytest.mark.parametrize("provider", ["native"], indirect=True)


def plan_of_a_file(name, path):
    """What `tazpod` hands to `tazpod-secrets`, written by hand as an attacker would."""
    fields = ["item", f"name={name}", "source=file", f"file={name}", f"option=path={path}"]
    return "\\0".join(fields) + "\\0\\0"


# -- only into a vault ----------------------------------------------------------------------------------------------------


def written_in_the_public_area(pod):
    """Has the public area pull into its own ~/secrets, a plain folder; says what it finds there then."""
    put_file(pod, "value", b"in the clear")
    script = f"""mkdir -p ~/secrets; printf '{plan_of_a_file("leak", "/workspace/value")}' >/tmp/plan
        TAZPOD_GHOST=1 tazpod-secrets pull --plan-fd 4 4</tmp/plan; cat ~/secrets/leak"""
    return pod.public("bash", "-c", script)


def test_nothing_is_written_where_no_vault_is_mounted(pod):
    result = written_in_the_public_area(pod)
    assert result.output == "" and "no vault is mounted at /home/tazpod/secrets, so nothing is written there" in result.errors


def test_without_that_check_secrets_would_lie_in_the_clear(make_weakened_pod):
    assert written_in_the_public_area(make_weakened_pod("mounted-vault")).output == "in the clear"


# -- no way out of the vault ----------------------------------------------------------------------------------------------


def pulled_through_a_link(pod):
    """A folder of the vault is a link to the project; says what a pull into a folder below it has made there."""
    write_secrets(
        pod, {"name": "A", "source": "command", "command": ["printf", "leaked"], "file": "folder/below/a"},
        {"name": "B", "source": "command", "command": ["printf", "other"], "file": "b"})
    pod.unlock()
    outside = pod.directory / "outside"
    outside.mkdir()
    outside.chmod(0o777)
    pod.ghost("ln -s /workspace/outside ~/secrets/folder", check=0)
    return pull(pod, check=None), [path.name for path in outside.iterdir()]


def test_a_link_in_the_vault_leads_no_secret_out_of_it(pod):
    result, made = pulled_through_a_link(pod)
    assert made == [] and result.status == 7
    assert "a link leads there, and a secret is written through none; remove it" in result.errors
    assert content(pod, "b") == b"other", "the rest is pulled"


def test_without_that_check_a_pull_would_write_where_the_link_leads(make_weakened_pod):
    # A folder: the value itself would come by a rename, which ends at the edge of a file system.
    assert pulled_through_a_link(make_weakened_pod("vault-links"))[1] == ["below"]


@pytest.mark.parametrize("file", ["../out", "/tmp/out", "a/../../out", ".tazpod/pulled", "a//b", "."])
def test_a_file_that_leaves_the_vault_is_refused(pod, file):
    write_secrets(pod, {"name": "A", "source": "command", "command": ["true"], "file": file})
    refused = pull(pod, check=3, passphrase=PASSPHRASE)
    assert "secrets.yml:" in refused.errors and "file must be a path inside the vault" in refused.errors


# -- programs of secrets.yml ------------------------------------------------------------------------------------------------


def leak_by_a_planted_program(pod):
    """The public area adds a program to secrets.yml; says what the next pull let out."""
    write_secrets(pod, {"name": "A", "source": "command", "command": ["printf", "x"], "file": "a"})
    open_and_pull(pod)
    value, _ = canary()
    pod.ghost(f"echo {value} >~/secrets/own", check=0)
    planted = {"config": {}, "secrets": [
        {"name": "A", "source": "command", "command": ["sh", "-c", "cat ~/secrets/own >/workspace/leak"], "file": "a"}]}
    (pod.directory / "leak").touch()
    (pod.directory / "leak").chmod(0o666)
    (pod.directory / ".tazpod/secrets.yml").write_text(json.dumps(planted))
    return pull(pod, check=None), (pod.directory / "leak").read_text().strip() == value


def test_a_new_program_of_secrets_yml_runs_only_when_it_is_accepted(pod):
    refused, has_leaked = leak_by_a_planted_program(pod)
    assert refused.status == 7 and not has_leaked
    assert "secrets.yml now has these programs run in the ghost" in refused.errors and "--allow-commands" in refused.errors
    # On a terminal it asks, and anything but yes is no.
    terminal = pod.terminal("pull")
    terminal.expect("Type yes to accept them: ")
    terminal.sendline("y")
    terminal.expect("they were not accepted; nothing was changed")
    terminal.expect(pexpect.EOF)
    # Its user may mean it; the next pull then asks nothing.
    write_secrets(pod, {"name": "A", "source": "command", "command": ["printf", "mine"], "file": "a"})
    pull(pod, "--allow-commands")
    pull(pod)
    assert content(pod, "a") == b"mine"


def test_without_consent_a_planted_program_would_take_the_secrets(make_weakened_pod):
    assert leak_by_a_planted_program(make_weakened_pod("command-consent"))[1]


# -- nothing is printed ------------------------------------------------------------------------------------------------------


def shown_on_a_terminal(pod):
    value, _ = canary()
    write_secrets(pod, {"name": "A", "source": "command", "command": ["printf", value], "env": "A"})
    open_and_pull(pod)
    terminal = pod.terminal("exec", "--ghost", "--", "tazpod", "env")
    terminal.expect(pexpect.EOF)
    return value in terminal.before, terminal.before


def test_secrets_are_not_printed_on_a_terminal(pod):
    is_shown, text = shown_on_a_terminal(pod)
    assert not is_shown and 'write: eval "$(tazpod env)"' in text


def test_without_that_check_they_would_be(make_weakened_pod):
    assert shown_on_a_terminal(make_weakened_pod("terminal-check"))[0]


@pytest.mark.parametrize("name", ["LD_PRELOAD", "PATH", "BASH_ENV", "GIT_SSH_COMMAND", "PROMPT_COMMAND", "HTTPS_PROXY", "no_proxy", "1A", "A B", "a-b"])
def test_a_variable_that_would_run_code_in_the_ghost_is_refused(pod, name):
    write_secrets(pod, {"name": "A", "source": "command", "command": ["true"], "env": name})
    assert "env" in pull(pod, check=3, passphrase=PASSPHRASE).errors


def test_a_value_in_secrets_yml_is_refused_with_its_place_and_not_repeated(pod):
    token = "ghp_" + "0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
    (pod.directory / ".tazpod/secrets.yml").write_text(f"secrets:\n  - name: A\n    file: {token}\n")
    refused = pull(pod, check=3, passphrase=PASSPHRASE)
    assert "secrets.yml:3:11: this looks like a secret" in refused.errors and token not in refused.errors
    (pod.directory / ".tazpod/secrets.yml").write_text("secrets:\n  - {name: A, file: a, value: hunter2}\n")
    refused = pull(pod, check=3, passphrase=PASSPHRASE)
    assert "secrets.yml:2:24: a secret's value has no place in this file" in refused.errors and "hunter2" not in refused.errors


def test_the_hosts_environment_goes_no_further_than_it_was_allowed(pod, tmp_path):
    pod.environment["XDG_CONFIG_HOME"] = str(tmp_path)
    pod.environment.update(ALLOWED="yes, this", OTHER="not this")
    items = [{"name": name, "source": "env", "env": name} for name in ("ALLOWED", "OTHER")]
    write_secrets(pod, *items)
    errors = open_and_pull(pod, "--allow-env", "ALLOWED", check=7).errors
    assert "OTHER: you have not let OTHER of your environment go into the pod; add --allow-env OTHER" in errors
    assert pod.ghost("tazpod env", check=0).output == "export ALLOWED='yes, this'\n"
    # What was allowed is remembered out of the pod's reach.
    granted = list(tmp_path.glob("tazpod/consent/*.env"))
    assert [file.read_text() for file in granted] == ["ALLOWED\n"]
    assert pull(pod, "ALLOWED").errors == "tazpod: secrets: 1 unchanged\n"
    del pod.environment["ALLOWED"]
    assert "ALLOWED is not set in this environment" in pull(pod, "ALLOWED", check=7).errors
    assert pod.ghost("tazpod env", check=0).output == "export ALLOWED='yes, this'\n"


# -- memory ----------------------------------------------------------------------------------------------------------------


def memory_is_hidden(pod):
    """Whether the process that pulls hides its memory, and leaves no core file."""
    write_secrets(pod, {"name": "slow", "source": "command", "command": ["sleep", "30"], "file": "slow"})
    pod.unlock()
    running = subprocess.Popen(pod.command("pull"), env=pod.environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: pod.processes_named("sleep"), "the slow program runs")
        process = pathlib.Path(f"/proc/{pod.processes_named('tazpod-secrets')[0].pid}")
        limits = (process / "limits").read_text()
        # The kernel gives what it shows of a process that is not dumpable to root (proc(5)).
        return (process / "mem").stat().st_uid == 0, "Max core file size        0                    0" in limits
    finally:
        for process in pod.processes_named("tazpod-secrets"):
            end_process(process.pid)
        running.wait(timeout=20)


def test_the_memory_of_a_pull_is_hidden_and_in_no_core_file(pod):
    assert memory_is_hidden(pod) == (True, True)


def test_without_that_it_would_not_be(make_weakened_pod):
    assert memory_is_hidden(make_weakened_pod("not-dumpable")) == (False, False)
