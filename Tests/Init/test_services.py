"""Services: their files, dependencies, readiness, restarts, output and end."""

import os
import pathlib
import signal
import socket
import subprocess
import time

import pytest

from supervised import BUILDS, Supervised, wait_until

FOREVER = "exec sleep 1000"


@pytest.fixture(params=list(BUILDS))
def start(request):
    """Starts supervisors that end with the test."""
    program = BUILDS[request.param]
    if not program.exists():
        pytest.fail(f"{program} is not built; run make test")
    started = []

    def make(services=None, **options):
        started.append(Supervised(program, services, **options))
        return started[-1]

    yield make
    for supervised in started:
        supervised.close()


def service(script, **keys):
    """A service file that runs a shell script."""
    quoted = script.replace("'", "'\\''")
    lines = [f"exec = /bin/sh -c '{quoted}'", *(f"{key.replace('_', '-')} = {value}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"


# -- files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("exec = sleep 9\nretsart = never\n", "service bad, line 2: there is no key retsart"),
        ("# a comment\n\nexec sleep 9\n", "service bad, line 3: write it as key = value"),
        ("exec = sleep 9\nexec = sleep 8\n", "service bad, line 2: exec is there twice"),
        ("restart = never\n", "service bad: exec is missing"),
        ("exec = sleep 'nine\n", "service bad, line 1: a quote is not closed"),
        ("exec = sleep 9\nrestart = sometimes\n", "service bad, line 2: restart takes always, on-failure or never"),
        ("exec = sleep 9\nstop-timeout = 99999999999999999999s\n", "service bad, line 2: stop-timeout takes a time"),
        ("exec = sleep 9\nbackoff = 1s 2s 3s\n", "service bad, line 2: backoff takes the first wait"),
        ("exec = sleep 9\nstop-signal = STOPP\n", "service bad, line 2: stop-signal takes a signal's name or number"),
        ("exec = sleep 9\nready = tcp 70000\n", "service bad, line 2: ready takes fd, notify, socket PATH, tcp PORT"),
        ("exec = sleep 9\nafter = ../etc\n", "service bad, line 2: after takes names of services"),
        ("exec = sleep 9\ndirectory = here\n", "service bad, line 2: directory takes a path that begins with /"),
        ("exec =\n", "service bad, line 1: exec has no value"),
    ],
)
def test_a_wrong_file_is_named_with_its_line_and_harms_no_other(start, text, sentence):
    init = start({"bad": text, "good": service(FOREVER)})
    wait_until(lambda: sentence in init.text(), f"{sentence!r}; it said {init.text()!r}")
    init.wait_for_state("good", "ready")
    assert "bad" not in init.service_list()


def test_a_file_of_random_bytes_is_refused_and_harms_nothing(start):
    init = start({"good": service(FOREVER)})
    for _ in range(50):
        (init.services / "noise").write_bytes(os.urandom(500))
        assert init.ask("reload")[0] == "error"
    assert list(init.service_list()) == ["good"]


def test_user_folder_and_variables_are_the_files(start):
    init = start({"waits": service(FOREVER)})
    (init.folder / "etc/vars").write_text("# variables\nA=two words\n")
    init.write("who", service("id -un; pwd; echo $A-$HOME; grep -h Cap /proc/self/status", user="nobody", directory="/usr", env_file="/etc/vars", restart="never"))
    init.ask("reload")
    init.wait_for_state("who", "done")
    wait_until(lambda: init.text().count("who: Cap") == 5, "all of its output has come")
    lines = [line.removeprefix("who: ") for line in init.text().splitlines() if line.startswith("who: ")]
    assert lines[:3] == ["nobody", "/usr", "two words-/"]
    assert {line.split()[1] for line in lines[3:]} == {"0" * 16}


def test_without_a_user_a_service_is_the_workspace_users_with_all_groups(start):
    init = start({"who": service("id -un; id -G", restart="never")})
    wait_until(lambda: "who: tazpod\nwho: 1000 2000\n" in init.text(), lambda: init.text())


# -- dependencies -----------------------------------------------------------------------------------------------------------


def test_services_start_after_those_they_come_after(start):
    init = start({
        "c": service("echo c; " + FOREVER, after="b"), "a": service("echo a; " + FOREVER),
        "b": service("sleep 0.3; echo b; echo >&3; " + FOREVER, required="a", ready="fd"),
    })
    init.wait_for_state("c", "ready")
    order = [line for line in init.text().splitlines() if line in ("a: a", "b: b", "c: c")]
    wait_until(lambda: "c: c" in init.text(), "c has started")
    assert init.text().index("b: b") < init.text().index("c: c")
    assert order[:2] == ["a: a", "b: b"]


def test_a_cycle_is_named_and_holds_up_nobody_else(start):
    init = start({
        "one": service(FOREVER, after="two"), "two": service(FOREVER, required="three"), "three": service(FOREVER, after="one"),
        "other": service(FOREVER),
    })
    init.wait_for_state("other", "ready")
    for name in ("one", "two", "three"):
        assert init.state(name) == "refused"
    wait_until(lambda: "go round in a circle: one → two → three → one" in init.text(), "the circle is named")
    assert not init.is_ready()


def test_a_missing_or_failed_required_service_refuses_those_that_need_it(start):
    init = start({
        "needs-nothing": service(FOREVER), "needs-missing": service(FOREVER, required="nobody"),
        "fails": service("exit 3", restart="never", ready="fd"), "needs-failed": service(FOREVER, required="fails"),
        "after-failed": service(FOREVER, after="fails"),
    })
    init.wait_for_state("after-failed", "ready")
    init.wait_for_state("needs-failed", "refused")
    notes = {name: entry["note"] for name, entry in init.service_list().items()}
    assert notes["needs-missing"] == "it requires nobody, and there is no such service"
    assert notes["needs-failed"] == "it requires fails, which failed"


# -- readiness ----------------------------------------------------------------------------------------------------------------

READY_AFTER_A_FILE = "while [ ! -e /tmp/go ]; do sleep 0.02; done; "


@pytest.mark.parametrize(
    "script, ready",
    [
        (READY_AFTER_A_FILE + "echo >&$READY_FD; " + FOREVER, "fd"),
        (READY_AFTER_A_FILE + "exec python3 -c '" + "import os, socket, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); "
         's.sendto(b"STATUS=hello\\nREADY=1", os.environ["NOTIFY_SOCKET"]); time.sleep(1000)' + "'", "notify"),
        (READY_AFTER_A_FILE + 'exec python3 -c \'import socket, time; s = socket.socket(socket.AF_UNIX); s.bind("/tmp/s"); s.listen(); time.sleep(1000)\'',
         "socket /tmp/s"),
        (READY_AFTER_A_FILE + 'exec python3 -c \'import socket, time; s = socket.create_server(("127.0.0.1", 48151)); time.sleep(1000)\'',
         "tcp 48151"),
        (FOREVER, "exec test -e /tmp/go"),
    ],
    ids=["fd", "notify", "socket", "tcp", "exec"],
)
def test_the_pod_is_ready_when_its_service_says_so(start, script, ready):
    init = start({"slow": service(script, ready=ready)})
    time.sleep(0.4)
    assert init.state("slow") == "starting"
    assert not init.is_ready()
    (init.tmp / "go").touch()
    init.wait_for_state("slow", "ready")
    wait_until(init.is_ready, "the pod is ready")


def test_a_notification_of_somebody_else_does_not_make_a_service_ready(start):
    init = start({"slow": service(FOREVER, ready="notify")})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"READY=1", f"/proc/{init.pid}/root/run/tazpod/notify.sock")
    time.sleep(0.2)
    assert init.state("slow") == "starting"


def test_whoever_started_the_pod_is_notified_of_its_readiness_and_its_end(start):
    # In the abstract namespace, which mounts do not change.
    name = f"tazpod-test-{os.getpid()}-{time.monotonic_ns()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name)
        manager.settimeout(20)
        init = start({"plain": service("env | grep -c NOTIFY_SOCKET=@; " + FOREVER)}, environment={"NOTIFY_SOCKET": "@" + name})
        assert manager.recv(100) == b"READY=1"
        assert init.stop() == 0
        assert manager.recv(100) == b"STOPPING=1"
        assert "plain: 0" in init.text()


# -- restarts -----------------------------------------------------------------------------------------------------------------


def test_a_service_that_ends_is_started_again_after_waits_that_double_to_a_ceiling(start):
    init = start({"short": service("date +%s%N; exit 1", backoff="100ms 400ms")})
    times = wait_until(lambda: [int(line[7:]) / 1e9 for line in init.text().splitlines() if line.startswith("short: ")][:6], "starts")
    wait_until(lambda: init.text().count("short: ") >= 6, "six starts")
    times = [int(line[7:]) / 1e9 for line in init.text().splitlines() if line.startswith("short: ")]
    waits = [later - earlier for earlier, later in zip(times, times[1:])]
    for wait, expected in zip(waits, [0.1, 0.2, 0.4, 0.4, 0.4]):
        assert expected * 0.9 <= wait <= expected + 3, waits
    assert int(init.service_list()["short"]["restarts"]) >= 5


@pytest.mark.parametrize(
    "policy, script, state",
    [("never", "exit 0", "done"), ("never", "exit 1", "failed"), ("on-failure", "exit 0", "done"), ("on-failure", "exit 1", "restarting"),
     ("always", "exit 0", "restarting")],
)
def test_the_restart_policy_decides_what_follows_an_end(start, policy, script, state):
    init = start({"short": service(script, restart=policy, backoff="60s")})
    init.wait_for_state("short", state)


def test_what_a_service_left_behind_is_gone_before_it_starts_again(start):
    init = start({"messy": service("sleep 777 & echo started; sleep 0.2; exit 1", backoff="50ms")})
    wait_until(lambda: init.text().count("messy: started") >= 4, "some restarts")
    found = [pid for pid in os.listdir("/proc") if pid.isdigit() and command_line(pid) == "sleep 777" and same_namespace(pid, init.pid)]
    assert len(found) <= 1


def command_line(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


def same_namespace(pid, other):
    try:
        return os.readlink(f"/proc/{pid}/ns/pid") == os.readlink(f"/proc/{other}/ns/pid")
    except OSError:
        return False


def test_a_program_that_is_missing_is_said_and_tried_again(start):
    init = start({"missing": "exec = /no/such/program\nbackoff = 50ms\n"})
    wait_until(lambda: init.text().count("service missing: cannot run the program: No such file or directory") >= 2, "two tries")


# -- the end --------------------------------------------------------------------------------------------------------------------

ON_TERM = "trap 'echo stopping; sleep 0.2; echo stopped; exit 0' TERM; echo up; while :; do sleep 0.02; done"


def test_services_stop_in_the_reverse_order_of_their_start(start):
    init = start({"a": service(ON_TERM), "b": service(ON_TERM, after="a"), "c": service(ON_TERM, required="b")})
    for name in "abc":
        wait_until(lambda: f"{name}: up" in init.text(), f"{name} is up")
    assert init.stop() == 0
    events = [line for line in init.text().splitlines() if "stop" in line]
    assert events == ["c: stopping", "c: stopped", "b: stopping", "b: stopped", "a: stopping", "a: stopped"]


def test_the_stop_signal_is_the_files(start):
    init = start({"usr": service("trap 'echo usr1; exit 0' USR1; trap '' TERM; echo up; while :; do sleep 0.02; done", stop_signal="USR1")})
    wait_until(lambda: "usr: up" in init.text(), "up")
    assert init.stop() == 0
    assert "usr: usr1" in init.text()


def test_a_service_that_does_not_end_is_killed_with_all_its_group(start):
    init = start({"deaf": service("trap '' TERM; (trap '' TERM; sleep 888) & echo up; while :; do sleep 0.02; done", stop_timeout="300ms")})
    wait_until(lambda: "deaf: up" in init.text(), "up")
    began = time.monotonic()
    assert init.stop() == 0
    assert 0.25 < time.monotonic() - began < 5
    assert "service deaf did not end in time: killing it" in init.text()


def test_a_stop_takes_no_longer_than_the_services_need(start):
    init = start({"quick": service(FOREVER)})
    init.wait_for_state("quick", "ready")
    began = time.monotonic()
    assert init.stop() == 0
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, 34 + 3, 34 + 4, 34 + 5], ids=["TERM", "INT", "RTMIN+3", "RTMIN+4", "RTMIN+5"])
def test_the_signals_that_stop_a_container_stop_it(start, number):
    assert start().stop(number) == 0


@pytest.mark.parametrize("number", [n for n in range(1, 65) if n not in (2, 9, 15, 19, 37, 38, 39, 4, 5, 6, 7, 8, 11, 31)])
def test_no_other_signal_ends_it(number):
    init = Supervised(BUILDS["embedded"])
    try:
        init.send(number)
        assert init.status()["pod"] in ("ready", "starting")
    finally:
        init.close()


# -- changed files --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["SIGHUP", "request"])
def test_changed_files_are_picked_up(start, how):
    init = start({"kept": service(FOREVER), "changed": service("echo old; " + FOREVER), "removed": service(FOREVER)})
    init.wait_for_state("changed", "ready")
    before = init.service_list()
    init.write("changed", service("echo new; " + FOREVER))
    init.write("added", service(FOREVER))
    (init.services / "removed").unlink()
    if how == "SIGHUP":
        init.send(signal.SIGHUP)
    else:
        assert init.ask("reload")[0] == "ok"
    wait_until(lambda: "removed" not in init.service_list(), "removed is gone")
    init.wait_for_state("added", "ready")
    init.wait_for_state("changed", "ready")
    wait_until(lambda: "changed: new" in init.text(), "the new one runs")
    assert init.service_list()["kept"] == before["kept"]


def test_a_changed_service_waits_for_a_new_one_that_it_comes_after(start):
    init = start({"app": service("exit 1", restart="never")})
    init.wait_for_state("app", "failed")
    init.write("app", service(FOREVER, after="zoo"))
    init.write("zoo", service(FOREVER, ready="exec test -e /tmp/zoo"))
    assert init.ask("reload")[0] == "ok"
    assert init.state("app") == "waiting" and init.state("zoo") == "starting"
    (init.tmp / "zoo").touch()
    init.wait_for_state("app", "ready")


def test_many_thousand_services_do_not_exhaust_the_stack(start):
    init = start({f"s{number}": "exec = true\nuser = who-is-not-there\nrestart = never\n" for number in range(10_000)})
    status = init.status()
    assert status["services"] == "10000" and status["services-ready"] == "0"


def test_a_file_that_went_wrong_changes_nothing_about_the_service_that_runs(start):
    init = start({"web": service(FOREVER)})
    init.wait_for_state("web", "ready")
    before = init.service_list()
    init.write("web", "exec = \n")
    word, fields = init.ask("reload")
    assert word == "error" and dict(fields)["code"] == "3" and "service web, line 1" in dict(fields)["sentence"]
    assert init.service_list() == before


# -- output -----------------------------------------------------------------------------------------------------------------------


def test_output_comes_line_by_line_and_never_mixed(start):
    script = "i=0; while [ $i -lt 300 ]; do echo {0}{0}{0}{0}{0}{0}{0}{0}; printf {0}; printf '{0}\\n'; i=$((i+1)); done"
    names = "abcdefgh"
    init = start({name: service(script.format(name), restart="never") for name in names})
    for name in names:
        init.wait_for_state(name, "done")
        wait_until(lambda: init.text().count(f"{name}: ") == 600, "all lines")
    for line in init.text().splitlines():
        if line[1:3] == ": ":
            assert set(line[3:]) == {line[0]} and len(line) in (5, 11), line


def test_the_last_200_lines_are_kept_and_a_long_one_is_cut(start):
    init = start({"talks": service("seq 1000; head -c 9000 /dev/zero | tr '\\0' x; echo; printf unfinished", restart="never")})
    init.wait_for_state("talks", "done")
    word, fields = init.ask("logs", service="talks")
    lines = [value for key, value in fields]
    assert word == "ok" and 150 <= len(lines) <= 200
    assert lines[-1] == "unfinished" and lines[-5] == "1000"
    assert [len(line) for line in lines[-4:-1]] == [3840, 3840, 1320]
    assert init.ask("logs", service="nobody")[0] == "error"


def test_a_reader_that_stops_reading_stops_nothing(start):
    init = start({"floods": service("seq 200000; touch /tmp/done; " + FOREVER)}, reads_output=False)
    wait_until(lambda: (init.tmp / "done").exists(), "the service has written all it wanted")
    assert init.status()["project"] == "test"
    init.read_output()
    wait_until(lambda: "lines were dropped, because nobody read them" in init.text(), "what was lost is said")
    text = init.text()
    assert all(line.startswith(("floods: ", "tazpod-init: ")) for line in text.splitlines())


def test_an_output_that_is_closed_stops_nothing(start):
    init = start({"talks": service("while :; do echo line; sleep 0.01; done")}, reads_output=False)
    init.process.stderr.close()
    time.sleep(0.3)
    init.process.stderr = open(os.devnull, "rb")
    assert init.status()["services-ready"] == "1"


# -- neighbours ---------------------------------------------------------------------------------------------------------------------


def test_the_crash_of_the_tmux_server_loses_no_service_and_the_session_comes_back(start):
    init = start({"web": service(FOREVER)})
    wait_until(init.is_ready, "the pod is ready")
    before = init.service_list()
    server = wait_until(lambda: tmux_server(init), "tmux runs")
    os.kill(server, signal.SIGSEGV)
    wait_until(lambda: tmux_server(init) not in (None, server), "tmux runs again")
    assert init.service_list() == before


def tmux_server(init):
    for pid in os.listdir("/proc"):
        if pid.isdigit() and same_namespace(pid, init.pid) and pathlib.Path(f"/proc/{pid}/comm").read_text() == "tmux: server\n":
            return int(pid)
    return None


def test_sessions_are_created_kept_alive_and_ended(start):
    init = start()
    wait_until(init.is_ready, "the pod is ready")
    assert init.ask("create-session", name="build") == ("ok", [])
    assert session_names(init) == ["build", "main"]
    assert init.ask("create-session", name="build") == ("ok", [])
    tmux(init, "kill-session", "-t", "=build")
    wait_until(lambda: session_names(init) == ["build", "main"], "build is there again")
    tmux(init, "new-session", "-d", "-s", "mine")
    tmux(init, "kill-session", "-t", "=mine")
    assert init.ask("end-session", name="build") == ("ok", [])
    time.sleep(0.6)
    assert session_names(init) == ["main"]
    assert init.ask("end-session", name="build")[0] == "error"
    assert dict(init.ask("end-session", name="main")[1])["code"] == "7"
    for name in ("", "a.b", "-x", "a b", "x" * 65, "a:b"):
        assert dict(init.ask("create-session", name=name)[1])["code"] == "2"


def session_names(init):
    word, fields = init.ask("sessions")
    return sorted(value for key, value in fields if key == "session") if word == "ok" else None


def tmux(init, *arguments):
    subprocess.run(
        ["nsenter", "--target", str(init.pid), "--mount", "--pid", "setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", "tmux", *arguments],
        check=True, timeout=20, env={"PATH": os.environ["PATH"]})
