"""A local HTTP/1.1 server that keeps a record of what it was asked. Nothing of the record is ever printed by it."""

import collections
import http.server
import json
import socket
import ssl
import threading
import time
import urllib.parse

# How long a connection may stay open with nothing asked on it.
IDLE_SECONDS = 30


class Request:
    """What was asked, on which connection (they are numbered from 1)."""

    def __init__(self, method, target, headers, body, connection):
        address = urllib.parse.urlsplit(target)
        self.method, self.path, self.headers, self.body, self.connection = method, urllib.parse.unquote(address.path), headers, body, connection
        self.query = dict(urllib.parse.parse_qsl(address.query, keep_blank_values=True))

    def json(self):
        """The body as an object; an empty one where it is none."""
        try:
            value = json.loads(self.body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}


class Answer(Exception):
    """What is answered. It can be raised, too, which ends the work on a request."""

    def __init__(self, status, body=None, headers=None):
        super().__init__(status)
        self.status, self.headers = status, dict(headers or {})
        self.body = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()


class RecordingServer:
    """Answers on a port of its own on loopback, each connection in its own thread, until `close`.

    `delay` is how far away it is, in seconds: every answer is late by it, however many are asked at once. `refuse` has the next requests
    answered as it says. `requests`, `connections` and `most_in_flight` are the record.
    """

    def __init__(self, certificate=None, delay=0.0):
        """`certificate`: the file with a key and certificate, for TLS."""
        self.delay = delay
        self.requests, self.connections, self.most_in_flight = [], 0, 0
        self._in_flight, self._refusals, self._lock = 0, collections.deque(), threading.Lock()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        if certificate is not None:
            self._server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._server.context.load_cert_chain(certificate)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def answer(self, request):
        """The answer to one request; for a class of a real server to say."""
        raise NotImplementedError

    def refuse(self, answer, times=1):
        with self._lock:
            self._refusals.extend([answer] * times)

    def forget(self):
        """Begins the record anew."""
        with self._lock:
            self.requests, self.connections, self.most_in_flight = [], 0, self._in_flight

    def paths(self, method=None):
        """Which paths were asked for, in order."""
        with self._lock:
            return [request.path for request in self.requests if method in (None, request.method)]

    # -- one request -------------------------------------------------------------------------------------------------------

    def _answer(self, request):
        with self._lock:
            self.requests.append(request)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
            refusal = self._refusals.popleft() if self._refusals else None
        try:
            time.sleep(self.delay)
            return refusal or self.answer(request)
        except Answer as answer:
            return answer
        finally:
            with self._lock:
                self._in_flight -= 1

    def _handler(server):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = IDLE_SECONDS

            def setup(self):
                super().setup()
                with server._lock:
                    server.connections += 1
                    self.number = server.connections

            def handle(self):
                # A client that goes away, or that does not trust the certificate, is its own business.
                try:
                    super().handle()
                except OSError:
                    pass

            def do_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = server._answer(Request(self.command, self.path, self.headers, body, self.number))
                # In one piece: two small writes would wait for each other on the way.
                lines = [f"HTTP/1.1 {answer.status} {http.server.BaseHTTPRequestHandler.responses.get(answer.status, ('Answer',))[0]}"]
                lines += [f"{name}: {value}" for name, value in {"Content-Type": "application/json", **answer.headers}.items()]
                lines += [f"Date: {self.date_time_string()}", f"Content-Length: {len(answer.body)}", "", ""]
                self.wfile.write("\r\n".join(lines).encode() + (b"" if self.command == "HEAD" else answer.body))

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_LIST = do_any

            def log_message(self, *_):
                pass

        return Handler


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    context = None

    def get_request(self):
        connection, address = super().get_request()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.context is not None:
            # The handshake is left to the connection's own thread.
            connection = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request, client_address):
        """Nothing of a request is printed."""
