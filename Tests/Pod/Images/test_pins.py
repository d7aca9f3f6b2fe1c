"""What Debian lacks is fetched by version and checksum: a wrong file is refused, and a host that is away costs a note."""

import os
import re
import subprocess

import pytest

from downloads import DownloadHost, closed_url
from pod import REPOSITORY


@pytest.fixture
def host(tmp_path):
    host = DownloadHost(tmp_path / "served")
    yield host
    host.close()


@pytest.fixture
def fetch(tmp_path):
    """Fetches the programs of the image k8s by these pins."""

    def run(*pins, **variables):
        folder = tmp_path / "context"
        for name in ("programs", "build"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "pins").write_text("# a comment\n" + "".join(f"{pin}\n" for pin in pins))
        environment = dict(os.environ, PINS=str(tmp_path / "pins"), XDG_CACHE_HOME=str(tmp_path / "cache"), **variables)
        if "OFFLINE" not in variables:
            environment.pop("OFFLINE", None)
        done = subprocess.run(
            ["/usr/bin/python3", str(REPOSITORY / "scripts/fetch_programs.py"), "k8s", str(folder)], env=environment, capture_output=True,
            text=True, timeout=60)
        return done, folder

    return run


def said(folder, name):
    return (folder / "build" / name).read_text()


def test_a_program_is_fetched_by_itself_or_out_of_its_archive(host, fetch):
    done, folder = fetch(
        f"k8s k9s 1.2 all {host.offer('k9s', 'I am k9s', 'k9s')}", f"k8s talosctl 3.4 all {host.offer('talosctl', 'I am talosctl')}",
        f"gemini gemini 5.6 all {host.offer('gemini', 'of another image')}")
    assert (done.returncode, done.stderr) == (0, "")
    assert sorted(path.name for path in (folder / "programs").iterdir()) == ["k9s", "talosctl"]
    for name in ("k9s", "talosctl"):
        assert subprocess.run([str(folder / "programs" / name)], capture_output=True, text=True, timeout=20).stdout == f"I am {name}\n"
    assert said(folder, "left-out") == ""
    assert re.fullmatch(r"k9s 1\.2 [0-9a-f]{64} http.*\ntalosctl 3\.4 [0-9a-f]{64} http.*\n", said(folder, "fetched"))


def test_a_file_that_is_not_the_pinned_one_stops_the_build(host, fetch):
    pin = host.offer("k9s", "I am k9s")
    (host.folder / "k9s").write_text("#!/bin/sh\necho I am somebody else\n")
    done, folder = fetch(f"k8s k9s 1.2 all {pin}")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "k9s 1.2 from " in done.stderr and "has the checksum " in done.stderr, done.stderr
    assert list((folder / "programs").iterdir()) == []


def test_a_cached_file_that_was_changed_is_fetched_again(host, fetch, tmp_path):
    pin = f"k8s k9s 1.2 all {host.offer('k9s', 'I am k9s')}"
    fetch(pin)
    [kept] = (tmp_path / "cache/tazpod/programs").iterdir()
    kept.write_text("#!/bin/sh\necho I am somebody else\n")
    done, folder = fetch(pin)
    assert done.returncode == 0 and host.asked == ["/k9s", "/k9s"]
    assert "I am k9s" in (folder / "programs/k9s").read_text()


def test_a_program_is_asked_for_once(host, fetch):
    pin = f"k8s k9s 1.2 all {host.offer('k9s', 'I am k9s')}"
    fetch(pin)
    done, folder = fetch(pin, OFFLINE="1")
    assert (done.returncode, said(folder, "left-out")) == (0, "")
    assert host.asked == ["/k9s"]


def test_a_host_that_is_away_costs_a_note(host, fetch):
    url = closed_url()
    pins = [f"k8s {name} 1.2 all {'0' * 64} - {url}/{name}" for name in ("helm", "k9s")]
    done, folder = fetch(*pins, f"k8s talosctl 3.4 all {host.offer('talosctl', 'I am talosctl')}")
    assert done.returncode == 0
    assert said(folder, "left-out") == "helm 1.2\nk9s 1.2\n"
    assert [line.split(" is left out: ")[0] for line in done.stderr.splitlines()] == ["images: helm 1.2", "images: k9s 1.2"]
    assert [path.name for path in (folder / "programs").iterdir()] == ["talosctl"]


def test_what_its_host_no_longer_has_costs_a_note(host, fetch):
    done, folder = fetch(f"k8s k9s 1.2 all {'0' * 64} - {host.url}/k9s", f"k8s talosctl 3.4 all {host.offer('talosctl', 'here')}")
    assert done.returncode == 0 and "404" in done.stderr
    assert said(folder, "left-out") == "k9s 1.2\n"


def test_offline_nobody_is_asked(host, fetch):
    done, folder = fetch(f"k8s k9s 1.2 all {host.offer('k9s', 'I am k9s')}", OFFLINE="1")
    assert done.returncode == 0 and said(folder, "left-out") == "k9s 1.2\n"
    assert host.asked == []


def test_a_program_for_another_machine_is_left_out(host, fetch):
    done, folder = fetch(f"k8s k9s 1.2 vax {host.offer('k9s', 'I am k9s')}")
    assert done.returncode == 0 and said(folder, "left-out") == "k9s 1.2\n"
    assert "there is none for " in done.stderr


def test_an_archive_without_the_program_stops_the_build(host, fetch):
    done, _ = fetch(f"k8s k9s 1.2 all {host.offer('k9s', 'I am k9s', 'bin/k9s').replace(' bin/k9s ', ' k9s ')}")
    assert done.returncode == 1 and "holds no file k9s" in done.stderr


def test_a_line_of_another_form_stops_the_build(fetch):
    done, _ = fetch("k8s k9s 1.2")
    assert done.returncode == 1 and "a line has seven words" in done.stderr


def test_the_repositorys_pins_are_of_their_form():
    lines = [line.split() for line in (REPOSITORY / "images/pins").read_text().splitlines() if not line.startswith("#")]
    for image, program, version, architecture, checksum, _, url in lines:
        assert (REPOSITORY / "images" / image / "Dockerfile").exists()
        assert re.fullmatch(r"[0-9a-f]{64}", checksum), program
        assert url.startswith("https://") and version in url, program
        assert architecture in ("amd64", "arm64", "all"), program
