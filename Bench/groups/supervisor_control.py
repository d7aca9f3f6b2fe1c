"""The control socket: many clients, many services."""

import contextlib
import statistics
import subprocess

from Bench import host
from Bench.pairing import percentile_99, take_turns, take_turns_sampling
from Bench.report import Table
from Bench.supervisors import control_socket, supervisor
from pod import wait_until

NAME = "control"
TITLE = "The control socket"
CLIENTS, MANY_SERVICES, MANY_SESSIONS = 1000, 1000, 100
TEXT = f"""
Round trips of a `status` request, from send(2) until the answer was read, by a C program.

- Clients: {CLIENTS:,} connections of one process, all of which ask before the first answer is read, 20 times; and one connection
  alone. tazpod-init supervises one service. The peer is a C program that answers every message of the same kind of socket,
  watched with epoll, with as many bytes of nothing in particular.
- One more service or session: one connection that asks 4,000 times, of a tazpod-init that supervises {MANY_SERVICES:,} services, or
  keeps {MANY_SESSIONS} tmux sessions, against one with one of each.
"""

TURNS, GROWTH_TURNS = 12, 24
REQUEST = "status"
ROUNDS, ALONE_ROUNDS = 20, 4000
OURS, PEER = "tazpod-init", "a C server that only answers"


def run(workshop):
    def ask(socket, clients, rounds):
        output = host.run(workshop.tool("clients"), str(socket), str(clients), str(rounds), REQUEST, timeout=2 * host.MINUTE)
        return [int(line) / 1e3 for line in output.split()]

    with supervisor(1) as small:
        clients = compare_clients(workshop, small, ask)
        with supervisor(MANY_SERVICES) as services:
            many_services = compare_growth(f"{MANY_SERVICES:,} services", "1 service", services, small, ask)
        with supervisor(1, MANY_SESSIONS) as sessions:
            many_sessions = compare_growth(f"{MANY_SESSIONS} sessions", "1 session", sessions, small, ask)
    return [Table("Clients", clients), Table("One more service or session", [many_services, many_sessions])]


def compare_clients(workshop, supervised, ask):
    rows = []
    with echo_server(workshop, answer_length(supervised)) as echo:
        for clients, rounds in [(1, ALONE_ROUNDS), (CLIENTS, ROUNDS)]:
            what = f"{clients:,} {'client' if clients == 1 else 'clients'}"
            rivals = {
                OURS: lambda: ask(control_socket(supervised), clients, rounds),
                PEER: lambda: ask(echo, clients, rounds),
            }
            median, highest = take_turns_sampling(what, "µs", rivals, TURNS, statistics.median, percentile_99)
            rows.append(median.compare(f"{what}, median", OURS, PEER))
            rows.append(highest.compare(f"{what}, 99th percentile", OURS, PEER, goal=2 if clients == CLIENTS else None))
    return rows


def compare_growth(many, few, large, small, ask):
    series = take_turns(
        many, "µs", {
            many: lambda: statistics.median(ask(control_socket(large), 1, ALONE_ROUNDS)),
            few: lambda: statistics.median(ask(control_socket(small), 1, ALONE_ROUNDS)),
        }, GROWTH_TURNS)
    return series.compare(many, many, few, goal=1.1)


def answer_length(supervised):
    with contextlib.closing(supervised.connect()) as client:
        client.send(REQUEST.encode())
        return len(client.recv(65536))


@contextlib.contextmanager
def echo_server(workshop, size):
    """The path of its socket."""
    with host.scratch() as folder:
        socket = folder / "socket"
        server = subprocess.Popen(
            [workshop.tool("echo"), str(socket), str(size)], stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_until(socket.exists, "the C server listens")
            yield socket
        finally:
            host.end(server)
