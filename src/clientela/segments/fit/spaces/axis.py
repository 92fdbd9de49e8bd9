"""One feature made an axis: what all spaces share in reading it."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa

from clientela.errors import ConfigError
from clientela.features.catalog import feature
from clientela.features.feature import Feature
from clientela.registry.card import Note
from clientela.segments.fit.spaces.space import Space
from clientela.segments.score.transform import Curve, Transform
from clientela.statistics.arrays import Doubles, doubles, is_numeric

FLAT = 1e-12
"""Spread, relative to the mean, up to which a feature is taken for constant."""

Fit = Callable[[Feature, str, Doubles], Transform | None]
"""A feature, its Arrow type and its values (NaN if unknown), to its axis; None if all are alike."""


def each(snapshot: pa.Table, names: Sequence[str], fit: Fit) -> Space:
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
        fitted = _axis(snapshot, known(snapshot, name), fit)
        if isinstance(fitted, Note):
            notes.append(fitted)
        else:
            transforms.append(fitted)
    return Space(transforms=tuple(transforms), notes=tuple(notes))


def known(snapshot: pa.Table, name: str) -> Feature:
    """Find a numeric feature of the catalogue that the snapshot has.

    Raises
    ------
    ConfigError
        There is none of that name.
    """
    try:
        found = feature(name)
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


def curve_of(of: Feature) -> Curve:
    """Give the curve of a feature: shares and ratios stay straight."""
    return "linear" if of.unit in ("share", "ratio") else "log"


def median(values: Doubles) -> float:
    """Give the median of the known values, which stands for the unknown."""
    return float(np.nanmedian(values))


def _axis(snapshot: pa.Table, of: Feature, fit: Fit) -> Transform | Note:
    values = doubles(snapshot, of.name)
    if np.isnan(values).all():
        return Note("feature_empty", {"feature": of.name})
    fitted = fit(of, str(snapshot.schema.field(of.name).type), values)
    return fitted or Note("feature_constant", {"feature": of.name})
