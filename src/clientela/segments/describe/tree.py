"""A shallow decision tree that describes segments in readable numbers.

The tree is grown on a sample, its thresholds are rounded, and only then is each leaf labelled: what
is measured of the tree is measured of the rounded one.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from clientela.contract.tables import Unit
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles, Mask

DEPTH = 3
"""Questions a leaf at most; by convention, what a sentence can hold."""

LEAST_SHARE, LEAST_MEMBERS = 0.02, 5
"""Share of the customers that a leaf must hold, and their least number; by convention."""

SMALL_DAYS, SMALL_COUNT = 14, 20
"""Thresholds up to which days and counts stay as they are; by convention."""

Limits = tuple[float | None, float | None]
"""Values from the first up to but without the second; None is open."""


Box = Mapping[str, Limits]
Leaf = tuple[Box, int]
"""Limits of customers, and the label that most of them have."""


def mark_inside(box: Box, values: Mapping[str, Doubles]) -> Mask:
    """Mark the customers who lie within some limits."""
    within = np.ones(len(next(iter(values.values()))), dtype=np.bool_)
    for name, (low, high) in box.items():
        if low is not None:
            within &= values[name] >= low
        if high is not None:
            within &= values[name] < high
    return within


def simplify_boxes(boxes: Sequence[Box]) -> list[Box]:
    """Return boxes of fewer limits that hold the same customers between them.

    A limit goes where other boxes hold whom it kept out, then a box that lies inside the others.

    Examples
    --------
    >>> recent, rest = {"days": (None, 26.0), "orders": (9.0, None)}, {"days": (26.0, None)}
    >>> simplify_boxes([recent, {**rest, "orders": (22.0, None)}])
    [{'days': (None, 26.0), 'orders': (9.0, None)}, {'orders': (22.0, None)}]
    """
    cells = _list_cells(boxes)

    def mark(parts: Sequence[Box]) -> Mask:
        union: Mask = np.logical_or.reduce([mark_inside(part, cells) for part in parts])
        return union

    union, simple = mark(boxes), list(boxes)
    for position, box in enumerate(boxes):
        for name, side in product(box, (0, 1)):
            low, high = simple[position].get(name, (None, None))
            opened: Limits = (None, high) if side == 0 else (low, None)
            wider = {**simple[position], name: opened}
            wider = {key: limits for key, limits in wider.items() if limits != (None, None)}
            parts = [*simple[:position], wider, *simple[position + 1 :]]
            simple = parts if np.array_equal(mark(parts), union) else simple
    for box in list(simple):
        remaining = [other for other in simple if other is not box]
        simple = remaining if remaining and np.array_equal(mark(remaining), union) else simple
    return simple


def _list_cells(boxes: Sequence[Box]) -> dict[str, Doubles]:
    """Return one point in each cell of the grid that the limits of boxes make."""
    names = list(dict.fromkeys(name for box in boxes for name in box))
    points = []
    for name in names:
        limits = {limit for box in boxes for limit in box.get(name, ()) if limit is not None}
        points.append([min(limits) - 1, *sorted(limits)])
    grid = np.meshgrid(*points, indexing="ij")
    return {name: axis.ravel() for name, axis in zip(names, grid, strict=True)}


def grow_leaves(
    values: Mapping[str, Doubles], labels: Labels, units: Mapping[str, Unit], seed: int
) -> list[Leaf]:
    """Divide customers by at most three questions each, and label every part.

    Parameters
    ----------
    values : mapping
        Feature to its values, at least one feature and one customer, none missing.
    labels : array
        The segments to describe.
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
    [({'revenue': (None, 500.0)}, 1), ({'revenue': (500.0, None)}, 2)]
    """
    from sklearn.tree import DecisionTreeClassifier

    least = max(LEAST_MEMBERS, math.ceil(LEAST_SHARE * len(labels)))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=seed)
    tree.fit(np.column_stack(list(values.values())), labels)
    rounding = _Rounding(tree.tree_, values, labels, units)
    leaves = rounding.list_leaves(0, np.ones(len(labels), dtype=np.bool_), {})
    return [(_shorten(box, values), label) for box, label in leaves]


def round_threshold(threshold: float, unit: Unit) -> float:
    """Round a threshold; return the least value of its upper side.

    Amounts have two digits. Days up to two weeks stay, up to 100 they are multiples of five where
    one lies within a tenth, beyond of ten; the lower side ends on that day. Counts up to 20 stay,
    beyond they have two digits.

    Examples
    --------
    >>> [round_threshold(*pair) for pair in [(912.34, "amount"), (4.5, "count"), (63.5, "days")]]
    [910.0, 5.0, 66.0]
    """
    if unit == "days":
        last = math.floor(threshold)
        step = 1 if last <= SMALL_DAYS else 5 if last <= 100 else 10
        rounded = round(last / step) * step
        return float((rounded if abs(rounded - last) <= last / 10 else last) + 1)
    if unit == "count" and abs(threshold) <= SMALL_COUNT:
        return float(math.floor(threshold) + 1)
    if threshold == 0:
        return 0.0
    return round(threshold, 1 - math.floor(math.log10(abs(threshold))))


class _Rounding:
    """The leaves of a tree, with rounded thresholds and labels by majority."""

    def __init__(
        self,
        tree: Any,
        values: Mapping[str, Doubles],
        labels: Labels,
        units: Mapping[str, Unit],
    ) -> None:
        self._tree, self._values, self._labels, self._units = tree, values, labels, units

    def list_leaves(self, node: int, members: Mask, box: Box) -> list[Leaf]:
        """Return the leaves under a node; parts that come to the same label are one."""
        names, counts = np.unique(self._labels[members], return_counts=True)
        alone = box, int(names[counts.argmax()])
        if self._tree.children_left[node] < 0:
            return [alone]
        name = list(self._values)[self._tree.feature[node]]
        threshold = round_threshold(float(self._tree.threshold[node]), self._units[name])
        under = self._values[name] < threshold
        low, high = box.get(name, (None, None))
        sides = (
            (self._tree.children_left[node], members & under, (low, threshold)),
            (self._tree.children_right[node], members & ~under, (threshold, high)),
        )
        populated = [side for side in sides if side[1].any()]
        narrowed = len(populated) == len(sides)
        leaves = [
            leaf
            for child, inside, limits in populated
            for leaf in self.list_leaves(child, inside, {**box, name: limits} if narrowed else box)
        ]
        return [alone] if len({label for _, label in leaves}) == 1 else leaves


def _shorten(box: Box, values: Mapping[str, Doubles]) -> Box:
    """Drop conditions that others imply: who bought first in this month bought last in it."""
    members = mark_inside(box, values)
    for name in list(box):
        shorter = {key: limits for key, limits in box.items() if key != name}
        if np.array_equal(mark_inside(shorter, values), members):
            box = shorter
    return box
