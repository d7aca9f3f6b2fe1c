"""Where the output of services goes."""

import os
import time

from services import FOREVER, service
from supervised import wait_until


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
