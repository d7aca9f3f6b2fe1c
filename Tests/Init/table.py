"""What inits are expected to do, as one table: each row is measured on ours and on its peers, and docs/init.md shows it.

The values are those of Debian 12's tini 0.19.0, dumb-init 1.2.5 and catatonit 0.1.7. `make documents` writes the table into
docs/init.md.
"""

import importlib
import pathlib
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[number]) for number in (0, 1)]

import behaviours_ending  # noqa: E402
import behaviours_messages  # noqa: E402
import behaviours_processes  # noqa: E402
import behaviours_signals  # noqa: E402
import behaviours_terminal  # noqa: E402
from behaviour import BEHAVIOURS, COLUMNS  # noqa: E402
from supervised import REPOSITORY  # noqa: E402

# In the order of the table.
MODULES = [behaviours_ending, behaviours_signals, behaviours_processes, behaviours_terminal, behaviours_messages]
ROWS = [row for module in MODULES for row in BEHAVIOURS if row.measure.__module__ == module.__name__]

# They are imported for their rows, in the order in which the table has them.
for _part in ("ending", "signals", "processes", "terminal", "messages"):
    importlib.import_module(f"behaviours_{_part}")

DOCUMENT = REPOSITORY / "docs/init.md"
BEGIN, END = "<!-- written by Tests/Init/table.py -->\n", "<!-- end -->\n"


def table():
    rows = [["", *COLUMNS], ["---"] * (len(COLUMNS) + 1)]
    rows += [[row.words, *(row.values[column] for column in COLUMNS)] for row in ROWS]
    return "".join("| " + " | ".join(cells) + " |\n" for cells in rows)


def with_table(text):
    before, rest = text.split(BEGIN, 1)
    return before + BEGIN + table() + END + rest.split(END, 1)[1]


if __name__ == "__main__":
    DOCUMENT.write_text(with_table(DOCUMENT.read_text()))
