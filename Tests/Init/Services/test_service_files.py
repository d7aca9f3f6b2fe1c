"""What is in a service's file, and what is said of a wrong one."""

import os

import pytest

from services import FOREVER, service
from supervised import wait_until


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
