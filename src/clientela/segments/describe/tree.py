"""A shallow tree that retells a division in readable numbers.

The tree is grown on a sample, its thresholds are rounded, and only then is each leaf given its
label: what is measured of the tree is measured of the rounded one.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from sklearn.tree import DecisionTreeClassifier

from clientela.contract.tables import Unit
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

DEPTH = 3
LEAST_SHARE = 0.02
"""Share of the customers that a leaf must hold, and at least :data:`LEAST` of them."""
LEAST = 5
SMALL_DAYS, SMALL_COUNT = 14, 20
Mask = npt.NDArray[np.bool_]


class Range(NamedTuple):
    """Values from ``low`` up to but without ``high``; None is open."""

    low: float | None = None
    high: float | None = None

    def holds(self, values: Doubles) -> Mask:
        """Say which values lie within."""
        within = np.ones(len(values), dtype=np.bool_)
        if self.low is not None:
            within &= values >= self.low
        return within if self.high is None else within & (values < self.high)


@dataclass(frozen=True)
class Leaf:
    """Customers within some ranges, and the label that most of them have."""

    box: Mapping[str, Range]
    label: int

    def holds(self, values: Mapping[str, Doubles]) -> Mask:
        """Say which customers lie in the leaf."""
        within = np.ones(len(next(iter(values.values()))), dtype=np.bool_)
        for name, limits in self.box.items():
            within &= limits.holds(values[name])
        return within


def grow_leaves(
    values: Mapping[str, Doubles], labels: Labels, units: Mapping[str, Unit], seed: int
) -> list[Leaf]:
    """Divide customers by at most three questions each, and label every part.

    Parameters
    ----------
    values : mapping
        Feature to its values, at least one feature and one customer, none missing.
    labels : array
        The division to retell.
    units : mapping
        Feature to its unit, which says how thresholds are rounded.
    seed : int
        Breaks ties between equally good questions.

    References
    ----------
    Breiman, Friedman, Olshen, Stone (1984), Classification and Regression Trees.

    Examples
    --------
    >>> spent = {"revenue": np.array([10.0] * 5 + [991.0] * 5)}
    >>> grow_leaves(spent, np.repeat([1, 2], 5), {"revenue": "amount"}, seed=0)
    [Leaf(box={'revenue': Range(low=None, high=500.0)}, label=1),
     Leaf(box={'revenue': Range(low=500.0, high=None)}, label=2)]
    """
    least = max(LEAST, math.ceil(LEAST_SHARE * len(labels)))
    grown = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=seed)
    grown.fit(np.column_stack(list(values.values())), labels)
    rounded = _Rounded(grown.tree_, values, labels, units)
    found = rounded.below(0, np.ones(len(labels), dtype=np.bool_), {})
    return [_shortened(leaf, values) for leaf in found]


def round_threshold(threshold: float, unit: Unit) -> float:
    """Round a threshold; give the least value of its upper side.

    Amounts keep two digits. Days up to two weeks stay, up to 100 they are multiples of five, beyond
    of ten; the lower side ends on that day. Counts up to 20 stay, beyond they keep two digits.

    Examples
    --------
    >>> (
    ...     round_threshold(912.34, "amount"),
    ...     round_threshold(4.5, "count"),
    ...     round_threshold(63.5, "days"),
    ... )
    (910.0, 5.0, 66.0)
    """
    if unit == "days":
        last = math.floor(threshold)
        step = 1 if last <= SMALL_DAYS else 5 if last <= 100 else 10
        return float(round(last / step) * step + 1)
    if unit == "count" and abs(threshold) <= SMALL_COUNT:
        return float(math.floor(threshold) + 1)
    return _two_digits(threshold)


@dataclass(frozen=True, eq=False)
class _Rounded:
    tree: Any
    values: Mapping[str, Doubles]
    labels: Labels
    units: Mapping[str, Unit]

    def below(self, node: int, members: Mask, box: Mapping[str, Range]) -> list[Leaf]:
        """Give the leaves under a node; parts that come to the same label are one."""
        label = _most(self.labels[members])
        if self.tree.children_left[node] < 0:
            return [Leaf(box, label)]
        name = list(self.values)[self.tree.feature[node]]
        at = round_threshold(float(self.tree.threshold[node]), self.units[name])
        under = self.values[name] < at
        limits = box.get(name, Range())
        sides = (
            (self.tree.children_left[node], members & under, Range(limits.low, at)),
            (self.tree.children_right[node], members & ~under, Range(at, limits.high)),
        )
        held = [side for side in sides if side[1].any()]
        narrowed = len(held) == len(sides)
        found = [
            leaf
            for child, inside, limit in held
            for leaf in self.below(child, inside, {**box, name: limit} if narrowed else box)
        ]
        return [Leaf(box, label)] if _agree(found) else found


def _shortened(leaf: Leaf, values: Mapping[str, Doubles]) -> Leaf:
    """Drop conditions that the others imply: who bought first in this month bought last in it."""
    held = leaf.holds(values)
    for name in list(leaf.box):
        shorter = Leaf({each: leaf.box[each] for each in leaf.box if each != name}, leaf.label)
        if np.array_equal(shorter.holds(values), held):
            leaf = shorter
    return leaf


def _agree(found: Iterable[Leaf]) -> bool:
    return len({leaf.label for leaf in found}) == 1


def _most(labels: Labels) -> int:
    names, counts = np.unique(labels, return_counts=True)
    return int(names[counts.argmax()])


def _two_digits(value: float) -> float:
    if value == 0:
        return 0.0
    return round(value, 1 - math.floor(math.log10(abs(value))))
