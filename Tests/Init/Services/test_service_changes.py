"""Service files that change while the pod runs."""

import signal

import pytest

from services import FOREVER, service
from supervised import wait_until


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
