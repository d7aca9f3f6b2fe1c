"""How services end with the pod."""

import signal
import time

import pytest

from services import FOREVER, service
from supervised import BUILDS, Supervised, wait_until

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
