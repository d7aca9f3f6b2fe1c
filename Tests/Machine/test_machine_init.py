"""tazpod-init as the PID 1 of a machine, with nothing there but what it mounts itself."""

import pytest

from machine import Machine

PASSWD = "root:x:0:0:root:/:/bin/sh\ntazpod:x:1000:1000::/tmp:/bin/sh\n"


@pytest.fixture
def boot():
    machines = []

    def make(files, arguments=""):
        machines.append(Machine({"etc/passwd": PASSWD, "etc/group": "root:x:0:\ntazpod:x:1000:\n", **files}, arguments))
        return machines[-1]

    yield make
    for machine in machines:
        machine.close()


def service(script, **keys):
    lines = [f"exec = /bin/sh -c \"{script}\"", *(f"{key} = {value}" for key, value in keys.items())]
    return "\n".join(lines) + "\n"


def test_it_mounts_what_is_missing_supervises_and_switches_the_machine_off(boot):
    machine = boot({
        "etc/tazpod/services/looks": service("cat /proc/mounts; echo looked", restart="never"),
        "etc/tazpod/services/after": service("echo service-$((40 + 2)); exec sleep 1000", after="looks"),
        "etc/tazpod/services/ends": service("sleep 1; kill -TERM 1", after="after", user="root"),
    })
    text = machine.wait_for_end()
    for path in ("/proc", "/sys", "/dev", "/dev/pts", "/dev/shm", "/run"):
        assert f" {path} " in text, f"{path} is not mounted:\n{text}"
    assert "after: service-42" in text
    assert "Kernel panic" not in text
    assert machine.process.returncode == 0


def test_one_command_runs_and_its_status_is_said_before_the_machine_goes_off(boot):
    machine = boot({}, '-- /bin/sh -c "exit 42"')
    text = machine.wait_for_end()
    assert "ended with status 42; switching the machine off" in text
    assert "Kernel panic" not in text


def test_control_alt_delete_stops_everything_in_order(boot):
    machine = boot({"etc/tazpod/services/last": service("trap 'echo asked-to-stop; exit' TERM; echo up; while :; do sleep 0.1; done")})
    machine.wait_for("last: up")
    machine.monitor("sendkey ctrl-alt-delete")
    text = machine.wait_for_end()
    assert "last: asked-to-stop" in text
    assert "Kernel panic" not in text


def test_a_machine_whose_pid_1_ended_would_panic(boot):
    # The same boot with a PID 1 that just ends: that the tests above would notice.
    machine = boot({"init": "#!/bin/sh\nexit 0\n"})
    assert "Kernel panic" in machine.wait_for_end()
