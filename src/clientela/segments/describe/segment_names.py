"""Segment names: a small vocabulary in which every word claims something that must hold.

A segment is where its median customer ranks in the whole base, from 0 to 1: how recently they
bought, in how many orders, for how much money, how long they have been customers, and how large
their orders are. An archetype claims a range of some of these ranks and has ideal ones. Of all
pairs whose claim holds, the closest is matched first, then the next closest among those still
free: every name is true and used once.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

import numpy as np
import pyarrow as pa

from clientela.segments.describe.profile import rank_value
from clientela.segments.score.model import SegmentModel
from clientela.statistics.arrays import Mask, doubles

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
"""Of the ideal ranks, in their order; by convention recency says most about a group, age least."""

NEW_DAYS = 365  # by convention: a year of buying is behind them
OLDER = 0.65
"""Who came over a year ago is not new, however young the base: from then on the rank of their age
is at least one at which no name speaks of new customers."""

Place = tuple[Mapping[str, float], bool]
"""A segment's median customer: ranks by the keys of :data:`FEATURES`, and whether it ordered once.

Ranks run from 0 to 1: most recent, most, oldest, largest.
"""


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
    Archetype(
        "light",
        (0.48, 0.22, 0.22, 0.60),
        {"orders": (0, 0.45), "revenue": (0, 0.45)},
        once=False,
    ),
    Archetype("once", (0.45, 0.18, 0.30, 0.50), once=True),
)


def name_segments(
    model: SegmentModel, snapshot: pa.Table, previous: SegmentModel | None = None
) -> SegmentModel:
    """Name the segments of a new model, from the snapshot it was fitted on.

    Names are stored with the model: as long as it serves, a segment keeps its name. A segment that
    a refit finds again stays who it was, and new ones get names that nobody bears.

    Parameters
    ----------
    model : SegmentModel
        Names it has already are kept, empty ones are filled.
    snapshot : pa.Table
        One row a customer, with all features.
    previous : SegmentModel, optional
        The model before, whose ids ``id_matching`` has handed on to the segments that continue:
        they keep its names.
    """
    if len(model.ids) == 1:
        return replace(model, names=(EVERYONE,))
    names = ({} if previous is None else _read_names(previous)) | _read_names(model)
    names = {segment: key for segment, key in names.items() if segment in model.ids}
    unnamed = [segment for segment in model.ids if segment not in names]
    segment = model.assign(snapshot)[0]
    places = rank_medians(snapshot, [segment == number for number in unnamed])
    names |= dict(zip(unnamed, choose_names(places, names.values()), strict=True))
    return replace(model, names=tuple(names[segment] for segment in model.ids))


def _read_names(model: SegmentModel) -> dict[int, str]:
    """Return the names that last; who was everyone is one of several now."""
    pairs = zip(model.ids, model.names, strict=False)
    return {segment: key for segment, key in pairs if key not in ("", EVERYONE)}


def rank_medians(snapshot: pa.Table, segments: Sequence[Mask]) -> list[Place]:
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
    places: list[Place] = []
    for members in segments:
        medians = {name: float(np.median(values[name][members])) for name in values}
        ranks = {name: rank_value(base[name], median) for name, median in medians.items()}
        if medians["tenure"] > NEW_DAYS:
            ranks["tenure"] = max(ranks["tenure"], OLDER)
        places.append((ranks | {"recent": 1 - ranks["recent"]}, medians["orders"] <= 1))
    return places


def choose_names(places: Sequence[Place], used: Collection[str] = ()) -> list[str]:
    """Choose the key of a name of its own for each segment.

    One segment alone is everyone. A segment of which no free name is true gets a numbered one.

    Parameters
    ----------
    places : sequence of Place
        Of the segments to be named.
    used : collection of str
        Keys that other segments bear already: nobody else gets them.

    Examples
    --------
    >>> middle = dict.fromkeys(FEATURES, 0.5)
    >>> best = middle | {"recent": 0.9, "orders": 0.9, "revenue": 0.9}, False
    >>> lapsed = middle | {"recent": 0.1, "orders": 0.2, "revenue": 0.2}, True
    >>> choose_names([lapsed, best])
    ['lapsed_once', 'champions']
    >>> choose_names([lapsed, best], used=["champions"])
    ['lapsed_once', 'active']
    """
    if len(places) == 1 and not used:
        return [EVERYONE]
    pairs = sorted(
        (_measure_distance(ranks, archetype), number, archetype.key)
        for number, (ranks, once) in enumerate(places)
        for archetype in ARCHETYPES
        if _claims_hold(archetype, ranks, once=once)
    )
    names: dict[int, str] = {}
    for _, number, key in pairs:
        if number not in names and key not in names.values() and key not in used:
            names[number] = key
    for number in range(len(places)):
        if number not in names:
            names[number] = _number_group({*used, *names.values()})
    return [names[number] for number in range(len(places))]


def _number_group(used: Collection[str]) -> str:
    keys = (f"{GROUP}.{number}" for number in count(1))
    return next(key for key in keys if key not in used)


def _claims_hold(archetype: Archetype, ranks: Mapping[str, float], *, once: bool) -> bool:
    return archetype.once in (None, once) and all(
        least <= ranks[name] <= greatest for name, (least, greatest) in archetype.claims.items()
    )


def _measure_distance(ranks: Mapping[str, float], archetype: Archetype) -> float:
    apart = zip(ranks.values(), archetype.ideal, WEIGHTS, strict=False)
    return sum((weight * (rank - ideal)) ** 2 for rank, ideal, weight in apart)
