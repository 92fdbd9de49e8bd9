"""Which past dates tune, which choose and which calibrate: different ones, wherever there are."""

from collections.abc import Sequence
from typing import NamedTuple

from clientela.churn.fit.labelled import Labelled

LEAST_ROWS, LEAST_EACH = 150, 15
MANY = 8


class Split(NamedTuple):
    """A past date judged, and the positions of those whose outcome was known by then."""

    test: int
    train: tuple[int, ...]


class Timeline(NamedTuple):
    """The dates' roles; a role is empty where the history is too short for it."""

    tuning: Split | None
    choosing: tuple[Split, ...]
    calibrating: Split | None


def timeline(past: Sequence[Labelled]) -> Timeline:
    """Give every past date that can be judged a role.

    The latest calibrates; two before it choose, or three a horizon apart where there are many; one
    before those tunes. Each is judged by models that learnt from what was known on it.

    Parameters
    ----------
    past : sequence of Labelled
        The latest first.
    """
    splits = [split for split in map(_split, [past] * len(past), range(len(past))) if split]
    if len(splits) < 3:
        tuning = splits[1] if len(splits) == 2 else None
        return Timeline(tuning, tuple(splits[:1]), None)
    most = 2 if len(splits) < MANY else 3
    apart = splits[0].train[0] - splits[0].test
    stride = max(1, min(apart, (len(splits) - 2) // most))
    choosing = splits[1:-1:stride][:most]
    after = splits.index(choosing[-1]) + 1
    return Timeline(splits[after], tuple(choosing), splits[0])


def _split(past: Sequence[Labelled], test: int) -> Split | None:
    day = past[test].as_of
    train = tuple(
        position
        for position, one in enumerate(past)
        if day is not None and one.known_on is not None and one.known_on <= day
    )
    rows = sum(past[position].customers for position in train)
    leavers = sum(int(past[position].left.sum()) for position in train)
    enough = rows >= LEAST_ROWS and min(leavers, rows - leavers) >= LEAST_EACH
    judged = past[test].customers > 0
    return Split(test, train) if enough and judged else None
