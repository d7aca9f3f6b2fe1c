"""Native pods of a user who is not root: whose files are whose, who else gets in, what is refused, and what stays."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from pod import PASSPHRASE, WAIT, Leftovers, Pod, Process, all_processes, used_loop_devices, wait_until
from sentence import one_sentence
from user import FIRST, GID, OTHER, UID, User, UserPod, processes
from vault_verbs import findings, stock_opens, vault

PROVIDER = 4


@pytest.fixture
def make_user_pod(user, user_programs):
    pods = []

    def make(whose=user, programs=user_programs, **options):
        pods.append(UserPod(whose, programs=programs, **options))
        return pods[-1]

    yield make
    for pod in reversed(pods):
        pod.close()


@pytest.fixture
def user_pod(make_user_pod):
    """A running pod of the user's with a vault that opens quickly."""
    pod = make_user_pod()
    pod.use_quick_vault()
    return pod.up()


@pytest.fixture
def make_user(user):
    """Makes users of machines that lack something."""
    users = []

    def make(**options):
        users.append(User(**options))
        return users[-1]

    yield make
    for made in users:
        made.close()


def owners(folder):
    """Whose what is in `folder` is, on the host."""
    return {(path.lstat().st_uid, path.lstat().st_gid) for path in [folder, *folder.rglob("*")]}


def in_place_of_newuidmap(script):
    """Commands that lay a script of a line over it."""
    program = "$(readlink -f $(command -v newuidmap))"
    return [
        "stand_in=$(mktemp)", f"printf '#!/bin/sh\\n%s\\n' '{script}' > $stand_in", "chmod 755 $stand_in", f"mount --bind $stand_in {program}",
        "rm $stand_in"]


# -- the whole way --------------------------------------------------------------------------------------------------------


def test_the_whole_way_from_init_to_down(make_user_pod):
    pod = make_user_pod()
    shutil.rmtree(pod.directory / ".tazpod")
    loops = used_loop_devices()
    done = subprocess.run(
        pod.user.command("sh", "-c", 'cd "$1" && "$0" init', str(pod.programs / "tazpod"), str(pod.directory)), capture_output=True,
        timeout=WAIT, env=pod.environment)
    assert done.returncode == 0, done
    pod.up()
    terminal = pod.terminal("enter")
    terminal.expect(r"(\$ |❯)")
    terminal.sendline("id -un; exit 3")
    terminal.expect("tazpod")
    terminal.wait()
    assert terminal.exitstatus == 3
    pod.unlock()
    assert pod.status()["vault"]["driver"] == "ram"
    pod.ghost("echo kept > ~/secrets/kept", check=0)
    assert "saved" in pod.run("vault", "save", check=0).output
    pod.lock()
    for words in (["vault", "info"], ["vault", "check"], ["sessions"], ["logs"], ["list"], ["doctor", "--provider", "native"]):
        pod.run(*words, check=0)
    assert pod.run("unlock", "--", "cat", "/home/tazpod/secrets/kept", passphrase=PASSPHRASE).output == "kept\n"
    assert owners(pod.directory) == {(UID, GID)}
    name = pod.name
    pod.run("down", check=0)
    assert not (pod.records / name).exists() and pod.image.exists()
    wait_until(lambda: not processes(), f"none of its processes is left, but: {processes()}")
    assert used_loop_devices().keys() <= loops.keys()
    assert owners(pod.folder / "home") == {(UID, GID)}


def test_files_of_the_project_and_the_vault_stay_the_users(user_pod):
    script = "mkdir made && echo text > made/file && chmod 700 made && ln -s file made/link && cp -r made again"
    user_pod.public("sh", "-c", script, check=0)
    user_pod.unlock()
    user_pod.ghost("echo from the ghost > /workspace/ghosts; echo 1 > ~/secrets/file", check=0)
    user_pod.lock()
    assert owners(user_pod.directory) == {(UID, GID)}
    # A new image has taken the old one's place by now: it is a file that the user can back up.
    assert user_pod.user.run("head", "-c", "4", str(user_pod.image)).stdout == "LUKS"
    # And what the user writes on the host is the workspace user's to change.
    assert user_pod.user.run("sh", "-c", f"umask 077; echo host > {user_pod.directory}/hosts").returncode == 0
    assert user_pod.public("sh", "-c", "cat hosts && rm hosts", check=0).output == "host\n"


def test_a_new_vault_belongs_to_the_user_also_where_folders_pass_their_group_on(make_user_pod):
    pod = make_user_pod(config="vault: {size: 32MiB}\n")
    os.chown(pod.directory / ".tazpod", UID, 0)
    (pod.directory / ".tazpod").chmod(0o2755)
    pod.up().unlock()
    pod.lock()
    assert {(path.stat().st_uid, path.stat().st_gid) for path in (pod.image, pod.image.parent)} == {(UID, GID)}


def test_keys_are_changed_and_the_header_is_kept(user_pod):
    vault(user_pod, "passwd", passphrase=PASSPHRASE, new="another one")
    key = vault(user_pod, "recovery", "--force", passphrase="another one").output.strip()
    backup = user_pod.folder / "home/header"
    vault(user_pod, "backup", backup)
    assert owners(backup) == {(UID, GID)}
    vault(user_pod, "restore", "--yes", backup)
    assert [stock_opens(user_pod.image, text) for text in (PASSPHRASE, "another one", key)] == [False, True, True]
    assert owners(user_pod.directory) == {(UID, GID)}


def test_down_removes_what_the_workspace_user_closed(user_pod):
    name = user_pod.name
    user_pod.public("sh", "-c", "mkdir -p ~/a/b && touch ~/a/b/c && chmod 500 ~/a/b && chmod 0 ~/a", check=0)
    user_pod.run("down", check=0)
    assert not (user_pod.records / name).exists()


def test_the_pods_own_root_is_no_user_of_the_host(user_pod):
    roots = {process.uid for process in user_pod.processes_named("tazpod-init")}
    assert roots == {FIRST}
    user_pod.unlock()
    assert {process.uid for process in user_pod.enclave_processes()} == {UID}
    assert not any(process.uid == 0 for process in user_pod.processes())


# -- who else gets in ------------------------------------------------------------------------------------------------------

CONNECT = """
import socket, sys
client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
client.connect(sys.argv[1])
client.send(b"status\\0")
print(client.recv(65536)[:2].decode())
"""


def ways_in(pod, uid):
    """What uid on the host can do to the pod, by the way it takes."""
    init, program = pod.init_pid(), str(pod.programs / "tazpod")
    enclave = max(process.pid for process in pod.enclave_processes() if process.uid == UID)
    ways = {
        "enter": ["nsenter", "--target", str(init), *pod.namespaces, "--", "true"],
        "enclave": [
            "nsenter", f"--user=/proc/{init}/ns/user", f"--mount=/proc/{enclave}/ns/mnt", "--", "cat", "/home/tazpod/secrets/token"],
        "files": ["ls", f"/proc/{init}/root/run/tazpod"],
        "secrets": ["cat", f"/proc/{enclave}/root/home/tazpod/secrets/token"],
        "environment": ["cat", f"/proc/{enclave}/environ"],
        "socket": ["/usr/bin/python3", "-c", CONNECT, f"/proc/{init}/root/run/tazpod/control.sock"],
        "records": ["ls", str(pod.records)],
        "signal": ["kill", "-0", str(init)],
        "exec": [program, "exec", "--project", str(pod.directory), "--", "true"],
    }
    environment = dict(pod.environment, XDG_RUNTIME_DIR="/nowhere")
    return {way for way, words in ways.items() if pod.user.run(*words, uid=uid, env=environment).returncode == 0}


def test_another_user_of_the_host_gets_nowhere_and_the_same_user_everywhere(user_pod):
    user_pod.unlock()
    user_pod.ghost("echo precious > ~/secrets/token; nohup sleep 600 >/dev/null 2>&1 &", check=0)
    assert ways_in(user_pod, OTHER) == set()
    # The boundary as docs/security.md has it, and the control of the line above.
    everything = {"enter", "enclave", "files", "secrets", "environment", "socket", "records", "signal", "exec"}
    assert ways_in(user_pod, UID) == everything


def test_roots_pods_and_the_users_do_not_see_each_other(user_pod):
    roots = Pod("native")
    try:
        roots.up()
        names = {True: {roots.name}, False: {user_pod.name}}
        for pod in (roots, user_pod):
            listed = {entry["name"] for entry in json.loads(pod.run("list", "--json", check=0).output)}
            assert names[pod is roots] <= listed and not names[pod is not roots] & listed
        # Its project is there to be read, and its pod is none of the user's.
        done = user_pod.user.run(
            str(user_pod.programs / "tazpod"), "status", "--json", "--project", str(roots.directory), env=user_pod.environment)
        assert json.loads(done.stdout)["pod"] == "absent", done
        for pod in (roots, user_pod):
            assert pod.public("ls", "-A", "/var/lib/tazpod", check=0).output == ""
    finally:
        roots.close()


def test_records_in_a_folder_that_pods_see_are_hidden_from_them(make_user_pod):
    with tempfile.TemporaryDirectory(prefix="tazpod-test.", dir="/opt") as folder:
        os.chown(folder, UID, GID)
        pod = make_user_pod()
        pod.environment["XDG_STATE_HOME"] = folder
        try:
            pod.up()
            assert os.listdir(f"{folder}/tazpod") == [pod.name]
            assert pod.public("ls", "-A", f"{folder}/tazpod", check=0).output == ""
        finally:
            pod.down()
        assert os.listdir(f"{folder}/tazpod") == []


# -- what is refused, and what is said -------------------------------------------------------------------------------------


def refusal(pod):
    """What `up` says instead of starting; nothing is left of the attempt."""
    done = pod.run("up", "--provider", "native", check=PROVIDER)
    assert not pod.records.exists() or not os.listdir(pod.records)
    assert not processes()
    return one_sentence(done)


@pytest.mark.parametrize("program", ["newuidmap", "newgidmap"])
def test_without_newuidmap_it_says_so(make_user, make_user_pod, program):
    user = make_user(before=[f"mount --bind /dev/null $(readlink -f $(command -v {program}))"])
    pod = make_user_pod(user)
    end = f"there is no {program} on this machine; sudo apt-get install uidmap"
    assert refusal(pod) == f"tazpod: native cannot run a pod for tazpod-tester: {end}"
    done = pod.run("doctor", "--provider", "native", check=PROVIDER)
    assert f"✗ subuids: {end}" in done.output and "(subuids)" in done.errors


@pytest.mark.parametrize("count", [0, 65_534])
def test_without_a_range_of_ids_it_says_so(make_user, make_user_pod, count):
    pod = make_user_pod(make_user(count=count))
    end = (
        f"tazpod-tester has {count} subordinate ids in /etc/subuid and /etc/subgid, and a pod takes 65535; "
        "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 tazpod-tester")
    assert refusal(pod) == f"tazpod: native cannot run a pod for tazpod-tester: {end}"
    assert f"✗ subuids: {end}" in pod.run("doctor", "--provider", "native", check=PROVIDER).output


def test_ids_that_newuidmap_refuses_are_told_with_its_reason(make_user, make_user_pod):
    user = make_user(before=in_place_of_newuidmap("echo not yours >&2; exit 1"))
    assert "the pod was not given its ids (not yours); look at /etc/subuid and /etc/subgid" in refusal(make_user_pod(user))


@pytest.mark.parametrize("says", [None, "15000"], ids=["and says so", "and says otherwise"])
def test_a_kernel_that_allows_no_user_namespace_is_told(make_user_pod, says, tmp_path):
    pod = make_user_pod()
    # The limit is each user namespace's own, so that only this test's is changed.
    (tmp_path / "limit").write_text(f"{says}\n")
    mask = f"mount --bind {tmp_path / 'limit'} /proc/sys/user/max_user_namespaces" if says else "true"
    script = f'echo ready; read go; echo 0 > /proc/sys/user/max_user_namespaces; {mask}; exec "$@"'
    user = ["setpriv", "--reuid", str(UID), "--regid", str(GID), "--clear-groups", "--"]
    command = Pod.command(pod, "up", "--provider", "native")
    process = subprocess.Popen(
        pod.user.command("unshare", "--user", "--mount", "--keep-caps", "sh", "-c", script, "sh", *user, *command, uid=0, gid=0),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=pod.environment)
    assert process.stdout.readline() == "ready\n"
    for name in ("uid_map", "gid_map"):
        pathlib.Path(f"/proc/{process.pid}/{name}").write_text("0 0 4294967295\n")
    _, errors = process.communicate("go\n", timeout=WAIT)
    assert process.returncode == PROVIDER, errors
    if says is None:
        assert errors.strip().endswith("this machine allows none, and what protects an enclave is one; sudo sysctl -w user.max_user_namespaces=15000")
    else:
        assert "cannot make a user namespace: No space left on device; look at sysctl user.max_user_namespaces" in errors
    assert len(errors.splitlines()) == 1


def test_a_kernel_that_keeps_user_namespaces_for_root_is_told(make_user, make_user_pod, tmp_path):
    """By Debian's old setting and by Ubuntu's new one, neither of which this kernel need have."""
    for name, setting in (("unprivileged_userns_clone", "0"), ("apparmor_restrict_unprivileged_userns", "1")):
        # A folder with the one setting in place of the kernel's.
        folder = tmp_path / name
        folder.mkdir()
        for kept in ("osrelease", "cap_last_cap", "overflowuid", "overflowgid", "ngroups_max"):
            (folder / kept).write_text((pathlib.Path("/proc/sys/kernel") / kept).read_text())
        (folder / name).write_text(setting + "\n")
        for path in [*tmp_path.parents, tmp_path, folder]:
            if path.is_relative_to("/tmp/pytest-of-root"):
                path.chmod(0o755)
        user = make_user(before=[f"mount --bind {folder} /proc/sys/kernel"])
        assert f"kernel.{name}=" in refusal(make_user_pod(user))


@pytest.mark.parametrize("driver, device", [("fuse", "loop devices"), ("dmcrypt", "device-mapper")])
def test_a_driver_that_takes_roots_devices_is_refused(make_user_pod, driver, device):
    pod = make_user_pod(config=f"vault: {{driver: {driver}}}\n")
    sentence = f"the driver {driver} takes {device}, which native pods have only when root starts them; write driver: auto or ram under vault:"
    assert sentence in refusal(pod)
    done = pod.run("doctor", "--provider", "native", check=PROVIDER)
    assert f"✗ driver {driver}: {sentence}" in done.output and f"(driver {driver})" in done.errors


def test_a_vault_of_roots_is_refused_with_the_way_to_change_that(make_user_pod):
    pod = make_user_pod()
    pod.use_quick_vault()
    os.chown(pod.image, 0, 0)
    pod.image.chmod(0o600)
    assert f"{pod.image} is closed to a pod that root did not start: it is of uid 0 and gid 0, " in refusal(pod)


def test_what_no_native_pod_has_is_said(make_user_pod):
    pod = make_user_pod(config="resources: {memory: 4GiB}\nports: ['8372']\n")
    said = pod.run("up", "--provider", "native", check=0).errors
    assert "tazpod: native sets no limits: cpu: and memory: under resources: in config.yaml have no effect\n" in said
    assert "tazpod: native pods share this machine's network: what listens on 8372 in the pod chooses the address by itself\n" in said


def test_work_on_the_vault_that_takes_a_block_device_is_refused(user_pod):
    for verb, arguments in (("resize", ["128MiB"]), ("check", ["--full"])):
        done = vault(user_pod, verb, *arguments, passphrase=PASSPHRASE, check=PROVIDER)
        assert one_sentence(done).endswith("/dev/fuse: No such file or directory; pods of docker and of root have it, with driver: auto or fuse")
    assert findings(user_pod)["header"]["result"] == "ok"


# -- killed in the middle -------------------------------------------------------------------------------------------------


def test_killed_before_it_has_its_ids_a_pod_leaves_no_process(make_user, make_user_pod):
    pod = make_user_pod(make_user(before=in_place_of_newuidmap("exec sleep 54321")))
    before = {process.pid for process in of_user()}

    def own():
        return [process for process in of_user() if process.pid not in before]

    launcher = subprocess.Popen(pod.command("up", "--provider", "native"), stderr=subprocess.DEVNULL, env=pod.environment)
    wait_until(lambda: "sleep" in {process.name for process in own()}, "newuidmap runs")
    launcher.send_signal(signal.SIGKILL)
    launcher.wait(WAIT)
    wait_until(lambda: not own(), f"no process is left, but: {own()}", 5)


def of_user():
    return [process for process in all_processes() if process.uid == UID]


def test_a_killed_pod_locks_its_vault_and_leaves_nothing(user_pod):
    user_pod.unlock()
    user_pod.ghost("echo kept > ~/secrets/kept", check=0)
    os.kill(user_pod.init_pid(), signal.SIGKILL)
    wait_until(lambda: not processes(), f"none of its processes is left, but: {processes()}")
    user_pod.up()
    assert Process.read(user_pod.init_pid()).uid == FIRST
    leftovers = Leftovers(user_pod)
    user_pod.unlock()
    user_pod.lock()
    leftovers.check()


def test_ssh_leads_into_a_users_own_pod_and_into_its_ghost(user_pod):
    user_pod.unlock()
    for session, mark in (("main", ""), ("ghost", "1")):
        config = user_pod.folder / f"{session}.conf"
        config.write_text(user_pod.run("ssh-config", "--session", session, check=0).output)
        host = user_pod.run("ssh-config", "--session", session, "--name", check=0).output.strip()
        done = user_pod.user.run("ssh", "-F", str(config), "-tt", host, "id -un; echo ghost=$TAZPOD_GHOST; tty", env=user_pod.environment)
        name, ghost, tty = done.stdout.split()
        assert (name, ghost) == ("tazpod", f"ghost={mark}") and tty.startswith("/dev/pts/"), done
