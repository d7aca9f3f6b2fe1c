"""ssh, scp, rsync, git and what editors run over ssh, into a pod's public area."""

import concurrent.futures
import hashlib
import os
import pathlib
import shutil
import socket
import subprocess
import threading

import pexpect
import pytest

from missing import missing
from pod import wait_until
from remote import PROVIDERS, Remote, connect, echo_server, echoed, ended, exchange, free_port, make

CONFIG = """env: {EDITOR: 'nvim "-u" a\\b', GREETING: "100% §"}\n"""


@pytest.fixture(scope="module", params=PROVIDERS)
def remote(request):
    if request.param != "native":
        request.getfixturevalue(request.param)
    for tool in ("ssh", "sshd", "scp", "sftp", "rsync", "git", "ssh-agent"):
        if shutil.which(tool, path="/usr/bin:/bin:/usr/sbin:/sbin") is None:
            missing(f"{tool} is not installed")
    pod = make(request.param, config=CONFIG, name="a project")
    request.addfinalizer(pod.close)
    return Remote(pod.up())


def in_workspace(remote, name):
    """A new folder of the workspace, which is the user's: its path in the pod."""
    folder = remote.pod.directory / name
    folder.mkdir()
    os.chown(folder, 1000, 1000)
    return f"/workspace/{name}"


def test_a_command_has_its_input_output_errors_and_status(remote):
    done = remote.run("%h", "cat; echo bad >&2; exit 7", input="good\n", check=7)
    assert (done.stdout, done.stderr) == ("good\n", "bad\n")
    assert remote.run("%h", "id -un; uname -sm").stdout.split() == ["tazpod", "Linux", os.uname().machine]


def test_a_terminal_has_its_size_and_type(remote):
    command = remote.command("-tt", "%h", "stty size; echo $TERM $COLORTERM; tty; read x; stty size")
    terminal = pexpect.spawn(
        command[0], command[1:], dimensions=(31, 101), encoding="utf-8", timeout=20, env=dict(remote.pod.environment, COLORTERM="truecolor"))
    terminal.expect("31 101\r\nxterm-256color truecolor\r\n/dev/pts/")
    terminal.setwinsize(41, 111)
    terminal.sendline("")
    terminal.expect("41 111")
    terminal.wait()
    terminal.close()


def test_its_sessions_have_the_pods_environment(remote):
    said = remote.run("%h", 'printf "%s\\n" "$EDITOR" "$GREETING" "$HOME" "$PATH" "$LANG"; env | grep TAZPOD_; true').stdout.splitlines()
    assert said[:3] == ['nvim "-u" a\\b', "100% §", "/home/tazpod"]
    assert "/usr/bin" in said[3] and said[4] == "C.UTF-8"
    assert said[5:] == []


def test_scp_and_sftp_carry_files_both_ways(remote, tmp_path):
    place = in_workspace(remote, "scp")
    data = os.urandom(3 << 20)
    (tmp_path / "a file").write_bytes(data)
    remote.run(str(tmp_path / "a file"), f"%h:{place}/there", program="scp")
    assert remote.run("%h", f"sha256sum {place}/there").stdout.split()[0] == hashlib.sha256(data).hexdigest()
    remote.run(f"%h:{place}/there", str(tmp_path / "back"), program="scp")
    assert (tmp_path / "back").read_bytes() == data
    # The older protocol, which rsync-like tools and old clients still use.
    remote.run("-O", f"%h:{place}/there", str(tmp_path / "older"), program="scp")
    assert (tmp_path / "older").read_bytes() == data
    remote.run("-b", "-", "%h", program="sftp", input=f"rename {place}/there {place}/renamed\n")
    assert (remote.pod.directory / "scp/renamed").exists()


def test_rsync_carries_a_tree_both_ways(remote, tmp_path):
    place = in_workspace(remote, "rsync")
    tree = tmp_path / "tree"
    for number in range(50):
        (tree / str(number % 5)).mkdir(parents=True, exist_ok=True)
        (tree / str(number % 5) / str(number)).write_bytes(os.urandom(1000))
    host = remote.host()
    for source, target in ((f"{tree}/", f"{host}:{place}/"), (f"{host}:{place}/", f"{tmp_path}/back/")):
        subprocess.run(["rsync", "-rlpte", remote.transport, source, target], check=True, env=remote.pod.environment, timeout=60)
    subprocess.run(["diff", "-r", str(tree), str(tmp_path / "back")], check=True, timeout=60)


def test_git_clones_and_pushes(remote, tmp_path):
    place = in_workspace(remote, "git")
    remote.run(
        "%h", f"cd {place} && git init -q --bare r.git && git clone -q r.git w 2>/dev/null && cd w && git config user.email a@b && "
        "git config user.name a && echo one > file && git add file && git commit -qm one && git push -q origin HEAD")
    environment = dict(remote.pod.environment, GIT_SSH_COMMAND=remote.transport)

    def git(*arguments):
        return subprocess.run(
            ["git", "-c", "user.email=a@b", "-c", "user.name=a", *arguments], check=True, env=environment, timeout=60, capture_output=True)

    git("clone", "-q", f"{remote.host()}:{place}/r.git", str(tmp_path / "clone"))
    (tmp_path / "clone/file").write_text("two\n")
    git("-C", str(tmp_path / "clone"), "commit", "-qam", "two")
    git("-C", str(tmp_path / "clone"), "push", "-q")
    assert remote.run("%h", f"git --git-dir {place}/r.git log --format=%s").stdout.split() == ["two", "one"]


def test_ports_are_forwarded_in_both_directions_and_dynamically(remote):
    local, dynamic = free_port(), free_port()
    with echo_server(remote.pod) as port, socket.create_server(("127.0.0.1", 0)) as here:
        threading.Thread(target=serve_once, args=(here,), daemon=True).start()
        back = here.getsockname()[1]
        # What the pod listens on must be free on the host too: a native pod has its network.
        remote_port = free_port()
        process = remote.start(
            "-o", "ExitOnForwardFailure=yes", "-L", f"{local}:127.0.0.1:{port}", "-R", f"127.0.0.1:{remote_port}:127.0.0.1:{back}",
            "-D", f"127.0.0.1:{dynamic}", "%h", "echo up; exec cat")
        with ended(process):
            assert process.stdout.readline() == "up\n"
            data = os.urandom(1 << 20)
            assert exchange(connect(local), data) == echoed(data)
            assert exchange(through_socks(dynamic, port), b"dynamic") == echoed(b"dynamic")
            said = remote.pod.public("bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{remote_port}; cat <&3").output
            assert said == "from the host"


def serve_once(server):
    connection, _ = server.accept()
    connection.sendall(b"from the host")
    connection.close()


def through_socks(proxy, port):
    """A connection through a SOCKS proxy (RFC 1928) to a port of the pod."""
    connection = connect(proxy)
    connection.sendall(b"\x05\x01\x00")
    assert connection.recv(2) == b"\x05\x00"
    connection.sendall(b"\x05\x01\x00\x01\x7f\x00\x00\x01" + port.to_bytes(2, "big"))
    assert connection.recv(10)[:2] == b"\x05\x00"
    return connection


def test_an_agent_is_forwarded_where_that_is_asked_for(remote, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key", "-C", "mine"], check=True, timeout=20)
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", tmp_path / "agent"], stdout=subprocess.DEVNULL)
    try:
        wait_until((tmp_path / "agent").exists, "the agent listens")
        remote.pod.environment["SSH_AUTH_SOCK"] = str(tmp_path / "agent")
        subprocess.run(["ssh-add", "-q", tmp_path / "key"], check=True, timeout=20, env=remote.pod.environment)
        assert "mine (ED25519)" in remote.run("-A", "%h", "ssh-add -l").stdout
        assert "mine" not in remote.run("%h", "ssh-add -l", check=None).stdout
    finally:
        remote.pod.environment.pop("SSH_AUTH_SOCK", None)
        agent.terminate()
        agent.wait(20)


# What VS Code's Remote-SSH runs: a shell that is fed a script, beside a dynamic forwarding.
SCRIPT = """
echo 5a1b: running
mkdir -p "$HOME/.vscode-server" && cd "$HOME/.vscode-server" && uname -rsv >/dev/null
for i in 1 2 3; do printf '%s' "$i" > "part$i"; done
echo "5a1b==arch=$(uname -m)==home=$HOME=="
cat > node <<'END'
#!/bin/sh
read line; echo "server says $line"
END
chmod +x node
exit 0
"""


def test_what_vs_code_sends_is_answered(remote):
    dynamic = free_port()
    done = remote.run("-T", "-D", str(dynamic), "-o", "ConnectTimeout=15", "%h", "bash", input=SCRIPT)
    assert done.stdout == f"5a1b: running\n5a1b==arch={os.uname().machine}==home=/home/tazpod==\n"
    assert remote.run("%h", ".vscode-server/node", input="hello\n").stdout == "server says hello\n"


def test_what_zed_sends_is_answered_over_one_connection(remote, tmp_path):
    control = ["-o", f"ControlPath={tmp_path}/control"]
    master = remote.start("-N", "-o", "ControlMaster=yes", "-o", "ControlPersist=no", *control, "%h")
    with ended(master):
        wait_until((tmp_path / "control").exists, "the connection is there")
        assert remote.run(*control, "%h", "uname -sm").stdout == f"Linux {os.uname().machine}\n"
        assert remote.run(*control, "%h", "sh -c 'echo $SHELL'").stdout == "/bin/bash\n"
        (tmp_path / "server").write_text("#!/bin/sh\nexec cat\n")
        remote.run(*control, str(tmp_path / "server"), "%h:.zed-server", program="scp")
        remote.run(*control, "%h", "chmod 755 .zed-server")
        # Long-lived channels, side by side: language servers, terminals, watchers.
        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            said = list(pool.map(lambda n: remote.run(*control, "%h", "exec ./.zed-server", input=f"{n}\n" * 1000).stdout, range(20)))
        assert said == [f"{n}\n" * 1000 for n in range(20)]


def test_connections_may_begin_at_once(remote):
    remote.host()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: remote.run("%h", f"echo {n}").stdout, range(8))) == [f"{n}\n" for n in range(8)]


def test_nobody_listens_and_nothing_stays_when_the_connection_ends(remote):
    def servers():
        return [p for p in remote.pod.processes() if p.name.startswith("sshd")]

    process = remote.start("%h", "echo up; exec cat")
    with ended(process):
        assert process.stdout.readline() == "up\n"
        inside = servers()
        assert inside and {p.uid for p in inside} == {1000}
        listening = listening_sockets(remote.pod.init_pid())
        assert not listening & {link for p in inside for link in sockets_of(p.pid)}
        process.kill()
    wait_until(lambda: not servers(), "the pod's sshd ends with ssh")


def listening_sockets(pid):
    lines = [line.split() for name in ("tcp", "tcp6") for line in pathlib.Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]]
    return {f"socket:[{fields[9]}]" for fields in lines if fields[3] == "0A"}


def sockets_of(pid):
    return {os.readlink(entry) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir() if os.path.islink(entry)}


def test_another_key_is_not_let_in_and_another_host_not_believed(remote, tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True, timeout=20)
    # The first file that is named is the first that is tried, and then there is no other.
    entry = remote.run("-G", "%h").stdout
    own = next(line.split(" ", 1)[1] for line in entry.splitlines() if line.startswith("identityfile "))
    config = tmp_path / "config"
    config.write_text(remote.config.read_text().replace(own, str(tmp_path / "key")))
    refused = remote.run("-F", str(config), "-o", "BatchMode=yes", "%h", "true", check=255)
    assert "Permission denied (publickey)" in refused.stderr
    (tmp_path / "known").write_text(f"{remote.host()} {' '.join((tmp_path / 'key.pub').read_text().split()[:2])}\n")
    refused = remote.run("-o", f"UserKnownHostsFile={tmp_path}/known", "%h", "true", check=255)
    assert "Host key verification failed" in refused.stderr
    for way in ("PreferredAuthentications=password", "PreferredAuthentications=keyboard-interactive"):
        assert "Permission denied (publickey)" in remote.run("-o", way, "-o", "BatchMode=yes", "%h", "true", check=255).stderr
    assert remote.run("-l", "root", "-o", "BatchMode=yes", "%h", "true", check=255).stderr


def test_the_keys_are_the_users_alone_and_this_pods(remote):
    host = remote.host()
    files = {path.name: path.stat().st_mode & 0o777 for path in (remote.keys / host).iterdir()}
    assert files["key"] == files["host_key"] == files["known_hosts"] == 0o600
    assert (remote.keys / host).stat().st_mode & 0o777 == 0o700
    listed = remote.run("%h", "ls -A ~/.local/state/tazpod/sshd; stat -c %a ~/.local/state/tazpod/sshd/host_key").stdout.split()
    assert sorted(listed) == ["600", "authorized_keys", "host_key", "sshd_config"]
    # No private key of the user's is in the pod.
    assert text_in(remote.keys / host / "key") not in remote.run("%h", "cat ~/.local/state/tazpod/sshd/*").stdout


def text_in(path):
    return path.read_text().splitlines()[2]
