#!/usr/bin/env python3
"""Fetches the programs of images/pins that belong to an image: `fetch_programs.py IMAGE FOLDER`.

FOLDER/programs gets the programs; FOLDER/build/fetched says where each came from, FOLDER/build/left-out which could not be had. A host
that cannot be reached is no reason to build nothing; a file that is not what its pin says is. OFFLINE=1 asks nobody.
"""

import hashlib
import http.client
import os
import pathlib
import platform
import sys
import tarfile
import urllib.error
import urllib.parse
import urllib.request

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
PINS = pathlib.Path(os.environ.get("PINS") or REPOSITORY / "images/pins")
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "tazpod/programs"
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
SECONDS = 20
LARGEST = 512 << 20


class Pin:
    def __init__(self, line):
        self.image, self.program, self.version, self.architecture, self.checksum, self.member, self.url = line.split()
        self.host = urllib.parse.urlsplit(self.url).netloc

    def __str__(self):
        return f"{self.program} {self.version}"


def say(text):
    print(f"images: {text}", file=sys.stderr)


def fail(text):
    say(text)
    sys.exit(1)


def pins_of(image):
    lines = [line for line in PINS.read_text().splitlines() if line.strip() and not line.startswith("#")]
    try:
        found = [pin for pin in map(Pin, lines) if pin.image == image]
    except ValueError:
        fail(f"{PINS}: a line has seven words: image, program, version, architecture, sha256, member, url")
    return {pin.program: pin for pin in found if pin.architecture in (ARCHITECTURE, "all")}, {pin.program: pin for pin in found}


def fetch(pin):
    """The file's bytes, from the cache or its host.

    - Raises: OSError where the host does not give it.
    """
    kept = CACHE / pin.checksum
    if kept.exists() and hashlib.sha256(kept.read_bytes()).hexdigest() == pin.checksum:
        return kept.read_bytes()
    if os.environ.get("OFFLINE"):
        raise OSError("OFFLINE is set")
    try:
        with urllib.request.urlopen(pin.url, timeout=SECONDS) as answer:
            data = answer.read(LARGEST + 1)
    except http.client.HTTPException as error:
        raise OSError(f"it broke off: {error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != pin.checksum:
        fail(f"{pin} from {pin.url} has the checksum {found}, and not the pinned {pin.checksum}: it was changed, or its pin is wrong")
    CACHE.mkdir(parents=True, exist_ok=True)
    partial = kept.with_suffix(f".{os.getpid()}")
    partial.write_bytes(data)
    partial.rename(kept)
    return data


def unpack(pin, data, target):
    """The program itself, out of its archive."""
    if pin.member != "-":
        archive = target.with_suffix(".archive")
        archive.write_bytes(data)
        with tarfile.open(archive) as tar:
            members = {member.name.removeprefix("./"): member for member in tar if member.isfile()}
            if pin.member not in members:
                fail(f"{pin} from {pin.url} holds no file {pin.member}: its pin is wrong")
            data = tar.extractfile(members[pin.member]).read()
        archive.unlink()
    target.write_bytes(data)
    target.chmod(0o755)


def main(image, folder):
    programs, build = pathlib.Path(folder) / "programs", pathlib.Path(folder) / "build"
    wanted, every = pins_of(image)
    fetched, left_out, silent = [], [], {}
    for name, pin in sorted(every.items()):
        pin = wanted.get(name)
        try:
            if pin is None:
                raise OSError(f"there is none for {ARCHITECTURE}")
            if pin.host in silent and not (CACHE / pin.checksum).exists():
                raise OSError(silent[pin.host])
            unpack(pin, fetch(pin), programs / name)
            fetched.append(f"{pin} {pin.checksum} {pin.url}")
        except OSError as error:
            # What answers for one thing will answer for another.
            if pin is not None and not isinstance(error, urllib.error.HTTPError):
                silent[pin.host] = str(error)
            left_out.append(str(pin or every[name]))
            say(f"{pin or every[name]} is left out: {(pin or every[name]).host} does not give it ({error})")
    for name, lines in (("fetched", fetched), ("left-out", left_out)):
        (build / name).write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
