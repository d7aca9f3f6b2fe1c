"""Paired measuring: rivals run in turns, and every figure is the median of the ratios within a turn.

On a machine with other work, two series taken one after the other differ by more than the rivals do. What disturbs one turn
disturbs all that run in it, so a turn's ratio is worth more than either of its times.
"""

import dataclasses
import statistics
import sys


@dataclasses.dataclass
class Comparison:
    """One figure: TazPod against one peer."""

    what: str
    peer: str
    unit: str
    ours_median: float
    peer_median: float
    # TazPod divided by the peer: the median of the pairs' ratios, and their 10th and 90th percentiles.
    ratio: float
    low: float
    high: float
    pairs: int
    # The ratio to reach: at most this for what should be small, at least this for what should be large.
    goal: float | None = None


# Units of which more is better; of all others less is.
RATES = ("MiB/s", "/s")


class Series:
    """What rivals scored, turn by turn."""

    def __init__(self, unit, scores):
        self.unit, self.scores = unit, scores

    def compare(self, what, ours, peer, goal=None):
        """The figure of the rival `ours` against the rival `peer`."""
        ours_scores, peer_scores = self.scores[ours], self.scores[peer]
        ratios = [a / b for a, b in zip(ours_scores, peer_scores)]
        low, high = spread(ratios)
        return Comparison(
            what=what, peer=peer, unit=self.unit, ours_median=statistics.median(ours_scores),
            peer_median=statistics.median(peer_scores), ratio=statistics.median(ratios), low=low, high=high,
            pairs=len(ratios), goal=goal)


def take_turns(what, unit, rivals, turns, warm_up=1):
    """Lets every rival score in each of `turns` turns; each turn's order is the reverse of the one before (ABBA).

    `rivals` maps names to functions that do the work once and return the score in `unit`. Scores of the `warm_up` turns, which
    fill caches, are thrown away.
    """
    say(f"  {what}: {' / '.join(rivals)}, {turns} turns")
    scores = {name: [] for name in rivals}
    order = list(rivals)
    for turn in range(-warm_up, turns):
        for name in order:
            score = rivals[name]()
            if turn >= 0:
                scores[name].append(score)
        order.reverse()
    return Series(unit, scores)


def take_turns_sampling(what, unit, rivals, turns, *statistics_of, warm_up=1):
    """The same for rivals that return many values each time: gives a Series for each of `statistics_of`, functions of a list."""
    samples = take_turns(what, unit, rivals, turns, warm_up).scores
    return [
        Series(unit, {name: [statistic(values) for values in runs] for name, runs in samples.items()})
        for statistic in statistics_of
    ]


def percentile_99(values):
    return statistics.quantiles(values, n=100, method="inclusive")[-1]


def spread(values):
    """The 10th and the 90th percentile."""
    if len(values) == 1:
        return values[0], values[0]
    deciles = statistics.quantiles(values, n=10, method="inclusive")
    return deciles[0], deciles[-1]


def say(line):
    print(line, file=sys.stderr, flush=True)
