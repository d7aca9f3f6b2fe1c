"""The benchmark: TazPod against its peers, in pairs, on this machine. Run by `make bench`; scripts/bench is its command.

A group of figures is a module in `groups/` with four names, and one line in `groups/__init__.py`:

    NAME             what `make bench ONLY=…` calls it
    TITLE            the heading in docs/performance.md
    TEXT             what is compared, exactly: each side's work, and what is left out of the timing
    run(workshop)    measures, and gives a list of `report.Table`

One that takes too long for every day also has ONLY_WHEN_ASKED = True. Small C programs are in `tools/`.
"""

import pathlib
import sys

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent

# Pods, the private docker daemon, supervisors and virtual machines are driven as the tests do it.
sys.path[:0] = [str(REPOSITORY / "Tests/Pod/Support"), str(REPOSITORY / "Tests/Init"), str(REPOSITORY / "Tests/Machine")]
