"""The launcher's verbs as scripts see them: exit codes, sentences, JSON."""

import json
import os
import pathlib
import shutil
import signal
import subprocess

import pytest

from pod import PASSPHRASE, PROGRAMS, Leftovers, Pod, stock_image, used_loop_devices, wait_until
from sentence import one_sentence


def tazpod(*arguments, directory="/", check=None, **options):
    done = subprocess.run(
        [str(PROGRAMS / "tazpod"), *arguments], cwd=directory, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
        **options)
    assert check is None or done.returncode == check, done
    return done


# -- without a pod --------------------------------------------------------------------------------------------------------


def test_help_and_version_go_to_standard_output_and_end_with_0():
    for arguments in (["--help"], ["up", "--help"], ["help", "unlock"], ["--version"]):
        done = tazpod(*arguments, check=0)
        assert done.stdout and not done.stderr


@pytest.mark.parametrize("arguments", [["frobnicate"], ["up", "--nonsense"], ["exec"], ["up", "--wait", "0"], ["init", "pascal"]])
def test_a_wrong_command_line_ends_with_2_and_says_what_is_wrong(arguments):
    done = tazpod(*arguments, check=2)
    assert done.stderr and not done.stdout


def test_outside_of_a_project_every_verb_says_so_and_ends_with_3(tmp_path):
    for verb in ("up", "down", "enter", "attach", "sessions", "unlock", "lock", "status", "logs"):
        done = tazpod(verb, directory=tmp_path, check=3)
        assert "tazpod init" in one_sentence(done)


def test_init_makes_a_project_and_changes_nothing_the_second_time(tmp_path):
    tazpod("init", directory=tmp_path, check=0)
    config = tmp_path / ".tazpod/config.yaml"
    assert "version: 1" in config.read_text()
    config.write_text("version: 1\nname: mine\n")
    again = tazpod("init", directory=tmp_path, check=0)
    assert config.read_text() == "version: 1\nname: mine\n"
    assert "nothing was changed" in again.stderr


def test_the_vault_is_ignored_by_git_from_the_beginning(tmp_path):
    tazpod("init", directory=tmp_path, check=0)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True, timeout=20)
    (tmp_path / ".tazpod/vault").mkdir(exist_ok=True)
    (tmp_path / ".tazpod/vault/vault.img").write_text("x")
    ignored = subprocess.run(["git", "check-ignore", ".tazpod/vault/vault.img"], cwd=tmp_path, timeout=20)
    assert ignored.returncode == 0


@pytest.mark.parametrize(
    "text, place, hint",
    [
        ("version: 1\nimgae: x\n", "config.yaml:2:1", "image"),
        ("version: 1\nvault: {siez: 1GiB}\n", "config.yaml:2:9", "size"),
        ("version: 1\nvault: {size: lots}\n", "config.yaml:2:15", "512MiB"),
        ("version: 9\n", "config.yaml:1:10", "1"),
        ("version: 1\nname: [\n", "config.yaml:3", ""),
        ("version: 1\nname: ../../etc\n", "config.yaml:2:7", ""),
        ("version: 1\nversion: 1\n", "config.yaml:2:1", "twice"),
        ("- a\n- b\n", "config.yaml:1:1", ""),
    ],
)
def test_a_wrong_config_ends_with_3_and_names_the_place(tmp_path, text, place, hint):
    (tmp_path / ".tazpod").mkdir()
    (tmp_path / ".tazpod/config.yaml").write_text(text)
    sentence = one_sentence(tazpod("up", "--dry-run", directory=tmp_path, check=3))
    assert place in sentence and hint in sentence


def test_a_project_is_found_from_a_folder_below_it(tmp_path):
    tazpod("init", directory=tmp_path, check=0)
    below = tmp_path / "a/b"
    below.mkdir(parents=True)
    status = json.loads(tazpod("status", "--json", directory=below, check=0).stdout)
    assert status["pod"] == "absent" and status["directory"] == str(tmp_path)


# -- with a pod -----------------------------------------------------------------------------------------------------------


def test_a_dry_run_prints_the_plan_and_starts_nothing(make_pod):
    pod = make_pod()
    said = pod.run("up", "--provider", pod.provider, "--dry-run", check=0).output
    assert str(pod.directory) in said and "tazpod-init" in said or "tazpod-base" in said
    plan = json.loads(pod.run("up", "--provider", pod.provider, "--dry-run", "--json", check=0).output)
    assert plan
    assert pod.status()["pod"] == "absent"
    assert not (pod.directory / ".tazpod/vault").exists()


def test_status_list_and_sessions_have_their_json(pod):
    status = pod.status()
    assert status["pod"] == "ready" and status["provider"] == pod.provider
    assert status["vault"]["state"] == "locked" and status["directory"] == str(pod.directory)
    listed = json.loads(pod.run("list", "--json", check=0).output)
    ours = [entry for entry in listed if entry["directory"] == str(pod.directory)]
    assert [entry["state"] for entry in ours] == ["running"]
    sessions = json.loads(pod.run("sessions", "--json", check=0).output)
    assert "main" in json.dumps(sessions) and "ghost" not in json.dumps(sessions)
    pod.unlock()
    assert "ghost" in pod.run("sessions", "--json", check=0).output


def test_verbs_that_need_a_running_pod_say_what_to_do_and_end_with_4(make_pod):
    pod = make_pod()
    for verb in (["enter"], ["attach"], ["sessions"], ["exec", "--", "true"], ["unlock"], ["lock"]):
        assert "tazpod up" in one_sentence(pod.run(*verb, check=4))


def test_a_ghosts_verbs_on_a_locked_vault_say_so(pod):
    done = pod.run("exec", "--ghost", "--", "true")
    assert done.status == 7
    assert "locked; run tazpod unlock" in one_sentence(done)


def test_the_status_of_a_command_is_passed_in_the_public_area_and_in_the_ghost(pod):
    pod.unlock()
    for status in (0, 1, 7, 126, 255):
        assert pod.public("sh", "-c", f"exit {status}").status == status
        assert pod.ghost(f"exit {status}").status == status
    assert pod.public("sh", "-c", "kill -TERM $$").status == 143
    assert pod.ghost("kill -TERM $$").status == 143
    assert pod.public("no-such-program").status == 127
    assert pod.run("exec", "--ghost", "--", "no-such-program").status == 127


def test_standard_input_output_and_errors_stay_apart(pod):
    pod.unlock()
    script = "cat; echo err >&2"
    for done in (pod.public("sh", "-c", script, stdin=b"in\n"), pod.ghost(script, stdin=b"in\n")):
        assert (done.status, done.output, done.errors) == (0, "in\n", "err\n")


@pytest.mark.parametrize("provider", ["native"], indirect=True)
def test_a_command_ends_with_the_exec_that_somebody_ends(pod):
    """An engine's own `exec` would leave it behind."""
    exec_ = subprocess.Popen(
        pod.command("exec", "--", "sh", "-c", "trap 'echo ended; exit 0' TERM; echo ready; while :; do sleep 0.05; done"),
        stdout=subprocess.PIPE, text=True, env=pod.environment)
    assert exec_.stdout.readline() == "ready\n"
    exec_.terminate()
    assert exec_.communicate(timeout=20)[0] == "ended\n"
    assert exec_.returncode != 0


def test_a_binary_stream_passes_unchanged(pod):
    pod.unlock()
    data = bytes(range(256)) * 4096
    for arguments in (["exec"], ["exec", "--ghost"]):
        done = subprocess.run(
            pod.command(*arguments, "--", "cat"), input=data, capture_output=True, timeout=60, env=pod.environment)
        assert done.stdout == data


def test_logs_show_what_the_first_process_said(pod):
    pod.unlock()
    pod.lock()
    said = pod.log()
    assert said.index("the vault is open") < said.index("the vault is locked")


def test_logs_follow_until_they_are_interrupted(pod):
    child = subprocess.Popen(pod.command("logs", "-f"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=pod.environment)
    try:
        pod.unlock()
        pod.lock()
        assert child.poll() is None
    finally:
        child.terminate()
        child.wait(20)


def test_the_environment_of_the_config_reaches_both_areas(make_pod):
    pod = make_pod(config="env: {EDITOR: nvim, GREETING: 'two words'}\n")
    pod.use_quick_vault()
    pod.up().unlock()
    for say in (lambda s: pod.public("sh", "-c", s), pod.ghost):
        assert say('echo "$EDITOR/$GREETING"').output == "nvim/two words\n"


def test_a_public_file_is_the_projects_and_belongs_to_its_owner(pod):
    pod.public("sh", "-c", "echo made > made", check=0)
    made = pod.directory / "made"
    assert made.read_text() == "made\n"
    assert (made.stat().st_uid, made.stat().st_gid) == (pod.directory.stat().st_uid, pod.directory.stat().st_gid)


def test_two_projects_with_one_folder_name_are_two_pods(make_pod):
    first, second = make_pod(name="same"), make_pod(name="same")
    first.up(), second.up()
    assert first.name != second.name
    first.run("down", check=0)
    assert second.status()["pod"] == "ready"


def test_down_with_purge_needs_a_yes_and_destroys_the_vault(pod):
    assert pod.run("down", "--purge").status == 7
    assert pod.image.exists() and pod.status()["pod"] == "ready"
    pod.run("down", "--purge", "--yes", check=0)
    assert not pod.image.exists() and pod.status()["pod"] == "absent"


def test_down_with_purge_asks_for_the_projects_name(pod):
    name = json.loads(pod.run("status", "--json").output)["project"]
    child = pod.terminal("down", "--purge")
    child.expect("name: ")
    child.sendline("wrong")
    child.expect("nothing was changed")
    child.wait()
    assert pod.image.exists()
    child = pod.terminal("down", "--purge")
    child.expect("name: ")
    child.sendline(name)
    child.wait()
    assert not pod.image.exists()


def test_down_locks_an_open_vault_first(pod):
    pod.unlock()
    pod.ghost("echo kept > ~/secrets/kept; sync", check=0)
    loops = Leftovers(pod).loops
    pod.run("down", check=0)
    backing = [file for name, file in used_loop_devices().items() if name in loops and str(pod.directory) in file]
    assert not backing
    pod.up()
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/kept", passphrase=PASSPHRASE).output == "kept\n"


def test_lock_is_idempotent(pod):
    pod.unlock()
    for _ in range(2):
        pod.lock()
        assert pod.vault_state() == "locked"


LOCK_ALL = """
set -e
mount -t tmpfs tmpfs /var/lib/tazpod
for name in one two; do
    tazpod up --quiet --provider native --project "$1/$name"
    tazpod unlock --detach --project "$1/$name" --passphrase-fd 9 9<<<"$2"
done
tazpod lock --all
for name in one two; do
    tazpod status --json --project "$1/$name"
    tazpod down --quiet --project "$1/$name"
done
"""


def test_lock_all_locks_every_pod(tmp_path):
    # In a mount namespace with a record of pods of its own, and no engine in reach: no other pod of this machine is locked.
    for name in ("one", "two"):
        (tmp_path / name / ".tazpod/vault").mkdir(parents=True)
        (tmp_path / name / ".tazpod/config.yaml").write_text("version: 1\n")
        shutil.copy2(stock_image(64 << 20, 4096, PASSPHRASE, "4096"), tmp_path / name / ".tazpod/vault/vault.img")
    environment = dict(
        os.environ, PATH=f"{PROGRAMS}:{os.environ['PATH']}", DOCKER_HOST="unix:///nowhere", XDG_RUNTIME_DIR=str(tmp_path))
    os.makedirs("/var/lib/tazpod", exist_ok=True)
    done = subprocess.run(
        ["unshare", "--mount", "bash", "-c", LOCK_ALL, "lock-all", str(tmp_path), PASSPHRASE], capture_output=True, text=True,
        timeout=120, env=environment, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    states = [document["vault"]["state"] for document in documents(done.stdout)]
    assert states == ["locked", "locked"]


def documents(text):
    """The JSON documents in a text."""
    decoder, position, found = json.JSONDecoder(), 0, []
    while text[position:].strip():
        position += len(text[position:]) - len(text[position:].lstrip())
        document, position = decoder.raw_decode(text, position)
        found.append(document)
    return found


def test_a_changed_config_is_said_by_up_and_changes_nothing(pod):
    before = pod.init_pid()
    pod.configure("env: {NEW: value}\n")
    said = pod.run("up", "--provider", pod.provider, check=0).errors
    assert "tazpod down" in said
    assert pod.init_pid() == before


def test_the_pods_first_process_is_stopped_by_the_providers_own_means(pod):
    if pod.provider == "native":
        os.kill(pod.init_pid(), signal.SIGTERM)
    else:
        subprocess.run([pod.provider, "stop", pod.name], check=True, capture_output=True, timeout=60, env=pod.environment)
    wait_until(lambda: pod.status()["pod"] not in ("ready", "starting"), "the pod has stopped")
    pod.up()
    assert pod.status()["pod"] == "ready"


def test_the_seeds_names_are_not_taken_as_paths(tmp_path):
    pathlib.Path(tmp_path / ".tazpod").mkdir()
    (tmp_path / ".tazpod/config.yaml").write_text("version: 1\nvault: {path: ../../../etc/passwd}\n")
    one_sentence(tazpod("up", "--dry-run", directory=tmp_path, check=3))


@pytest.mark.parametrize("target", ["/", "/etc", ".."])
def test_a_workspace_outside_of_the_project_is_refused(tmp_path, target):
    project = tmp_path / "project"
    (project / ".tazpod").mkdir(parents=True)
    (project / "out").symlink_to(target)
    (project / ".tazpod/config.yaml").write_text("version: 1\nworkspace: out\n")
    assert "leads out of the project" in one_sentence(tazpod("up", "--dry-run", directory=project, check=3))
    (project / "out").unlink()
    (project / "in").mkdir()
    (project / "out").symlink_to("in")
    assert f"{project}/in" in tazpod("up", "--dry-run", "--provider", "native", directory=project, check=0).stdout


def test_a_native_pod_whose_record_cannot_be_read_hides_no_other():
    pod = Pod("native")
    strange = pathlib.Path(f"/var/lib/tazpod/tazpod-strange-{os.getpid()}")
    try:
        pod.up()
        strange.mkdir()
        (strange / "pod.json").write_text("{}")
        done = pod.run("list", "--json", check=0)
    finally:
        shutil.rmtree(strange, ignore_errors=True)
        pod.close()
    assert str(pod.directory) in [entry["directory"] for entry in json.loads(done.output)]
    assert f"tazpod: {strange}/pod.json is not of this version's form" in done.errors


def test_a_native_pod_refuses_programs_that_its_public_area_could_write():
    pod = Pod("native")
    try:
        inside = pod.directory / "bin"
        shutil.copytree(PROGRAMS, inside, ignore=shutil.ignore_patterns("bundle"))
        pod.programs = inside
        assert "which the pod's public area can write" in one_sentence(pod.run("up", "--provider", "native", check=7))
        # Its own control: the same programs beside the project are taken.
        inside.rename(pod.folder / "bin")
        pod.programs = pod.folder / "bin"
        pod.up()
    finally:
        pod.close()
