#!/usr/bin/env python3
"""Writes docs/commands.md from what the built programs say under --help; with --check, says whether it is up to date."""

import json
import os
import pathlib
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
DOCUMENT = REPOSITORY / "docs/commands.md"
HEAD = """# Commands

Every command as it describes itself. Written by `make documents` from the programs' own `--help`.
What the files look like is in [configuration.md](configuration.md).
"""


def said_by(*command):
    environment = dict(os.environ, COLUMNS="100")
    done = subprocess.run(
        [str(REPOSITORY / "bin" / command[0]), *command[1:]], capture_output=True, text=True, check=True, timeout=60, env=environment)
    return done.stdout.rstrip()


def section(title, text):
    return f"\n## {title}\n\n```text\n{text}\n```\n"


def reference():
    tree = json.loads(said_by("tazpod", "--experimental-dump-help"))["command"]
    parts = [HEAD, section("tazpod", said_by("tazpod", "--help"))]
    for command in tree["subcommands"]:
        name = command["commandName"]
        if command["shouldDisplay"] and name != "help":
            parts.append(section(f"tazpod {name}", said_by("tazpod", name, "--help")))
            for verb in [verb["commandName"] for verb in command.get("subcommands", [])]:
                if verb != "help":
                    parts.append(section(f"tazpod {name} {verb}", said_by("tazpod", name, verb, "--help")))
    parts.append(section("tazpod-init", said_by("tazpod-init", "--help")))
    return "".join(parts)


def main():
    text = reference()
    if "--check" in sys.argv[1:]:
        if not DOCUMENT.exists() or DOCUMENT.read_text() != text:
            sys.exit("docs/commands.md is not what the programs say; run make documents")
    else:
        DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
