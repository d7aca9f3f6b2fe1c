"""What follows when a service ends."""

import os

import pytest

from services import command_line, same_namespace, service
from supervised import wait_until


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


def test_a_program_that_is_missing_is_said_and_tried_again(start):
    init = start({"missing": "exec = /no/such/program\nbackoff = 50ms\n"})
    wait_until(lambda: init.text().count("service missing: cannot run the program: No such file or directory") >= 2, "two tries")
