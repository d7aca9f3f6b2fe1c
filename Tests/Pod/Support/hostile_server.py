"""A server that answers as servers should not: it hangs, resets, sends half, redirects, shows a wrong certificate.

What it does is the first word of the path (`Handler`). As a program it takes a folder for its certificates, prints one line of JSON
with its ports, and ends when its input does.
"""

import contextlib
import datetime
import http.server
import ipaddress
import json
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LARGE = 20 << 20
# A secret that a test can tell from everything else without having it in its own memory.
PATTERN = "".join(chr(48 + (i * i * 7 + 11 * i) % 70) for i in range(40)).replace("\\", "_")


def certificate(folder, name, *, issuer=None, host=None, days=(-1, 1)):
    """(certificate, key) for `host`, valid from and to so many days from now, and in `folder` as NAME.pem: an authority's own
    without an issuer and a host."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.utcnow()
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=days[0]))
        .not_valid_after(now + datetime.timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
    )
    if host:
        names = [x509.DNSName(host)]
        if host == "localhost":
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = builder.sign(issuer[1] if issuer else key, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + made.public_bytes(serialization.Encoding.PEM)
    (pathlib.Path(folder) / f"{name}.pem").write_bytes(pem)
    return made, key


class Counts:
    """What the servers of this process saw."""

    def __init__(self):
        self.lock = threading.Lock()
        self.connections = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.requests = {}

    @contextlib.contextmanager
    def request(self, path):
        with self.lock:
            self.requests[path] = self.requests.get(path, 0) + 1
            number = self.requests[path]
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            yield number
        finally:
            with self.lock:
                self.in_flight -= 1


class Handler(http.server.BaseHTTPRequestHandler):
    """Each method is a word of the path; a number is answered as a status."""

    protocol_version = "HTTP/1.1"
    # A head and its body in one segment.
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        with self.server.counts.lock:
            self.server.counts.connections += 1

    def do_GET(self):
        target = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(target.query))
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        words = target.path.strip("/").split("/")
        with self.server.counts.request(target.path) as self.number:
            if words[0].isdigit():
                self.status(int(words[0]))
            else:
                getattr(self, "answer_" + words[0].replace("-", "_"))()
            if not self.wfile.closed:
                with contextlib.suppress(OSError):
                    self.wfile.flush()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = do_GET

    def send(self, status, body, content_type="application/json", **headers):
        self.send_response_only(status)
        if "date" not in headers:
            self.send_header("Date", self.date_time_string())
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def send_json(self, value, status=200, **headers):
        self.send(status, json.dumps(value).encode(), **headers)

    def reset(self):
        """Ends the connection by RST."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        socket.close(self.connection.detach())
        self.close_connection = True

    def status(self, status):
        headers = {name: self.query[name] for name in ("Retry_After", "date") if name in self.query}
        self.send_json({"message": "no"}, status, **headers)

    def answer_ok(self):
        self.send_json({"value": "a value", "number": self.number})

    def answer_pattern(self):
        self.send_json({"value": PATTERN})

    def answer_delay(self):
        time.sleep(float(self.query.get("seconds", "0.05")))
        self.answer_ok()

    def answer_flaky(self):
        """The first `times` requests of this path get `status`, or a reset."""
        if self.number > int(self.query["times"]):
            self.answer_ok()
        elif self.query["status"] == "reset":
            self.reset()
        else:
            self.status(int(self.query["status"]))

    def answer_echo(self):
        self.send_json({"method": self.command, "headers": dict(self.headers), "body": self.body.decode()})

    def answer_counts(self):
        counts = self.server.counts
        self.send_json({"connections": counts.connections, "in_flight": counts.most_in_flight, "requests": counts.requests})

    def answer_hang(self):
        self.connection.settimeout(60)
        with contextlib.suppress(OSError):
            self.connection.recv(1)
        self.close_connection = True

    def answer_reset(self):
        self.reset()

    def answer_half_reset(self):
        self.head(1000)
        self.wfile.write(b'{"value": "half')
        self.reset()

    def answer_cut(self):
        self.head(1000)
        self.wfile.write(b'{"value": "half')
        self.close_connection = True

    def answer_html(self):
        self.send(200, b"\n<!DOCTYPE html><html><body>Please log in: s3cret-page</body></html>", content_type="text/html")

    def answer_half_json(self):
        self.send(200, b'{"value": "s3cret-ha')

    def answer_large(self):
        self.head(LARGE)
        with contextlib.suppress(OSError):
            self.wfile.write(b'"' + b"s" * (LARGE - 2) + b'"')
        self.close_connection = True

    def answer_redirect(self):
        self.send_json({}, 302, Location=self.query.get("to", "https://other.example/ok?s3cret=1"))

    def answer_nonsense(self):
        self.wfile.write(b"220 mail.example ESMTP\r\n")
        self.close_connection = True

    def answer_trickle(self):
        """A byte each fifth of a second: never silent for long, and never done."""
        self.head(1000)
        with contextlib.suppress(OSError):
            for _ in range(1000):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.2)
        self.close_connection = True

    def head(self, length):
        self.send_response_only(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(length))
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, counts, certificates=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.counts = counts
        self.context = None
        if certificates:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certificates)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def finish_request(self, request, client_address):
        """In the connection's own thread, the handshake too."""
        if self.context:
            request.settimeout(10)
            request = self.context.wrap_socket(request, server_side=True)
            request.settimeout(None)
        super().finish_request(request, client_address)

    def handle_error(self, request, client_address):
        """A client that does not like the certificate is no error of ours."""


class HostileServer:
    """All of them, with their certificates in `folder`; `ports` and `authority` are for clients."""

    def __init__(self, folder):
        self.counts = Counts()
        authority = certificate(folder, "authority")
        certificate(folder, "right", issuer=authority, host="localhost")
        certificate(folder, "wrong_name", issuer=authority, host="other.example")
        certificate(folder, "expired", issuer=authority, host="localhost", days=(-10, -2))
        certificate(folder, "not_yet", issuer=authority, host="localhost", days=(2, 10))
        certificate(folder, "self_signed", host="localhost")
        folder = pathlib.Path(folder)
        # As one gives it to a client: without its key.
        self.authority = folder / "ca.crt"
        self.authority.write_bytes(authority[0].public_bytes(serialization.Encoding.PEM))
        self.servers = {"http": Server(self.counts)}
        for name in ("right", "wrong_name", "expired", "not_yet", "self_signed"):
            self.servers[name] = Server(self.counts, folder / f"{name}.pem")
        self.ports = {name: server.port for name, server in self.servers.items()}
        self.http2 = None
        if shutil.which("nghttpd"):
            self.start_http2(folder)

    def start_http2(self, folder):
        """nghttpd, over the files of a folder: `ok` and `pattern`."""
        files = folder / "files"
        files.mkdir()
        (files / "ok").write_text('{"value": "a value"}')
        (files / "pattern").write_text(json.dumps({"value": PATTERN}))
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        key = str(folder / "right.pem")
        # It ends with us, however we end.
        command = ["setpriv", "--pdeathsig", "KILL", "nghttpd", "--address=127.0.0.1", f"--htdocs={files}", str(port), key, key]
        self.http2 = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                self.ports["http2"] = port
                return
            time.sleep(0.02)
        raise TimeoutError("nghttpd did not listen within 10 s")

    def close(self):
        if self.http2:
            self.http2.kill()
            self.http2.wait()
        for server in self.servers.values():
            server.shutdown()
            server.server_close()


def main():
    server = HostileServer(sys.argv[1])
    print(json.dumps(dict(server.ports, authority=str(server.authority))), flush=True)
    sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main()
