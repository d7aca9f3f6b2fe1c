#!/usr/bin/env python3
"""Fails where the documents name what is not there: files, make targets, tests; where docs/security.md leaves out an attack's test,
a defence or a refused system call; where docs/images.md leaves out an image's layers; and on a README that is too long."""

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
    for target in re.findall(r"`make ([a-z0-9-]+)", text):
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


def read(path):
    return (REPOSITORY / path).read_text()


def catalogue(security):
    """The rows of the tables of attacks: a list of cells each."""
    part = security.split("## Attacks that are tried")[1].split("\n## ")[0]
    rows = [re.split(r" \| ", line.strip("| ")) for line in part.splitlines() if line.startswith("| ")]
    return [row for row in rows if row[0] != "attack"]


def gaps_of_the_catalogue(security):
    rows = catalogue(security)
    for row in rows:
        if len(row) != 4 or not re.search(r"`test_\w+`", row[2]):
            yield f"has an attack without a test: {row[0]}"
    # A defence that can be switched off is one that a test switches off.
    tests = "".join(file.read_text() for file in (REPOSITORY / "Tests/Pod").rglob("*.py"))
    weakened = set(re.findall(r"""(?:make_weakened_(?:ram_)?pod\("|without=\["|WEAKENED_DEFENCES: ')([a-z-]+)["']""", tests))
    defences = re.findall(r'^ +case (\w+)(?: = "([a-z-]+)")?$', read("Sources/GhostShell/Defence.swift") + read("Sources/Secrets/Defence.swift"), re.M)
    for name in (raw or case for case, raw in defences):
        if not any(f"`{name}`" in row[1] for row in rows):
            yield f"has no attack that the defence {name} stops"
        if name not in weakened:
            yield f"names the defence {name}, which no test switches off"


def gaps_of_the_filter(security):
    part = security.split("## What the ghost's filter refuses")[1].split("\n## ")[0]
    groups = re.findall(r'^ +case (\w+)(?: = "(\w+)")?$', read("Sources/Contract/RefusedCalls.swift"), re.M)
    calls = re.findall(r'"([a-z_0-9]+)"', read("Sources/GhostShell/Enclave/GhostCalls+Refused.swift").split("unavailable")[0])
    for name in [re.sub(r"([A-Z])", lambda m: "_" + m[1].lower(), case) if not raw else raw for case, raw in groups] + calls:
        if f"`{name}`" not in part:
            yield f"does not say why {name} is refused"


def gaps_of_the_layers(images):
    for recipe in sorted((REPOSITORY / "images").glob("*/Dockerfile")):
        if f"| **tazpod-{recipe.parent.name}**, " not in images:
            yield f"has no layers of tazpod-{recipe.parent.name}; run scripts/image_sizes.py after make images"


def main():
    targets = set(re.findall(r"^([a-z0-9-]+):", read("Makefile"), re.M))
    tests = {name for file in (REPOSITORY / "Tests").rglob("*.py") for name in re.findall(r"def (test_\w+)", file.read_text())}
    complaints = []
    for document in documents():
        text = document.read_text()
        found = [
            *missing_links(document, text), *missing_targets(text, targets), *missing_tests(text, tests), *missing_paths(text),
        ]
        complaints += [f"{document.relative_to(REPOSITORY)} {what}" for what in found]
    security = read("docs/security.md")
    complaints += [f"docs/security.md {what}" for what in (*gaps_of_the_catalogue(security), *gaps_of_the_filter(security))]
    complaints += [f"docs/images.md {what}" for what in gaps_of_the_layers(read("docs/images.md"))]
    length = len(read("README.md").splitlines())
    if length > README_LINES:
        complaints.append(f"README.md has {length} lines; {README_LINES} are enough")
    print("\n".join(complaints), end="\n" if complaints else "")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
