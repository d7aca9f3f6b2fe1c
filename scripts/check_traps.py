#!/usr/bin/env python3
"""Fails on what would end PID 1 or the ghost on bad input: fatalError, try!, as!, force unwraps, preconditions; and where input
is read, arithmetic that traps when it overflows.

Beside `swift format lint`, whose rules find force unwraps by syntax. First it is tried on planted examples, each of which it
must find; then it reads the sources of the programs that may not trap.
"""

import pathlib
import re
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ["Sources/Contract", "Sources/GhostShell", "Sources/Linux", "Sources/PodInit", "Sources/Secrets"]

TRAPS = {
    "fatalError": r"\bfatalError\s*\(",
    "a precondition": r"\b(precondition|preconditionFailure|assert|assertionFailure)\s*\(",
    "try!": r"\btry!",
    "as!": r"\bas!",
    "a force unwrap": r"[\w\])?]!(?![=\w])",
    "an implicitly unwrapped optional": r":\s*[\w.<>\[\]]+!",
    "an unchecked reference": r"\bunowned\b",
    "a dictionary that traps on a repeated key": r"uniqueKeysWithValues",
}

PLANTED = {
    "fatalError": 'fatalError("no")',
    "a precondition": "precondition(count > 0)",
    "try!": "let file = try! open(path)",
    "as!": "let text = value as! String",
    "a force unwrap": "let first = list.first!",
    "an implicitly unwrapped optional": "var socket: MessageSocket!",
    "an unchecked reference": "unowned let owner: Supervisor",
    "a dictionary that traps on a repeated key": "Dictionary(uniqueKeysWithValues: pairs)",
}

# Where numbers come from outside: there they are added with &+, or with a check for overflow.
READING_FOLDERS = ["Sources/Contract", "Sources/PodInit/CommandLine", "Sources/PodInit/Control", "Sources/PodInit/Services"]
# To divide by a number that is written there cannot trap.
ARITHMETIC = r"(?<=[\w)]) ([-+*]=? (?=[\w(])|[/%]=? (?=[A-Za-z_(]))"
CONSTANT = r"static let \w+(: \w+)? = [\d *]+$"
PLANTED_ARITHMETIC = ["let end = start + count", "total += Int(text) ?? 0", "let milliseconds = seconds * 1000"]

STRING_OR_COMMENT = re.compile(r'"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"|//[^\n]*')


def code_of(text):
    """The text with strings and comments blanked, line by line as it was."""
    return STRING_OR_COMMENT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def traps_in(text):
    """(line number, what it is) of every trap."""
    found = []
    for number, line in enumerate(code_of(text).splitlines(), start=1):
        found += [(number, what) for what, pattern in TRAPS.items() if re.search(pattern, line)]
    return found


def arithmetic_in(text):
    """Line numbers of arithmetic that may trap."""
    lines = enumerate(code_of(text).splitlines(), start=1)
    return [number for number, line in lines if re.search(ARITHMETIC, line) and not re.search(CONSTANT, line)]


def main():
    if not all(arithmetic_in(line) for line in PLANTED_ARITHMETIC):
        sys.exit("check_traps: the planted arithmetic was not found")
    missed = [what for what, line in PLANTED.items() if what not in [found for _, found in traps_in(line)]]
    if missed:
        sys.exit(f"check_traps: the planted examples were not found: {', '.join(missed)}")
    complaints = []
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*.swift")):
            for number, what in traps_in(path.read_text()):
                complaints.append(f"{path.relative_to(REPOSITORY)}:{number}: {what} can end the process; make it an error")
    for folder in READING_FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*.swift")):
            for number in arithmetic_in(path.read_text()):
                complaints.append(f"{path.relative_to(REPOSITORY)}:{number}: arithmetic on input can trap; use &+ or check it")
    print("\n".join(complaints), end="\n" if complaints else "")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
