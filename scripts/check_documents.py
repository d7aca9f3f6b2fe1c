#!/usr/bin/env python3
"""Fails where the documents name what is not there: files, make targets, tests; and on a README that is too long."""

import pathlib
import re
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
README_LINES = 150


def documents():
    return [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def missing_links(document, text):
    for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text):
        if not (document.parent / target).exists():
            yield f"links to {target}, which is not there"


def missing_targets(text, targets):
    for target in re.findall(r"`make ([a-z-]+)", text):
        if target not in targets:
            yield f"names make {target}, which is no target"


def missing_tests(text, tests):
    for name in re.findall(r"\btest_[a-z0-9_]+\b(?!\.py)", text):
        if name not in tests:
            yield f"names the test {name}, which does not exist"


def missing_paths(text):
    for path in re.findall(r"`((?:Sources|Tests|scripts|images|docs)/[\w./+-]*)`", text):
        if not (REPOSITORY / path).exists():
            yield f"names {path}, which is not there"


def main():
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.M))
    tests = {name for file in (REPOSITORY / "Tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", file.read_text())}
    complaints = []
    for document in documents():
        text = document.read_text()
        found = [
            *missing_links(document, text), *missing_targets(text, targets), *missing_tests(text, tests), *missing_paths(text),
        ]
        complaints += [f"{document.relative_to(REPOSITORY)} {what}" for what in found]
    length = len((REPOSITORY / "README.md").read_text().splitlines())
    if length > README_LINES:
        complaints.append(f"README.md has {length} lines; {README_LINES} are enough")
    print("\n".join(complaints), end="\n" if complaints else "")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
