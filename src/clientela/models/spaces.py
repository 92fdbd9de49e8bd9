"""The spaces in which customers are compared; a space is fitted once and stored as transforms."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from clientela.errors import ConfigError
from clientela.features.catalog import feature
from clientela.features.feature import Feature
from clientela.scoring.card import Note
from clientela.scoring.columns import Doubles, doubles, is_numeric
from clientela.scoring.transform import Curve, Transform, bend

DEFAULT_FEATURES = ("revenue", "days_since_last", "orders", "tenure_days")
"""Value, recency, frequency and age of the relation.

On both years of Online Retail, and on the Kaggle and CDNOW data, these four gave the divisions that
agree best with themselves under resampling. Each further feature of value (order value, variety)
follows revenue and orders closely, adds weight to what they say already, and cost stability.
"""

LIMIT = 3.0
"""Furthest coordinate, in standard deviations."""

UNITS_IN_A_MEDIAN = 10.0
"""The unit of money is a tenth of the median: below it the logarithm is nearly linear."""


class Space(NamedTuple):
    """Fitted axes, and remarks on features that were left out."""

    transforms: tuple[Transform, ...]
    notes: tuple[Note, ...]

    def points(self, snapshot: pa.Table) -> Doubles:
        """Give the coordinates of customers, one row each."""
        axes = [step.apply(doubles(snapshot, step.feature)) for step in self.transforms]
        return np.column_stack(axes) if axes else np.zeros((snapshot.num_rows, 0))


def log_standardised(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a space of standardised logarithms; shares and ratios are standardised as they are.

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
        fitted = _transform(snapshot, _known(snapshot, name))
        if isinstance(fitted, Note):
            notes.append(fitted)
        else:
            transforms.append(fitted)
    return Space(tuple(transforms), tuple(notes))


SPACES: Mapping[str, Callable[[pa.Table, Sequence[str]], Space]] = {"log": log_standardised}


def _known(snapshot: pa.Table, name: str) -> Feature:
    try:
        found = feature(name)
    except KeyError:
        found = None
    if found is None or not is_numeric(snapshot.schema.field(name).type):
        raise ConfigError(
            f"{name!r} is no numeric feature",
            where="segments.features",
            do="choose from docs/reference/features.md",
        )
    return found


def _transform(snapshot: pa.Table, of: Feature) -> Transform | Note:
    values = doubles(snapshot, of.name)
    known = values[~np.isnan(values)]
    if not known.size:
        return Note("feature_empty", {"feature": of.name})
    fill, unit = float(np.median(known)), _unit(known, of)
    bent = bend(np.where(np.isnan(values), fill, values), _curve(of), unit)
    mean, scale = float(bent.mean()), float(bent.std())
    if scale <= 1e-12 * max(1.0, abs(mean)):
        return Note("feature_constant", {"feature": of.name})
    return Transform(
        feature=of.name,
        dtype=str(snapshot.schema.field(of.name).type),
        curve=_curve(of),
        unit=unit,
        fill=fill,
        mean=mean,
        scale=scale,
        limit=LIMIT,
    )


def _curve(of: Feature) -> Curve:
    return "linear" if of.unit in ("share", "ratio") else "log"


def _unit(known: Doubles, of: Feature) -> float:
    spent = np.abs(known[known != 0])
    if of.unit != "amount" or not spent.size:
        return 1.0
    return float(np.median(spent)) / UNITS_IN_A_MEDIAN
