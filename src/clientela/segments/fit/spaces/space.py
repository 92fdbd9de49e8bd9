"""A space in which customers are compared: fitted once, stored as transforms and weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from clientela.contract.features import Feature, find_feature
from clientela.errors import ConfigError
from clientela.registry.card import Note
from clientela.segments.score.transform import Curve, Transform, compute_coordinates
from clientela.statistics.arrays import Doubles, doubles, is_numeric

Embed = Callable[[pa.Table, int], Doubles]
"""A snapshot and a seed, to points of shape (customers, axes)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Space:
    """Fitted axes, and remarks on features that were left out.

    Parameters
    ----------
    transforms : tuple of Transform
        A feature each.
    notes : tuple of Note
        What was left out and why.
    projection : array of shape (features, axes) or None
        Weights of the features in each axis; None where each feature is an axis.
    embed : callable or None
        Where groups are sought, if elsewhere than where customers are assigned: such an embedding
        holds the customers it was made of and no others.
    """

    transforms: tuple[Transform, ...]
    notes: tuple[Note, ...] = ()
    projection: Doubles | None = None
    embed: Embed | None = None

    def points(self, snapshot: pa.Table) -> Doubles:
        """Give the coordinates of customers, one row each."""
        axes = compute_coordinates(self.transforms, self.projection, snapshot)
        return np.column_stack(axes) if axes else np.zeros((snapshot.num_rows, 0))

    def searched(self, snapshot: pa.Table, seed: int) -> Doubles:
        """Give the points among which groups are sought, one row a customer."""
        return self.embed(snapshot, seed) if self.embed else self.points(snapshot)


class SpaceKind(NamedTuple):
    """How a space is fitted on named features of a snapshot, and which it takes by itself."""

    fit: Callable[[pa.Table, Sequence[str]], Space]
    features: tuple[str, ...]


FLAT = 1e-12
"""Spread, relative to the mean, up to which a feature is taken for constant."""

Fit = Callable[[Feature, str, Doubles], Transform | None]
"""A feature, its Arrow type and its values (NaN if unknown), to its axis; None if all are alike."""


def fit_each_axis(snapshot: pa.Table, names: Sequence[str], fit: Fit) -> Space:
    """Fit one axis a feature.

    A feature without any value, or with one value alone, tells customers apart nowhere: it is left
    out with a note.

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    transforms: list[Transform] = []
    notes: list[Note] = []
    for name in names:
        fitted = _axis(snapshot, get_numeric_feature(snapshot, name), fit)
        if isinstance(fitted, Note):
            notes.append(fitted)
        else:
            transforms.append(fitted)
    return Space(transforms=tuple(transforms), notes=tuple(notes))


def get_numeric_feature(snapshot: pa.Table, name: str) -> Feature:
    """Find a numeric feature of the catalogue that the snapshot has.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    try:
        found = find_feature(name)
        numeric = is_numeric(snapshot.schema.field(name).type)
    except KeyError:
        numeric = False
    if not numeric:
        raise ConfigError(
            f"{name!r} is no numeric feature",
            where="segments.features",
            do="choose from docs/reference/features.md",
        )
    return found


def choose_curve(of: Feature) -> Curve:
    """Give the curve of a feature: shares and ratios stay straight."""
    return "linear" if of.unit in ("share", "ratio") else "log"


def compute_median(values: Doubles) -> float:
    """Give the median of the known values, which stands for the unknown."""
    return float(np.nanmedian(values))


def _axis(snapshot: pa.Table, of: Feature, fit: Fit) -> Transform | Note:
    values = doubles(snapshot, of.name)
    if np.isnan(values).all():
        return Note("feature_empty", {"feature": of.name})
    fitted = fit(of, str(snapshot.schema.field(of.name).type), values)
    return fitted or Note("feature_constant", {"feature": of.name})
