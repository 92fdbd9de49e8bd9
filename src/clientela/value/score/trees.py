"""Boosted trees in LightGBM's text, read without it where rows are few.

To load LightGBM, and scikit-learn with it, takes 1.8 CPU s and 100 MB: more than to follow the
trees with arrays for the customers of a small firm.
"""

import sys
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.errors import ArtifactError
from clientela.statistics.arrays import Doubles

FEW_ROWS = 5_000
"""Rows up to which arrays cost less than to load LightGBM: 5,000 take .7 CPU s by 200 trees, of
which a forecast has up to twice as many."""

ROWS_AT_ONCE = 500  # by convention: some MB beside 200 trees
ZERO = float(np.float32(1e-35))  # kZeroThreshold: values this near to 0 are 0

Nodes = npt.NDArray[np.intp]


class ValueTrees:
    """A boosted model of one number a row, before any link.

    Parameters
    ----------
    text : array of uint8
        The model in LightGBM's text format.
    """

    def __init__(self, text: npt.NDArray[np.uint8]) -> None:
        self.text = text

    def raw(self, rows: Doubles) -> Doubles:
        """Return the sum of the trees for each row of shape (rows, features); NaN is missing.

        Raises
        ------
        ArtifactError
            The text is no model, or one of other features.
        """
        is_few = len(rows) <= FEW_ROWS and "lightgbm" not in sys.modules
        forest = self.forest if is_few else None
        features = self.booster.num_feature() if forest is None else forest.features
        if features != rows.shape[1]:
            raise _unreadable(f"it reads {features} columns of {rows.shape[1]}")
        if not len(rows):
            return np.zeros(0)
        if forest is not None:
            return forest.add_up(rows)
        results = self.booster.predict(rows, raw_score=True, num_threads=1)
        return np.asarray(results, dtype=np.float64)

    @cached_property
    def forest(self) -> "Forest | None":
        """The model as arrays; None where it has trees that these cannot say."""
        try:
            return read_forest(bytes(self.text).decode())
        except (KeyError, ValueError):  # LightGBM says what is wrong
            return None

    @cached_property
    def booster(self) -> Any:
        """The model in LightGBM's memory."""
        import lightgbm

        try:
            return lightgbm.Booster(model_str=bytes(self.text).decode())
        except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
            raise _unreadable(str(error)) from None


class Forest:
    """All trees in arrays of their nodes: splits first, then leaves.

    Parameters
    ----------
    features : int
        Columns of a row.
    roots : array of int
        The first node of each tree.
    column, threshold, left, right : arrays a node
        A leaf's children are itself.
    missing : array of int
        What counts as missing at a node: 0 nothing, 1 zeros, 2 NaN.
    default_left : array of bool
        Where what is missing goes.
    value : array of float
        Of leaves.
    """

    def __init__(
        self, features: int, roots: list[int], nodes: dict[str, list[npt.NDArray[Any]]]
    ) -> None:
        self.features, self.roots = features, np.array(roots, dtype=np.intp)
        arrays = {name: np.concatenate(parts) for name, parts in nodes.items()}
        self.column, self.threshold = arrays["column"], arrays["threshold"]
        self.missing, self.default_left = arrays["missing"], arrays["default_left"]
        self.children = np.stack([arrays["left"], arrays["right"]])
        self.value = arrays["value"]

    def add_up(self, rows: Doubles) -> Doubles:
        """Return the sum of the leaves that each row reaches, in the order of the trees."""
        parts = [
            self._add_up(rows[start : start + ROWS_AT_ONCE])
            for start in range(0, len(rows), ROWS_AT_ONCE)
        ]
        return np.concatenate(parts)

    def _add_up(self, rows: Doubles) -> Doubles:
        node = np.tile(self.roots, (len(rows), 1))
        numbers = np.arange(len(rows))[:, None]
        further = self._step(rows[numbers, self.column[node]], node)
        while not np.array_equal(further, node):
            node, further = further, self._step(rows[numbers, self.column[further]], further)
        # one after another, as LightGBM adds them: a sum in pairs ends in other bits
        return np.asarray(np.cumsum(self.value[node], axis=1)[:, -1])

    def _step(self, values: Doubles, node: Nodes) -> Nodes:
        missing, unknown = self.missing[node], np.isnan(values)
        values = np.where(unknown & (missing != 2), 0.0, values)
        lacking = np.where(missing == 1, np.abs(values) <= ZERO, unknown & (missing == 2))
        goes_left = np.where(lacking, self.default_left[node], values <= self.threshold[node])
        return self.children[np.where(goes_left, 0, 1), node]


def read_forest(text: str) -> Forest:
    """Read a model of one class of plain splits.

    Raises
    ------
    KeyError, ValueError
        It is no such model.
    """
    head, *parts = text.split("end of trees")[0].split("\nTree=")
    facts = _read_fields(head)
    if facts["num_class"] != "1" or "\naverage_output" in head:
        raise ValueError("not one sum of trees")
    features = int(facts["max_feature_idx"]) + 1
    nodes: dict[str, list[npt.NDArray[Any]]] = {}
    roots, first = [], 0
    for part in parts:
        tree = _read_tree(_read_fields(part), first, features)
        roots.append(first)
        first += len(tree["value"])
        for name, column in tree.items():
            nodes.setdefault(name, []).append(column)
    return Forest(features, roots, nodes)


def _read_fields(part: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in part.splitlines() if "=" in line)


def _read_tree(fields: dict[str, str], first: int, features: int) -> dict[str, npt.NDArray[Any]]:
    """Read the nodes of a tree, whose numbers begin with ``first``."""
    if fields["num_cat"] != "0" or fields.get("is_linear", "0") != "0":
        raise ValueError("not a tree of thresholds")
    leaves = int(fields["num_leaves"])
    splits = leaves - 1

    def read(name: str, kind: type[float] | type[int], count: int) -> npt.NDArray[Any]:
        values = np.array([kind(word) for word in fields[name].split()] if count else [], kind)
        if len(values) != count:
            raise ValueError(f"{name} has {len(values)} of {count} values")
        return values

    decision = read("decision_type", int, splits)
    itself = np.arange(splits, splits + leaves)
    children = {
        side: np.where(nodes < 0, splits + ~nodes, nodes)
        for side in ("left", "right")
        for nodes in [read(f"{side}_child", int, splits)]
    }
    column = read("split_feature", int, splits)
    for nodes in children.values():  # further down at each step, and within the tree
        if not ((nodes > np.arange(splits)) & (nodes < splits + leaves)).all():
            raise ValueError("no tree")
    if not ((column >= 0) & (column < features)).all():
        raise ValueError("it splits on columns that it does not read")
    return {
        "column": np.append(column, np.zeros(leaves, int)),
        "threshold": np.append(read("threshold", float, splits), np.zeros(leaves)),
        "missing": np.append(decision >> 2 & 3, np.zeros(leaves, int)),
        "default_left": np.append(decision & 2 > 0, np.zeros(leaves, bool)),
        "value": np.append(np.zeros(splits), read("leaf_value", float, leaves)),
        **{side: first + np.append(nodes, itself) for side, nodes in children.items()},
    }


def _unreadable(why: str) -> ArtifactError:
    return ArtifactError(
        f"the stored boosted model cannot be used: {why}", do="run again with --refit"
    )
