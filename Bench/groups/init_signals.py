"""Forwarding signals."""

import statistics

from Bench import host
from Bench.inits import PEERS, compare_all, for_each
from Bench.pairing import percentile_99, take_turns_sampling
from Bench.report import Table

NAME = "signals"
TITLE = "Forwarding signals"
SIGNALS = 2000
TEXT = f"""
From just before kill(2) in the sender, outside of the PID namespace, until sigwaitinfo(2) has returned in the command of the init,
which is PID 1: {SIGNALS:,} signals, one at a time with a short pause between. The receiver writes its time into memory that both share.

Everything runs on one CPU: with two, what is measured is how long the other takes to wake up. As with an engine, the init leads a
session of its own, which its sender is not in.
"""

TURNS = 40
AT_MOST = {peer: 1 for peer in PEERS}


def run(workshop):
    tool = workshop.tool("signals")
    with host.memory_folder("1M") as folder:
        shared = str(folder / "arrivals")

        def latencies(path):
            receiver = [tool, "-r", shared, str(SIGNALS)]
            output = host.run(tool, shared, str(SIGNALS), path, "--", *receiver, timeout=2 * host.MINUTE)
            return [int(line) / 1e3 for line in output.split()]

        median, highest = take_turns_sampling(
            "signal", "µs", for_each(latencies), TURNS, statistics.median, percentile_99)
    return [
        Table("Median", compare_all(median, AT_MOST)),
        Table("99th percentile", compare_all(highest, AT_MOST)),
    ]
