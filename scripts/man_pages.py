#!/usr/bin/env python3
"""Writes pages of the manual (man(7)) from what the programs say of themselves, into the folder that is named: tazpod.1, one for
each verb (tazpod-up.1, tazpod-vault-info.1, …), and tazpod-init.8 for the init, which shares its name with a verb. Run by `make man`."""

import json
import pathlib
import re
import subprocess
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]


def said_by(*command):
    command = [str(REPOSITORY / "bin" / command[0]), *command[1:]]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def text(line):
    """As it is: no backslash is an escape, and no first character a request."""
    line = line.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\\&" + line if line.startswith((".", "\\(aq")) else line


def name_of(argument):
    names = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument.get("names", [])]
    value = argument.get("valueName", "")
    if argument["kind"] == "positional":
        return f"\\fI{text(value)}\\fR"
    shown = ", ".join(f"\\fB{text(name)}\\fR" for name in names)
    return f"{shown} \\fI{text(value)}\\fR" if argument["kind"] == "option" else shown


def synopsis(words, command):
    parts = [f"\\fB{text(' '.join(words))}\\fR"]
    for argument in shown(command):
        part = name_of(argument) + ("..." if argument.get("isRepeating") else "")
        parts.append(f"[{part}]" if argument.get("isOptional") else part)
    return " ".join(parts) + (" \\fIverb\\fR" if verbs(command) else "")


def shown(command):
    return [argument for argument in command.get("arguments", []) if argument.get("shouldDisplay", True)]


def verbs(command):
    return [verb for verb in command.get("subcommands", []) if verb.get("shouldDisplay", True) and verb["commandName"] != "help"]


def paragraphs(words):
    return [part for paragraph in re.split(r"\n\n+", words.strip()) for part in (".PP", text(" ".join(paragraph.split())))]


def head(name, section, version, abstract):
    return [f'.TH "{text(name.upper())}" {section} "" "TazPod {version}" "TazPod"', ".SH NAME", f"{text(name)} \\- {text(abstract)}"]


def page(words, command, version):
    name = "-".join(words)
    lines = [
        *head(name, 1, version, command.get("abstract", "")), ".SH SYNOPSIS", synopsis(words, command)]
    if command.get("discussion"):
        lines += [".SH DESCRIPTION", *paragraphs(command["discussion"])]
    if shown(command):
        lines.append(".SH OPTIONS")
        for argument in shown(command):
            default = f" (default: {argument['defaultValue']})" if argument.get("defaultValue") else ""
            lines += [".TP", name_of(argument), text(argument.get("abstract", "") + default) or "\\&"]
    if verbs(command):
        lines.append(".SH VERBS")
        for verb in verbs(command):
            lines += [".TP", f"\\fB{text('-'.join([*words, verb['commandName']]))}\\fR(1)", text(verb.get("abstract", ""))]
    if len(words) > 1:
        lines += [".SH SEE ALSO", f"\\fB{text('-'.join(words[:-1]))}\\fR(1)"]
    return "\n".join(lines) + "\n"


def pages(words, command, version):
    yield "-".join(words), page(words, command, version)
    for verb in verbs(command):
        yield from pages([*words, verb["commandName"]], verb, version)


def init_page(version):
    said = [text(line) for line in said_by("tazpod-init", "--help").splitlines()]
    lines = [*head("tazpod-init", 8, version, "the first process of a pod"), ".SH DESCRIPTION", ".nf", *said, ".fi"]
    return "\n".join(lines) + "\n"


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    tree, version = json.loads(said_by("tazpod", "--experimental-dump-help"))["command"], said_by("tazpod", "--version").strip()
    for name, written in pages(["tazpod"], tree, version):
        (folder / f"{name}.1").write_text(written)
    (folder / "tazpod-init.8").write_text(init_page(version))


if __name__ == "__main__":
    main()
