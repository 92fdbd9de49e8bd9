"""Spaces in which customers are compared: fitted once, stored as transforms and weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clientela.contract.features import Feature, find_feature
from clientela.errors import ConfigError
from clientela.registry.card import Note
from clientela.segments.score.transform import Transform, compute_coordinates
from clientela.statistics.arrays import Doubles, doubles, is_numeric

Embed = Callable[[pa.Table, int], Doubles]
"""A snapshot and a seed, to points of shape (customers, axes)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Space:
    """The axes of a space, and remarks on features that were left out.

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
        holds the customers it was made of and nobody else.
    """

    transforms: tuple[Transform, ...]
    notes: tuple[Note, ...] = ()
    projection: Doubles | None = None
    embed: Embed | None = None

    def place(self, snapshot: pa.Table) -> Doubles:
        """Return the coordinates of customers, one row each."""
        axes = compute_coordinates(self.transforms, self.projection, snapshot)
        return np.column_stack(axes) if axes else np.zeros((snapshot.num_rows, 0))


FitSpace = Callable[[pa.Table, Sequence[str]], Space]
"""A snapshot and the names of numeric features, to a space."""

FitAxis = Callable[[Feature, str, Doubles], Transform | None]
"""A feature, its Arrow type and its values (NaN if unknown), to its axis; None if all are alike."""


def fit_each_axis(snapshot: pa.Table, names: Sequence[str], fit_axis: FitAxis) -> Space:
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
        definition, values = get_numeric_feature(snapshot, name), doubles(snapshot, name)
        if np.isnan(values).all():
            notes.append(Note("feature_empty", {"feature": name}))
            continue
        transform = fit_axis(definition, str(snapshot.schema.field(name).type), values)
        if transform is None:
            notes.append(Note("feature_constant", {"feature": name}))
        else:
            transforms.append(transform)
    return Space(transforms=tuple(transforms), notes=tuple(notes))


def get_numeric_feature(snapshot: pa.Table, name: str) -> Feature:
    """Return a numeric feature of the catalogue that the snapshot has.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    try:
        definition = find_feature(name)
        numeric = is_numeric(snapshot.schema.field(name).type)
    except KeyError:
        numeric = False
    if not numeric:
        raise ConfigError(
            f"{name!r} is no numeric feature",
            where="segments.features",
            do="choose from docs/reference/features.md",
        )
    return definition
