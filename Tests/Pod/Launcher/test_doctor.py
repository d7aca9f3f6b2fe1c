"""`tazpod doctor`: what it says of this machine, that it says the truth, and that nothing of it stays."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pexpect
import pytest

from pod import PROGRAMS, Leftovers, Pod, end_process, fuse_connections, plain_text, used_loop_devices, wait_until
from sentence import one_sentence

PROVIDER, REFUSED = 4, 7
FINE = "a vault was made, written, locked, opened again and read"
HAS_DEVICE_MAPPER = "device-mapper" in pathlib.Path("/proc/misc").read_text()
# What makes any machine one without, and what doctor then says.
WITHOUT_MAPPER = ["mount --bind /dev/null /dev/mapper/control"] if HAS_DEVICE_MAPPER else []
NO_MAPPER = "what lies at /dev/mapper/control is another device or file" if HAS_DEVICE_MAPPER else "this kernel has no device-mapper"


@pytest.fixture(params=["native"])
def provider(request):
    if shutil.which("bwrap") is None:
        from missing import missing

        missing("bubblewrap is not installed")
    return request.param


def doctor(*arguments, directory="/", before=(), status=None, path=None, **environment):
    """Runs `tazpod doctor` natively, behind the shell commands `before` in a mount namespace of its own."""
    command = [str(PROGRAMS / "tazpod"), "doctor", "--provider", "native", *arguments]
    if before:
        script = " && ".join([*before, 'exec "$0" "$@"'])
        command = ["unshare", "--mount", "sh", "-c", script, *command]
    variables = dict(os.environ, **environment)
    if path is not None:
        variables["PATH"] = path
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=variables)
    assert status is None or done.returncode == status, done
    return done


def lines(text):
    """The lines by what they are about."""
    return {re.match(r"\S+ ([^:]+): ", line)[1]: line for line in text.splitlines()}


def trials():
    """Every process of a trial: what is forked keeps its command line."""
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--try-drivers" in words and b"tazpod" in b" ".join(words):
            found.append(int(entry.parts[2]))
    return found


class Stock:
    """What of a vault could be left behind on the machine."""

    def __init__(self):
        self.before = self.take()

    @staticmethod
    def take():
        # Over an image, or over the file that the fuse driver serves, whose name is that of its file system's root.
        loops = {name for name, file in used_loop_devices().items() if file == "/" or file.endswith("vault.img")}
        mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
        return {
            "loop devices": loops, "FUSE connections": fuse_connections(), "trials": set(trials()),
            "mounts": {line for line in mounts if "vault" in line or "secrets" in line or "trial" in line},
        }

    def check(self):
        def left():
            now = self.take()
            return {what: now[what] - self.before[what] for what in now if now[what] - self.before[what]}

        wait_until(lambda: not left(), f"nothing left behind, but: {left()}")


# -- on a machine where all is well ---------------------------------------------------------------------------------------


def test_without_a_project_it_says_what_is_there_and_ends_with_0(provider, tmp_path):
    stock = Stock()
    found = lines(doctor(directory=tmp_path, status=0).stdout)
    assert found["driver fuse"] == f"✓ driver fuse: {FINE}; auto takes it"
    assert found["project"].startswith("– ")
    for name in ("provider native", "kernel", "user namespaces", "image", "locked memory", "disk vault", "disk native"):
        assert found[name].startswith("✓ "), found
    assert set(found) >= {"provider docker", "provider podman", "subuids", "swap", "network"}
    stock.check()
    assert not list(tmp_path.iterdir())


def test_a_driver_that_is_not_there_is_no_failure_when_auto_finds_another(provider):
    said = lines(doctor(before=WITHOUT_MAPPER, status=0).stdout)["driver dmcrypt"]
    assert said.startswith(f"✗ driver dmcrypt: {NO_MAPPER} (") and said.endswith("); fuse is used instead")
    if not HAS_DEVICE_MAPPER:
        assert "(modprobe dm-crypt on the host)" in said


def test_a_driver_that_the_project_asks_for_and_that_is_not_there_is_one(provider, make_pod):
    pod = make_pod(config="vault: {driver: dmcrypt}\n")
    done = doctor("--project", str(pod.directory), before=WITHOUT_MAPPER, status=PROVIDER)
    found = lines(done.stdout)
    assert found["driver dmcrypt"].startswith(f"✗ driver dmcrypt: {NO_MAPPER}, and the project asks for it; ")
    assert found["driver fuse"].startswith("✓ ")
    assert "(driver dmcrypt)" in one_sentence(done)


def test_json_has_every_finding_and_the_answer(provider, make_pod):
    pod = make_pod(config="name: mine\n")
    report = json.loads(pod.run("doctor", "--provider", "native", "--json", check=0).output)
    assert report["ready"] is True and report["provider"] == "native" and report["project"] == "mine"
    assert report["driver"] == "fuse"
    for finding in report["findings"]:
        assert set(finding) >= {"name", "state", "sentence", "needed"}, finding
        assert set(finding) <= {"name", "state", "sentence", "needed", "next", "instead"}, finding
        assert finding["state"] in ("ok", "warning", "missing", "not-applicable") and not finding["needed"]
    names = [finding["name"] for finding in report["findings"]]
    assert len(set(names)) == len(names)


def test_it_needs_no_network_and_says_that_there_is_none(provider):
    done = subprocess.run(
        ["unshare", "--net", str(PROGRAMS / "tazpod"), "doctor", "--provider", "native"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done
    assert lines(done.stdout)["network"].startswith("! network: this machine has no default route")


def test_colour_is_for_terminals_alone_and_not_where_it_is_unwanted(provider):
    assert "\x1b" not in doctor(status=0).stdout
    said = {}
    for name, variables in (("plain", {"NO_COLOR": "1"}), ("coloured", {"NO_COLOR": ""})):
        child = pexpect.spawn(
            str(PROGRAMS / "tazpod"), ["doctor", "--provider", "native"], encoding="utf-8", timeout=60,
            env=dict(os.environ, TERM="xterm", **variables), dimensions=(50, 300))
        child.expect(pexpect.EOF)
        child.close()
        said[name] = child.before
    assert "\x1b" not in said["plain"]
    assert "\x1b[32m✓\x1b[0m driver fuse" in said["coloured"]
    assert plain_text(said["coloured"]).splitlines()[0] == said["plain"].splitlines()[0]


# -- on a machine that lacks something -------------------------------------------------------------------------------------


def test_another_device_in_the_place_of_dev_fuse_is_seen(provider):
    stock = Stock()
    found = lines(doctor(before=[*WITHOUT_MAPPER, "mount --bind /dev/null /dev/fuse"], status=0).stdout)
    assert found["driver fuse"].startswith("✗ driver fuse: what lies at /dev/fuse is another device or file (sudo umount /dev/fuse")
    assert found["driver ram"] == f"✓ driver ram: {FINE}; auto takes it"
    stock.check()


@pytest.mark.parametrize("node", ["fuse", "loop-control"])
def test_a_missing_device_node_is_named_with_the_command_that_makes_it(provider, node):
    kept = [f"touch /dev/shm/dev/{name} && mount --bind /dev/{name} /dev/shm/dev/{name}"
            for name in ("null", "zero", "full", "random", "urandom", "tty", "fuse", "loop-control") if name != node]
    before = ["mount --make-rprivate /", "mount -t tmpfs tmpfs /dev/shm", "mkdir /dev/shm/dev", *kept, "mount --rbind /dev/shm/dev /dev"]
    found = lines(doctor(before=before, status=0).stdout)
    assert re.search(rf"there is no /dev/{node} \(modprobe .* or sudo mknod -m 600 /dev/{node} c 10 \d+\)", found["driver fuse"])
    assert found["driver ram"].endswith("; auto takes it")


@pytest.mark.parametrize("program, package, line", [
    ("bwrap", "bubblewrap", "provider native"), ("setpriv", "util-linux", "provider native"), ("tmux", "tmux", "image"),
    ("mke2fs", "e2fsprogs", "image")])
def test_a_missing_program_is_named_with_its_package(provider, program, package, line):
    done = doctor(before=[f"mount --bind /dev/null $(readlink -f $(command -v {program}))"], status=PROVIDER)
    said = lines(done.stdout)[line]
    assert f"there is no {program} on this machine" in said and said.endswith(f"sudo apt-get install {package}")
    assert line in one_sentence(done)


def test_a_kernel_without_user_namespaces_is_told_with_the_setting(provider):
    # Per user namespace, so that only this test's own is changed.
    script = "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$0\" doctor --provider native"
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", script, str(PROGRAMS / "tazpod")], capture_output=True, text=True,
        timeout=60)
    assert done.returncode == PROVIDER, done
    assert lines(done.stdout)["user namespaces"].endswith("sudo sysctl -w user.max_user_namespaces=15000")


def test_without_root_and_without_a_range_of_ids_it_says_so(provider, tmp_path):
    for name in ("tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets"):
        shutil.copy2(PROGRAMS / name, tmp_path / name)
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        if folder != pathlib.Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run(
        ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", str(tmp_path / "tazpod"), "doctor", "--provider", "native"],
        capture_output=True, text=True, timeout=60, cwd="/")
    assert done.returncode == PROVIDER, done
    found = lines(done.stdout)
    assert found["provider native"].startswith("✓ ")
    assert found["subuids"].startswith("✗ ") and "0 subordinate ids in /etc/subuid and /etc/subgid" in found["subuids"]
    assert found["drivers"].startswith("– ")


def test_a_docker_that_hangs_is_said_to_hang_after_some_seconds(provider, tmp_path):
    fake = tmp_path / "docker"
    fake.write_text("#!/bin/sh\nsleep 5432\n")
    fake.chmod(0o755)
    start = time.monotonic()
    done = doctor(path=f"{tmp_path}:{os.environ['PATH']}", status=PROVIDER)
    assert time.monotonic() - start < 30
    assert "docker is there and gave no answer within 5 seconds" in lines(done.stdout)["provider docker"]
    assert lines(done.stdout)["driver fuse"].startswith("✓ ")
    wait_until(lambda: subprocess.run(["pgrep", "-f", "^sleep 5432$"], timeout=20).returncode == 1, "the fake docker has ended")


def test_a_wrong_config_ends_with_3_as_everywhere(provider, make_pod):
    pod = make_pod(config="imgae: x\n")
    assert "config.yaml:2:1" in one_sentence(pod.run("doctor", check=3))


def test_what_this_version_cannot_plan_is_in_the_way(provider, make_pod):
    pod = make_pod(config="agent: {name: opencode}\n")
    done = pod.run("doctor", "--provider", "native", check=PROVIDER)
    assert lines(done.output)["project"].startswith("✗ project: this version does not know agent:")


# -- in a pod -------------------------------------------------------------------------------------------------------------


def test_a_running_pod_is_asked_itself_beside_its_open_vault(pod):
    leftovers = Leftovers(pod)
    pod.unlock()
    done = pod.run("doctor", "--verbose", check=0)
    assert "doctor --raw" in done.errors and "--try-drivers" not in done.errors
    assert lines(done.output)["driver fuse"] == f"✓ driver fuse: {FINE}; auto takes it"
    wait_until(lambda: len(pod.processes_named("tazpod-ghost")) == 1, "the trial has ended")
    assert pod.vault_state() == "open"
    pod.lock()
    leftovers.check()


def test_the_workspace_user_may_ask_in_the_pod(pod):
    program = "/run/tazpod/bin/tazpod"
    leftovers = Leftovers(pod)
    said = pod.public(program, "doctor", check=0).output
    assert set(lines(said)) >= {"kernel", "driver fuse", "driver dmcrypt", "locked memory", "swap", "user namespaces"}
    report = json.loads(pod.public(program, "doctor", "--json", check=0).output)
    assert report["ready"] is True and report["driver"] == "fuse"
    leftovers.check()
    # libdevmapper would make its control node, and auto would then take a driver that does not work.
    pod.public("test", "!", "-e", "/dev/mapper/control", check=0)
    pod.unlock()
    assert pod.status()["vault"]["driver"] == "fuse"


def test_nobody_else_may(pod):
    done = subprocess.run(
        ["nsenter", "--target", str(pod.init_pid()), "--mount", "--pid", "--", "setpriv", "--reuid", "4321", "--regid", "4321",
         "--clear-groups", "/run/tazpod/bin/tazpod", "doctor"], capture_output=True, text=True, timeout=60)
    assert done.returncode == REFUSED and "uid 4321" in one_sentence(done)


def test_one_trial_at_a_time(pod):
    command = pod.command("doctor", "--verbose")
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=pod.environment) for _ in range(3)]
    said = [process.communicate(timeout=60) for process in running]
    # Those that come too late have the drivers tried beside the pod.
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert any("somebody else has the drivers tried" in errors for _, errors in said), said


def test_a_pod_of_another_plan_is_not_what_is_asked_about(pod):
    pod.configure("vault: {driver: fuse}\n")
    done = pod.run("doctor", "--verbose", check=0)
    assert "--try-drivers fuse" in done.errors and "doctor --raw" not in done.errors
    assert lines(done.output)["driver fuse"].endswith("the project asks for it")


# -- killed in the middle -------------------------------------------------------------------------------------------------


def killed_after(seconds, command, environment=None):
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment, cwd="/")
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    process.wait(20)


def test_nothing_is_left_when_it_is_killed_at_any_moment(provider):
    stock = Stock()
    for tenths in range(1, 11):
        killed_after(tenths / 10, [str(PROGRAMS / "tazpod"), "doctor", "--provider", "native"])
        stock.check()
    doctor(status=0)


def test_a_probe_that_hangs_ends_with_it(provider, tmp_path):
    fake = tmp_path / "docker"
    fake.write_text("#!/bin/sh\nexec sleep 5433\n")
    fake.chmod(0o755)
    killed_after(
        1, [str(PROGRAMS / "tazpod"), "doctor", "--provider", "native"], dict(os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}"))
    wait_until(lambda: subprocess.run(["pgrep", "-f", "^sleep 5433$"], timeout=20).returncode == 1, "the fake docker has ended", 3)


def test_it_writes_no_file_anywhere_killed_or_not(provider):
    folders = "/tmp /var/tmp /var/lib /root /run"
    script = f"""
        for folder in {folders}; do mount -t tmpfs tmpfs $folder || exit; done
        for seconds in 0.2 0.5 0.8 30; do timeout --signal=KILL $seconds "$0" doctor --provider native >/dev/null; done
        echo $? >&2; find {folders} -mindepth 1
        """
    # Its programs are elsewhere then, if they are below one of these folders.
    with tempfile.TemporaryDirectory(dir="/opt") as folder:
        for name in ("tazpod", "tazpod-init", "tazpod-ghost", "tazpod-secrets"):
            shutil.copy2(PROGRAMS / name, folder)
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, f"{folder}/tazpod"], capture_output=True, text=True, timeout=60, cwd="/")
    assert (done.stdout, done.stderr.splitlines()[-1]) == ("", "0"), done


def test_nothing_is_left_when_the_trial_in_a_pod_is_killed_at_any_moment(pod):
    leftovers, mounts = Leftovers(pod), pathlib.Path(f"/proc/{pod.init_pid()}/mountinfo").read_text()
    for delay in (0.0, 0.03, 0.08, 0.15, 0.25, 0.4):
        process = subprocess.Popen(pod.command("doctor"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=pod.environment)
        ghosts = wait_until(lambda: pod.processes_named("tazpod-ghost"), "a trial runs")
        time.sleep(delay)
        # The first is the trial itself; the others are its keepers.
        end_process(min(ghost.pid for ghost in ghosts))
        process.communicate(timeout=60)
        leftovers.check()
        assert pathlib.Path(f"/proc/{pod.init_pid()}/mountinfo").read_text() == mounts
    pod.run("doctor", check=0)
    pod.unlock()


def test_a_pod_stops_while_its_drivers_are_tried(provider, make_pod):
    pod: Pod = make_pod().up()
    process = subprocess.Popen(pod.command("doctor"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=pod.environment)
    wait_until(lambda: pod.processes_named("tazpod-ghost"), "a trial runs")
    start, stock = time.monotonic(), Stock()
    pod.run("down", check=0)
    assert time.monotonic() - start < 15
    process.wait(60)
    stock.before["trials"] = set()
    stock.check()
