"""The control socket and its neighbours under attack and in need: PID 1 lives, leaks nothing, and answers the next request."""

import contextlib
import os
import pathlib
import random
import resource
import socket
import subprocess
import time

import pytest

from supervised import BUILDS, REPOSITORY, WAIT, Supervised, parse, wait_until

SANITIZED = REPOSITORY / ".build-sanitized/debug/tazpod-init"
FUZZED_MESSAGES = 100_000
FOREVER = "exec = sleep 1000\n"

REQUESTS = [
    b"status", b"sessions", b"services", b"services\0from=1", b"logs\0service=web", b"probe", b"probe\0kind=ready", b"reload",
    b"ensure-session\0name=main", b"create-session\0name=fuzz", b"end-session\0name=fuzz", b"lock", b"attach", b"exec\0arg=ls",
]


@pytest.fixture(params=list(BUILDS))
def init(request):
    supervised = Supervised(BUILDS[request.param], {"web": FOREVER})
    wait_until(supervised.is_ready, "the pod is ready")
    yield supervised
    supervised.close()


def descriptors(init):
    return len(os.listdir(f"/proc/{init.pid}/fd"))


def is_well(init):
    """It answers, and its service is the same as ever."""
    return init.status()["pod"] == "ready" and init.service_list()["web"]["restarts"] == "0"


# -- messages ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [b"\0", b"STATUS", b"no-such-word", b"status\0", b"status\0x", b"status\0=1", b"status\0A=1", b"probe\0kind=maybe", b"logs",
     b"logs\0service=../x", b"status\0k=" + b"v" * 40000, b"x" * 33, b"end-session", b"\xff\xfe", b"error\x000\0x", b" status"],
)
def test_a_malformed_message_gets_an_error_and_costs_nothing(init, message):
    with contextlib.closing(init.connect()) as client:
        client.send(message)
        word, fields = parse(client.recv(65536))
        assert word == "error" and dict(fields)["code"] == "2" and len(dict(fields)["sentence"]) > 10
        # The connection still serves.
        client.send(b"status")
        assert parse(client.recv(65536))[0] == "ok"


def test_an_empty_message_ends_the_connection_and_nothing_else(init):
    with contextlib.closing(init.connect()) as client:
        client.send(b"")
        assert client.recv(100) == b""
    assert is_well(init)


def test_several_requests_on_one_connection_are_answered_in_order(init):
    with contextlib.closing(init.connect()) as client:
        for _ in range(20):
            client.send(b"probe")
        assert [client.recv(100) for _ in range(20)] == [b"ok"] * 20


def test_descriptors_that_nobody_asked_for_are_closed(init):
    before = descriptors(init)
    for message in (b"status", b"probe", b"nonsense"):
        for count in (1, 8, 30):
            with contextlib.closing(init.connect()) as client, open("/dev/null") as null:
                socket.send_fds(client, [message], [null.fileno()] * count)
                assert client.recv(65536)
    wait_until(lambda: descriptors(init) <= before, "no descriptor is left")
    assert is_well(init)


def test_a_client_that_never_reads_harms_itself_only(init):
    with contextlib.closing(init.connect()) as client:
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(100_000):
                client.send(b"status")
        assert is_well(init)
    assert is_well(init)


def test_a_client_that_goes_in_the_middle_harms_nothing(init):
    before = descriptors(init)
    for word in (b"sessions", b"status", b"create-session\0name=gone"):
        for _ in range(20):
            with contextlib.closing(init.connect()) as client:
                client.send(word)
    init.ask("end-session", name="gone")
    wait_until(lambda: descriptors(init) <= before, "no descriptor is left")
    assert is_well(init)


def test_one_user_cannot_take_every_place(init):
    script = (
        "import os, socket, sys\nos.setuid(1000)\nheld = []\nrefused = 0\n"
        "for _ in range(100):\n    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n    s.settimeout(20)\n"
        "    s.connect('/run/tazpod/control.sock')\n    held.append(s)\n"
        "    try:\n        s.send(b'status')\n    except BrokenPipeError:\n        pass\n"
        "    refused += s.recv(65536).startswith(b'error')\nprint(refused)\nsys.stdout.flush()\nsys.stdin.read()\n")
    greedy = subprocess.Popen(
        ["nsenter", "--target", str(init.pid), "--mount", "--pid", "python3", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True)
    try:
        assert int(greedy.stdout.readline()) == 68
        assert is_well(init)
    finally:
        greedy.stdin.close()
        greedy.wait(WAIT)
    assert is_well(init)


@pytest.mark.parametrize("word, allowed", [("probe", True), ("status", False), ("reload", False), ("stop", False), ("sessions", False)])
def test_a_stranger_may_probe_and_no_more(init, word, allowed):
    script = (
        "import os, socket\nos.setuid(65534)\ns = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\ns.settimeout(20)\n"
        f"s.connect('/run/tazpod/control.sock')\ns.send(b'{word}')\nprint(s.recv(65536))\n")
    done = subprocess.run(
        ["nsenter", "--target", str(init.pid), "--mount", "--pid", "python3", "-c", script], capture_output=True, text=True, timeout=WAIT, check=True)
    assert done.stdout.startswith("b'ok" if allowed else "b'error\\x007")
    assert is_well(init)


# -- a fuzzer -------------------------------------------------------------------------------------------------------------------


def mutated(source, message):
    """The message with a few things wrong with it."""
    data = bytearray(message)
    for _ in range(source.randrange(1, 5)):
        where = source.randrange(len(data) + 1)
        match source.randrange(6):
            case 0 if data:
                data[where % len(data)] = source.randrange(256)
            case 1:
                data[where:where] = source.randbytes(source.randrange(1, 20))
            case 2:
                del data[where:where + source.randrange(1, 8)]
            case 3:
                data[where:where] = source.choice([b"\0", b"=", b"\0\0", b"name=", b"-1", b"99999999999999999999", b"\xc3\x28"])
            case 4:
                data += b"\0" + source.choice([b"from=", b"kind=", b"service=", b"name="]) + source.randbytes(source.randrange(30))
            case 5 if source.random() < 0.02:
                data += source.randbytes(source.randrange(40_000))
    return bytes(data)


@pytest.fixture
def sanitized():
    if not SANITIZED.exists():
        pytest.fail(f"{SANITIZED} is not built; run make test")
    supervised = Supervised(
        SANITIZED, {"web": FOREVER}, environment={"ASAN_OPTIONS": "abort_on_error=1:detect_leaks=0", "UBSAN_OPTIONS": "halt_on_error=1"})
    yield supervised
    supervised.close()


@pytest.mark.long
def test_100000_random_and_mutated_messages_do_it_no_harm(sanitized):
    init, source = sanitized, random.Random(time.time_ns())
    seed = source.randrange(1 << 32)
    source.seed(seed)
    wait_until(init.is_ready, "the pod is ready")
    before = descriptors(init)
    sent = 0
    while sent < FUZZED_MESSAGES:
        with contextlib.closing(init.connect()) as client, open("/dev/null") as null:
            for _ in range(source.randrange(1, 300)):
                message = source.randbytes(source.randrange(1, 200)) if source.random() < 0.3 else mutated(source, source.choice(REQUESTS))
                # Other requests are tested by name: a stop would end the test, an unlock would start a ghost.
                if message.startswith((b"stop", b"unlock")):
                    continue
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    if source.random() < 0.01:
                        socket.send_fds(client, [message], [null.fileno()] * source.randrange(1, 9))
                    else:
                        client.send(message)
                    sent += 1
                    if message and source.random() < 0.9:
                        client.settimeout(WAIT)
                        client.recv(65536)
                        continue
                break
    assert init.process.poll() is None, f"seed {seed}: {init.text()[-3000:]}"
    assert "Sanitizer" not in init.text() and "runtime error" not in init.text(), f"seed {seed}: {init.text()[-3000:]}"
    wait_until(lambda: descriptors(init) <= before, f"seed {seed}: no descriptor is left: {descriptors(init)} for {before}")
    assert is_well(init)


# -- need -----------------------------------------------------------------------------------------------------------------------


def limit(init, kind, value):
    """Sets a soft limit of the running init, and returns the old ones."""
    soft, hard = resource.prlimit(init.pid, kind)
    resource.prlimit(init.pid, kind, (value, hard))
    return soft, hard


def test_out_of_descriptors_it_answers_again_as_soon_as_there_are_some(init):
    before = descriptors(init)
    old = limit(init, resource.RLIMIT_NOFILE, before + 3)
    clients = []
    for _ in range(20):
        client = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        client.settimeout(WAIT)
        client.connect(f"/proc/{init.pid}/root/run/tazpod/control.sock")
        clients.append(client)
    time.sleep(0.2)
    # It does not spin meanwhile.
    began = cpu_seconds(init)
    time.sleep(0.5)
    assert cpu_seconds(init) - began < 0.1
    for client in clients:
        client.close()
    wait_until(lambda: descriptors(init) <= before, "they are gone")
    assert is_well(init)
    resource.prlimit(init.pid, resource.RLIMIT_NOFILE, old)


def cpu_seconds(init):
    fields = pathlib.Path(f"/proc/{init.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_without_descriptors_for_a_start_a_service_is_tried_again(init):
    old = limit(init, resource.RLIMIT_NOFILE, descriptors(init) + 2)
    init.write("late", "exec = sleep 1000\nbackoff = 50ms\n")
    init.ask("reload")
    wait_until(lambda: "service late: cannot" in init.text(), "the failure is said")
    resource.prlimit(init.pid, resource.RLIMIT_NOFILE, old)
    init.wait_for_state("late", "ready")
    assert is_well(init)


def test_when_no_process_can_be_started_it_waits_and_tries_again(init):
    inside = ["nsenter", "--target", str(init.pid), "--mount", "--pid"]
    limited = subprocess.run([*inside, "sh", "-c", "echo 310 > /proc/sys/kernel/pid_max"], capture_output=True, text=True, timeout=WAIT)
    if limited.returncode != 0 or pathlib.Path("/proc/sys/kernel/pid_max").read_text() == "310\n":
        pytest.fail(f"this kernel has no pid_max of a PID namespace: {limited.stderr}")
    filler = subprocess.Popen([*inside, "bash", "-c", "while sleep 1000 & do :; done 2>/dev/null; wait"], stderr=subprocess.DEVNULL)
    try:
        init.write("late", "exec = sleep 1000\nbackoff = 50ms\n")
        time.sleep(1)
        init.ask("reload")
        wait_until(lambda: "service late: cannot start a process: Resource temporarily unavailable" in init.text(), "the failure is said")
        assert init.status()["project"] == "test"
    finally:
        for pid in filler_processes(init):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        filler.kill()
        filler.wait(WAIT)
    init.wait_for_state("late", "ready")
    assert is_well(init)


def filler_processes(init):
    """bash and its sleeps, but not the services, which init started in sessions of their own."""
    namespace, found = os.readlink(f"/proc/{init.pid}/ns/pid"), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            parent = int(pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
            if os.readlink(f"/proc/{pid}/ns/pid") == namespace and int(pid) != init.pid and parent != init.pid:
                found.append(int(pid))
    return found


def test_a_service_that_runs_out_of_memory_is_restarted_and_nothing_else(init):
    before = init.service_list()["web"]
    init.write("hungry", "exec = sh -c 'ulimit -v 20000; exec python3 -c \"x = bytearray(1 << 30)\"'\nbackoff = 50ms\n")
    init.ask("reload")
    wait_until(lambda: int(init.service_list()["hungry"]["restarts"]) >= 3, "restarts")
    assert init.service_list()["web"] == before


def test_orphans_in_thousands_are_reaped_and_memory_stays_what_it_was(init):
    inside = ["nsenter", "--target", str(init.pid), "--mount", "--pid"]
    burst = "for i in $(seq 500); do (: &) ; done"
    subprocess.run([*inside, "sh", "-c", burst], check=True, timeout=60)
    before = resident(init)
    for _ in range(6):
        subprocess.run([*inside, "sh", "-c", burst], check=True, timeout=60)
    wait_until(lambda: not zombies(init), "no zombie is left")
    assert resident(init) <= before + 64
    assert is_well(init)


def test_a_hundred_thousand_messages_leave_memory_what_it_was(init):
    def talk(count):
        with contextlib.closing(init.connect()) as client:
            for _ in range(count):
                client.send(b"status")
                client.recv(65536)

    talk(5_000)
    before = resident(init)
    talk(100_000)
    assert resident(init) <= before + 64


def resident(init):
    """KiB."""
    line = next(line for line in pathlib.Path(f"/proc/{init.pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1])


def zombies(init):
    namespace, found = os.readlink(f"/proc/{init.pid}/ns/pid"), []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
            if state == "Z" and os.readlink(f"/proc/{pid}/ns/pid") == namespace:
                found.append(int(pid))
    return found
