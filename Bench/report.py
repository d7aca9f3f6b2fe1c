"""docs/performance.json keeps the figures, group by group; docs/performance.md shows them.

A group that was not measured this time keeps its figures, its text, and the day and machine that they were measured on.
"""

import dataclasses
import json
import os
import time

from Bench import REPOSITORY, machine
from Bench.pairing import RATES, Comparison

RECORD = REPOSITORY / "docs/performance.json"
PAGE = REPOSITORY / "docs/performance.md"

HEAD = """\
# Performance

Written by `make bench`, which measures everything on this page again but what stands under "After much work";
`make bench ONLY="init soak"` measures these two groups and keeps the others. Do not edit it by hand.

Every figure is a ratio, TazPod divided by the peer, of runs that took turns on the same machine (A B, B A, A B, …): the median
of the pairs' ratios, with their 10th and 90th percentiles in parentheses. For times, sizes and counts (ms, KiB) a ratio below 1 is in
TazPod's favour, for rates (MiB/s, /s) one above 1. The times and rates beside it are medians; they depend on the machine and on
what else it was doing, so compare ratios.
"""


@dataclasses.dataclass
class Table:
    title: str
    comparisons: list


class Report:
    """The record of every group's last measurement."""

    def __init__(self, order):
        self.order = order
        self.groups = json.loads(RECORD.read_text())["groups"] if RECORD.exists() else {}

    def keep(self, group, tables):
        """Puts a group's new figures in the place of its old ones, and writes both files."""
        self.groups[group.NAME] = {
            "title": group.TITLE, "text": group.TEXT.strip(), "machine": machine.describe(), "day": time.strftime("%Y-%m-%d"),
            "tables": [dataclasses.asdict(table) for table in tables],
        }
        known = {name: self.groups[name] for name in self.order if name in self.groups}
        RECORD.parent.mkdir(exist_ok=True)
        write(RECORD, json.dumps({"groups": known}, indent=1, ensure_ascii=False) + "\n")
        write(PAGE, page(known.values()))


def write(path, text):
    """In one step: an interrupted bench leaves the old page."""
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    os.replace(temporary, path)


def page(groups):
    places = {place(group) for group in groups}
    parts = [HEAD] + (list(places) if len(places) == 1 else [])
    for group in groups:
        parts.append(f"## {group['title']}\n")
        if len(places) > 1:
            parts.append(place(group))
        parts.append(group["text"] + "\n")
        parts += [render(table) for table in group["tables"]]
    return "\n".join(parts)


def place(group):
    return f"Machine: {group['machine']}. Measured on {group['day']}.\n"


def render(table):
    """A table in Markdown; with a column for goals if there are any."""
    comparisons = [Comparison(**fields) for fields in table["comparisons"]]
    heads = ["figure", "peer", "TazPod", "the peer", "ratio", "pairs"]
    rows = [
        [
            each.what, each.peer, amount(each.ours_median, each.unit), amount(each.peer_median, each.unit), ratio(each),
            str(each.pairs),
        ]
        for each in comparisons
    ]
    if any(each.goal is not None for each in comparisons):
        heads.append("goal")
        rows = [row + [goal(each)] for row, each in zip(rows, comparisons)]
    lines = [heads, ["---"] * len(heads), *rows]
    title = f"**{table['title']}**\n\n" if table["title"] else ""
    return title + "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def amount(value, unit):
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f} {unit}"


def ratio(each):
    if each.pairs == 1:
        return f"**{each.ratio:.2f}**"
    return f"**{each.ratio:.2f}** ({each.low:.2f}–{each.high:.2f})"


def goal(each):
    if each.goal is None:
        return "–"
    large = each.unit in RATES
    met = each.ratio >= each.goal if large else each.ratio <= each.goal
    return f"{'≥' if large else '≤'} {each.goal:g}, {'met' if met else 'missed'}"
