"""Who waits for whom, and when a service counts as ready."""

import os
import socket
import time

import pytest

from services import FOREVER, service
from supervised import wait_until


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
