"""A port of the loopback that leads to a Unix socket: how an engine on another machine is reached."""

import contextlib
import socket
import threading


class Relay:
    def __init__(self, path):
        self.path, self.server = path, socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.server.accept()
                engine = socket.socket(socket.AF_UNIX)
                engine.connect(self.path)
                for source, target in ((client, engine), (engine, client)):
                    threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    @staticmethod
    def _copy(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def close(self):
        # Wakes whoever waits in accept.
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
