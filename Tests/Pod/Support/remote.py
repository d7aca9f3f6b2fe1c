"""ssh into a pod, by stock OpenSSH and the configuration that `tazpod ssh-config` prints."""

import contextlib
import os
import signal
import socket
import subprocess
import threading

from pod import WAIT, Pod, wait_until

# `make test` has native alone; `make test-editors` names another.
PROVIDERS = os.environ.get("TAZPOD_TEST_EDITORS", "native").split(",")

# Echoes each connection, and answers "all N" once the other side has said its last. perl is in every Debian.
ECHO = r"""
use IO::Socket::INET; $| = 1;
my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 0, Listen => 99, ReuseAddr => 1) or die;
print $s->sockport, "\n"; $SIG{CHLD} = "IGNORE";
while (my $c = $s->accept) { next if fork; my $n = 0;
  while (sysread($c, my $b, 65536)) { $n += length $b; syswrite($c, $b) } syswrite($c, "all $n"); exit }
"""


class Remote:
    """A pod with a home for its user's ssh."""

    def __init__(self, pod):
        self.pod = pod
        self.home = pod.folder / "home"
        self.home.mkdir(mode=0o700)
        pod.environment["HOME"] = str(self.home)
        pod.environment.pop("XDG_STATE_HOME", None)
        self.hosts = {}

    @property
    def config(self):
        return self.home / "config"

    def host(self, session="main"):
        """What ssh calls it, once its entry is in the configuration."""
        if session not in self.hosts:
            self.hosts[session] = self.pod.run("ssh-config", "--session", session, "--name", check=0).output.strip()
            with open(self.config, "a") as file:
                file.write(self.pod.run("ssh-config", "--session", session, check=0).output + "\n")
        return self.hosts[session]

    @property
    def keys(self):
        return self.home / ".local/state/tazpod/ssh"

    def command(self, *arguments, session="main", program="ssh"):
        host = self.host(session)
        return [program, "-F", str(self.config), *(word.replace("%h", host) for word in arguments)]

    def run(self, *arguments, session="main", program="ssh", check=0, **options):
        """Runs OpenSSH; %h stands for the pod."""
        options.setdefault("stdin", None if "input" in options else subprocess.DEVNULL)
        done = subprocess.run(
            self.command(*arguments, session=session, program=program), capture_output=True, text=True, timeout=WAIT,
            env=self.pod.environment, start_new_session=True, **options)
        assert check is None or done.returncode == check, done
        return done

    def start(self, *arguments, session="main", **options):
        return subprocess.Popen(
            self.command(*arguments, session=session), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=self.pod.environment, start_new_session=True, **options)

    @property
    def transport(self):
        """For git and rsync."""
        return f"ssh -F {self.config}"


@contextlib.contextmanager
def ended(process):
    """Ends what `Popen` started, with all that it started."""
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=20)


@contextlib.contextmanager
def echo_server(pod):
    """A server in the pod's public area; its port."""
    process = subprocess.Popen(
        pod.command("exec", "--", "perl", "-e", ECHO), stdout=subprocess.PIPE, text=True, env=pod.environment,
        stdin=subprocess.DEVNULL, start_new_session=True)
    with ended(process):
        port = int(process.stdout.readline())
        try:
            yield port
        finally:
            # An engine's exec leaves behind what runs in the pod.
            pod.public("sh", "-c", "for p in /proc/[0-9]*; do grep -qs IO::Socket::INET $p/cmdline && kill ${p#/proc/}; done; true")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port, address="127.0.0.1"):
    def attempt():
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection((address, port), timeout=20)
        return None

    return wait_until(attempt, f"port {port} answers")


def exchange(connection, data):
    """Sends all of `data`, says so, and reads all that comes back."""
    sender = threading.Thread(target=lambda: (connection.sendall(data), connection.shutdown(socket.SHUT_WR)))
    sender.start()
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    sender.join(20)
    connection.close()
    return received


def echoed(data):
    return data + b"all %d" % len(data)


def make(provider, **options):
    pod = Pod(provider, **options)
    pod.use_quick_vault()
    return pod
