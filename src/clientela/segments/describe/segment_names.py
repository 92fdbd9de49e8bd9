"""Names for segments: a small vocabulary, in which every word claims something that must hold.

A segment's place is where its median customer stands in the whole base, as ranks from 0 to 1: how
recently they bought, in how many orders, for how much money, how long they have been customers, and
how large their orders are. An archetype claims a range of some of these ranks and has an ideal
place. Of all pairs whose claim holds, the closest is matched first, then the next closest among
those still free: every name is true and given once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.segments.describe.profile import rank
from clientela.statistics.arrays import Doubles, doubles

EVERYONE = "everyone"
GROUP = "group"
FEATURES = {
    "recent": "days_since_last",
    "orders": "orders",
    "revenue": "revenue",
    "tenure": "tenure_days",
    "order_value": "average_order_value",
}
WEIGHTS = (1.2, 1.0, 1.0, 0.6)


@dataclass(frozen=True)
class Archetype:
    """A name's key, its ideal ranks and what it claims.

    Parameters
    ----------
    key : str
        Key of the name in the locale catalogues, after ``segment.``.
    ideal : tuple of four ranks
        Recent, orders, revenue, tenure: 1 is most recent, most orders, most money, oldest.
    claims : mapping
        Name of a rank to the smallest and largest that bear the name.
    once : bool or None
        Whether the median customer ordered once; None where the name does not say.
    """

    key: str
    ideal: tuple[float, float, float, float]
    claims: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    once: bool | None = None


ARCHETYPES = (
    Archetype(
        "champions",
        (0.87, 0.94, 0.93, 0.82),
        {"recent": (0.6, 1), "orders": (0.75, 1), "revenue": (0.75, 1)},
        once=False,
    ),
    Archetype(
        "loyal",
        (0.65, 0.84, 0.84, 0.74),
        {"recent": (0.45, 1), "orders": (0.65, 1), "revenue": (0.65, 1)},
        once=False,
    ),
    Archetype(
        "active", (0.92, 0.78, 0.74, 0.52), {"recent": (0.75, 1), "orders": (0.5, 1)}, once=False
    ),
    Archetype(
        "rising",
        (0.80, 0.66, 0.61, 0.38),
        {"recent": (0.6, 1), "orders": (0.4, 1), "tenure": (0, 0.6)},
        once=False,
    ),
    Archetype(
        "regulars",
        (0.52, 0.66, 0.66, 0.61),
        {"recent": (0.35, 0.8), "orders": (0.5, 1)},
        once=False,
    ),
    Archetype(
        "frequent_small",
        (0.65, 0.75, 0.55, 0.65),
        {"recent": (0.45, 1), "orders": (0.6, 1), "order_value": (0, 0.4)},
        once=False,
    ),
    Archetype(
        "occasional", (0.42, 0.48, 0.50, 0.55), {"recent": (0.2, 0.7), "orders": (0.2, 0.65)}
    ),
    Archetype(
        "cooling_valuable",
        (0.30, 0.72, 0.75, 0.72),
        {"recent": (0, 0.45), "revenue": (0.6, 1)},
        once=False,
    ),
    Archetype(
        "cooling_regulars",
        (0.34, 0.58, 0.56, 0.61),
        {"recent": (0, 0.45), "orders": (0.45, 1)},
        once=False,
    ),
    Archetype("lapsed_regulars", (0.16, 0.45, 0.42, 0.58), {"recent": (0, 0.35)}, once=False),
    Archetype("arrivals", (0.82, 0.20, 0.29, 0.03), {"recent": (0.75, 1), "tenure": (0, 0.05)}),
    Archetype("new", (0.60, 0.20, 0.30, 0.11), {"recent": (0.4, 1), "tenure": (0, 0.3)}),
    Archetype(
        "new_large", (0.65, 0.25, 0.60, 0.15), {"tenure": (0, 0.3), "order_value": (0.65, 1)}
    ),
    Archetype("cooling_new", (0.42, 0.18, 0.27, 0.18), {"recent": (0, 0.5), "tenure": (0, 0.35)}),
    Archetype("lapsed_once", (0.17, 0.17, 0.22, 0.48), {"recent": (0, 0.4)}, once=True),
    Archetype(
        "lapsed_large", (0.20, 0.30, 0.60, 0.50), {"recent": (0, 0.4), "order_value": (0.65, 1)}
    ),
    Archetype("once", (0.45, 0.18, 0.30, 0.50), once=True),
)


@dataclass(frozen=True)
class Standing:
    """Ranks of a segment's median customer in the base, and whether it ordered once.

    Parameters
    ----------
    ranks : mapping
        The keys of :data:`FEATURES`, each from 0 to 1; 1 is most recent, most, oldest, largest.
    """

    ranks: Mapping[str, float]
    once: bool


def standings(snapshot: pa.Table, segments: Sequence[npt.NDArray[np.bool_]]) -> list[Standing]:
    """Rank the median customer of every segment in the whole base.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer with the columns of :data:`FEATURES`.
    segments : sequence of boolean arrays
        Each segment's customers, at least one.
    """
    values = {name: doubles(snapshot, column) for name, column in FEATURES.items()}
    base = {name: np.sort(column) for name, column in values.items()}
    return [
        _standing({name: float(np.median(values[name][members])) for name in values}, base)
        for members in segments
    ]


def names(segments: Sequence[Standing], taken: Collection[str] = ()) -> list[str]:
    """Give each segment the key of a name of its own.

    One segment alone is everyone. A segment of which no free name is true gets a numbered one.

    Parameters
    ----------
    segments : sequence of Standing
        Those to be named.
    taken : collection of str
        Keys that other segments bear already: nobody else gets them.

    Examples
    --------
    >>> middle = dict.fromkeys(FEATURES, 0.5)
    >>> best = Standing(middle | {"recent": 0.9, "orders": 0.9, "revenue": 0.9}, once=False)
    >>> gone = Standing(middle | {"recent": 0.1, "orders": 0.2, "revenue": 0.2}, once=True)
    >>> names([gone, best])
    ['lapsed_once', 'champions']
    >>> names([gone, best], taken=["champions"])
    ['lapsed_once', 'active']
    """
    if len(segments) == 1 and not taken:
        return [EVERYONE]
    given: dict[int, str] = {}
    for _, number, key in sorted(_pairs(segments)):
        if number not in given and key not in given.values() and key not in taken:
            given[number] = key
    for number in range(len(segments)):
        if number not in given:
            given[number] = _numbered({*taken, *given.values()})
    return [given[number] for number in range(len(segments))]


def _numbered(taken: Collection[str]) -> str:
    keys = (f"{GROUP}.{number}" for number in count(1))
    return next(key for key in keys if key not in taken)


def _pairs(segments: Sequence[Standing]) -> list[tuple[float, int, str]]:
    return [
        (_distance(segment, archetype), number, archetype.key)
        for number, segment in enumerate(segments)
        for archetype in ARCHETYPES
        if _holds(archetype, segment)
    ]


def _holds(archetype: Archetype, segment: Standing) -> bool:
    if archetype.once not in (None, segment.once):
        return False
    return all(
        least <= segment.ranks[rank] <= most for rank, (least, most) in archetype.claims.items()
    )


def _distance(segment: Standing, archetype: Archetype) -> float:
    apart = zip(segment.ranks.values(), archetype.ideal, WEIGHTS, strict=False)
    return sum((weight * (rank - ideal)) ** 2 for rank, ideal, weight in apart)


def _standing(medians: Mapping[str, float], base: Mapping[str, Doubles]) -> Standing:
    ranks = {name: rank(base[name], median) for name, median in medians.items()}
    ranks["recent"] = 1 - ranks["recent"]
    return Standing(ranks, once=medians["orders"] <= 1)
