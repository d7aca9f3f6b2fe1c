"""`tazpod attach --forward-port`: ports of the host that lead into the pod while somebody is attached."""

import concurrent.futures
import os
import pathlib
import signal
import socket
import time

import pytest

from pod import wait_until
from remote import PROVIDERS, Remote, connect, echo_server, echoed, exchange, free_port, make
from tmux_client import PROMPT, detach

IN_USE = 4


@pytest.fixture(scope="module", params=PROVIDERS)
def pod(request):
    if request.param != "native":
        request.getfixturevalue(request.param)
    pod = make(request.param)
    request.addfinalizer(pod.close)
    return Remote(pod.up()).pod


@pytest.fixture(scope="module")
def echo(pod):
    with echo_server(pod) as port:
        yield port


def attach(pod, *ports, session="main"):
    terminal = pod.terminal("attach", session, *(word for port in ports for word in ("--forward-port", port)))
    terminal.expect(PROMPT)
    return terminal


def refuses(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def is_over(connection):
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def listening(port):
    """The addresses that somebody of the host listens on at this port, as /proc/net/tcp has them."""
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and int(row[1].split(":")[1], 16) == port}


def test_data_goes_both_ways_over_many_connections_until_the_end_of_attach(pod, echo):
    port, everywhere = free_port(), free_port()
    terminal = attach(pod, f"{port}:{echo}", f"0.0.0.0:{everywhere}:{echo}")
    assert listening(port) == {"0100007F"}
    assert listening(everywhere) == {"00000000"}
    data = os.urandom(2 << 20)
    assert exchange(connect(port), data) == echoed(data)
    with concurrent.futures.ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda n: exchange(connect(port), b"%d" % n * 1000), range(100)))
    assert answers == [echoed(b"%d" % n * 1000) for n in range(100)]
    assert exchange(connect(everywhere), b"x") == echoed(b"x")
    # The session is a session as without it.
    terminal.sendline("echo still-$((40 + 2))")
    terminal.expect("still-42")
    assert detach(terminal) == 0
    wait_until(lambda: refuses(port) and refuses(everywhere), "nobody listens any more")


def test_ctrl_c_in_the_session_ends_no_forwarding(pod, echo):
    port = free_port()
    terminal = attach(pod, f"{port}:{echo}")
    terminal.sendline("sleep 100")
    time.sleep(0.3)
    terminal.send("\x03")
    terminal.sendline("echo back-$((40 + 2))")
    terminal.expect("back-42")
    assert exchange(connect(port), b"x") == echoed(b"x")
    detach(terminal)


def test_a_killed_attach_leaves_no_listener(pod, echo):
    port = free_port()
    terminal = attach(pod, f"{port}:{echo}")
    connection = connect(port)
    os.kill(terminal.pid, signal.SIGKILL)
    wait_until(lambda: refuses(port), "nobody listens any more")
    assert is_over(connection)
    terminal.close(force=True)


def test_a_port_that_is_taken_is_said(pod):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = pod.run("attach", "--forward-port", f"{port}:80", check=IN_USE).errors
    assert said.startswith("tazpod: nothing can be forwarded there (bind ") and said.count("\n") == 1
    assert str(port) in said and "Address already in use" in said and said.endswith("choose another port of the host\n")


def test_a_port_where_nobody_listens_in_the_pod_ends_the_connection_alone(pod, echo):
    port, other = free_port(), free_port()
    terminal = attach(pod, f"{port}:{echo}", f"{other}:{free_port()}")
    assert is_over(connect(other))
    assert exchange(connect(port), b"x") == echoed(b"x")
    # Nothing of it is seen in the session.
    terminal.sendline("echo quiet-$((40 + 2))")
    terminal.expect("quiet-42")
    assert "channel" not in terminal.before
    detach(terminal)


def test_what_is_no_port_is_usage(pod):
    for text in ("0", "65536", "web", "1:2:3:4", ":80"):
        assert pod.run("attach", "--forward-port", text).status == 2


def test_a_ghosts_terminal_forwards_too(pod, echo):
    pod.unlock()
    port = free_port()
    terminal = attach(pod, f"{port}:{echo}", session="ghost")
    assert exchange(connect(port), b"x") == echoed(b"x")
    detach(terminal)
    wait_until(lambda: refuses(port), "nobody listens any more")
    pod.lock()
