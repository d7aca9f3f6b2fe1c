"""One row of the table of behaviours: what is measured, and what is expected of ours and of its peers."""

import dataclasses
import threading
import time
import typing

COLUMNS = ("tazpod-init", "tini", "dumb-init", "catatonit")
NO_OPTION = "no such option"


class Patience(threading.local):
    """How long something is waited for that is expected not to come, per thread."""

    seconds = 0.4


PATIENCE = Patience()


@dataclasses.dataclass
class Behaviour:
    """`values` are by column; `standing_in`, what ours does under a peer's name where it is not what the peer does."""

    name: str
    measure: typing.Callable
    values: dict
    standing_in: dict
    words: str

    def expected(self, init):
        if init.is_ours and init.name != "tazpod-init":
            return self.standing_in.get(init.speaks, self.values[init.speaks])
        return self.values[init.speaks]


BEHAVIOURS = []


def behaviour(words, *values, **standing_in):
    """A row: what it is in words, and what is expected of ours, tini, dumb-init and catatonit; one value for all, if it is one.

    `standing_in` says what ours does under a peer's name (`_` for `-`) where that is not what the peer does.
    """
    expected = dict(zip(COLUMNS, values if len(values) == len(COLUMNS) else values * len(COLUMNS)))
    names = {name.replace("_", "-"): value for name, value in standing_in.items()}

    def add(measure):
        BEHAVIOURS.append(Behaviour(measure.__name__, measure, expected, names, words))
        return measure

    return add


def yes(condition):
    return "yes" if condition else "no"


def comes(condition, seconds=None):
    """Whether something comes to be, which takes long only when it does not."""
    deadline = time.monotonic() + (seconds or PATIENCE.seconds)
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def option(init, **by_dialect):
    """The words for what inits call differently, or None when this one has nothing like it."""
    return by_dialect.get(init.speaks.replace("-", "_"))
