"""Files of another Debian release's packages, for tests; downloaded once."""

import os
import pathlib
import re
import subprocess
import tempfile

CACHE = pathlib.Path(os.environ.get("TAZPOD_TEST_CACHE", "/var/tmp/tazpod-test")) / "packages"
KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
SOURCES = "/etc/apt/sources.list.d/debian.sources"


def mirror():
    text = pathlib.Path(SOURCES).read_text() if os.path.exists(SOURCES) else ""
    found = re.search(r"^URIs:\s*(\S+)", text, re.MULTILINE)
    return found.group(1) if found else "http://deb.debian.org/debian"


def unpacked(package, suite):
    """The folder that holds the package's files, or None where it cannot be had."""
    folder = CACHE / suite / package
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        for name in ("lists/partial", "cache/archives/partial"):
            (pathlib.Path(place) / name).mkdir(parents=True)
        pathlib.Path(place, "sources.list").write_text(f"deb [signed-by={KEYS}] {mirror()} {suite} main\n")
        apt = [
            "apt-get", "-qq", "-o", f"Dir::Etc::sourcelist={place}/sources.list", "-o", "Dir::Etc::sourceparts=/dev/null",
            "-o", f"Dir::State::lists={place}/lists", "-o", f"Dir::Cache={place}/cache", "-o", "APT::Sandbox::User=root",
        ]
        for command in ([*apt, "update"], [*apt, "download", package]):
            if subprocess.run(command, cwd=place, capture_output=True, timeout=300).returncode != 0:
                return None
        archive = next(pathlib.Path(place).glob("*.deb"))
        subprocess.run(["dpkg-deb", "--extract", archive, f"{place}/tree"], check=True, timeout=120)
        pathlib.Path(place, "tree").rename(folder)
    return folder
