"""A loopback server in place of the hosts that programs are fetched from, and lists of pins that lead there."""

import functools
import hashlib
import http.server
import pathlib
import socket
import tarfile
import threading


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


class DownloadHost:
    """Serves `folder`; `asked` are the paths that were asked for."""

    def __init__(self, folder):
        self.folder, self.asked = pathlib.Path(folder), []
        self.folder.mkdir(parents=True, exist_ok=True)
        host = self

        class Handler(QuietHandler):
            def do_GET(self):
                host.asked.append(self.path)
                super().do_GET()

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(self.folder)))
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def offer(self, name, says, member=None):
        """A program that says something, by itself or in an archive.

        - Returns: the words of its pin after the architecture.
        """
        program = self.folder / name
        program.write_text(f"#!/bin/sh\necho {says}\n")
        if member:
            archive = self.folder / f"{name}.tar.gz"
            with tarfile.open(archive, "w:gz") as tar:
                tar.add(program, member)
            program = archive
        return f"{hashlib.sha256(program.read_bytes()).hexdigest()} {member or '-'} {self.url}/{program.name}"


def closed_url():
    """An address of this machine at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "http://127.0.0.1:%d" % probe.getsockname()[1]
