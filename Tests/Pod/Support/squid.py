"""squid, a web proxy, as Debian has it: on a port of its own on loopback, with a record of what it was asked for."""

import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile

from pod import wait_until

CONFIG = """\
{port}
{login}
acl open port {open}
http_access deny !open
http_access {allowed}
http_access deny all
logformat asked %rm %ru %>Hs %un
access_log stdio:{folder}/asked asked
cache_log {folder}/log
pid_filename {folder}/pid
coredump_dir {folder}
cache deny all
pinger_enable off
netdb_filename none
shutdown_lifetime 0 seconds
visible_hostname proxy.test
"""
LOGIN = """auth_param basic program /usr/lib/squid/basic_ncsa_auth {folder}/users
acl known proxy_auth REQUIRED"""


class Squid:
    """It connects to the port `target` and no other.

    - `user`: a name and a password that it wants.
    - `certificate`: the file with a key and certificate, for TLS on the way to it.
    """

    def __init__(self, target, user=None, certificate=None):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}"
        # Root's squid becomes the user proxy.
        owner = pwd.getpwnam("proxy")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tazpod-squid."))
        port = f"http_port 127.0.0.1:{self.port}"
        if certificate:
            shutil.copy2(certificate, self.folder / "certificate")
            port = f"https_port 127.0.0.1:{self.port} tls-cert={self.folder}/certificate"
        if user:
            hashed = subprocess.run(["openssl", "passwd", "-apr1", "-stdin"], input=user[1], capture_output=True, text=True, check=True, timeout=20)
            (self.folder / "users").write_text(f"{user[0]}:{hashed.stdout}")
        config = CONFIG.format(
            port=port, login=LOGIN.format(folder=self.folder) if user else "", allowed="allow known" if user else "allow all", open=target, folder=self.folder)
        (self.folder / "squid.conf").write_text(config)
        for path in (self.folder, *self.folder.iterdir()):
            shutil.chown(path, owner.pw_uid, owner.pw_gid)
        with open(self.folder / "said", "wb") as log:
            self.process = subprocess.Popen(["squid", "-N", "-f", str(self.folder / "squid.conf")], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            wait_until(self._listens, "squid listens")
        except AssertionError:
            said = (self.folder / "said").read_text()
            self.close()
            raise AssertionError(f"squid did not start: {said}") from None

    def _listens(self):
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", self.port)) == 0

    def asked(self):
        """Lines of `CONNECT`, target, status and user, `-` for none."""
        lines = (self.folder / "asked").read_text().splitlines()
        return [line for line in lines if line.startswith("CONNECT ")]

    def end(self):
        """The process ends; its record stays until `close`."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def close(self):
        self.end()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
