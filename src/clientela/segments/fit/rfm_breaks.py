"""Breaks of the RFM scores: quantiles by mid-rank, so that equal values score alike."""

import datetime as dt

import numpy as np
import pyarrow as pa

from clientela.registry.card import Card, FeatureType, versions
from clientela.segments.score.rfm import FEATURES, KIND, SIGNS, RfmModel, RfmPreset, load_preset
from clientela.statistics.arrays import Doubles, doubles


def fit_rfm(snapshot: pa.Table, name: str, *, as_of: dt.date, data_hash: str) -> RfmModel:
    """Learn the breaks of a preset from a snapshot.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer with ``days_since_last``, ``orders`` and ``revenue``.
    name : str
        A preset.
    as_of : datetime.date
        The day of the snapshot.
    data_hash : str
        Hash of the canonical tables behind it.
    """
    preset = load_preset(name)
    r, f, m = (
        compute_quantile_breaks(sign * doubles(snapshot, feature), preset.levels)
        for feature, sign in zip(FEATURES, SIGNS, strict=True)
    )
    return RfmModel(
        preset=name,
        keys=preset.keys,
        board=preset.board(),
        breaks=(_replace_recency(preset, r), f, m),
        card=Card(
            kind=KIND,
            data_hash=data_hash,
            as_of=as_of,
            customers=snapshot.num_rows,
            features=tuple(
                FeatureType(feature, str(snapshot.schema.field(feature).type))
                for feature in FEATURES
            ),
            parameters={"preset": name, "levels": preset.levels},
            versions=versions("clientela", "numpy"),
        ),
    )


def explain_refit(model: RfmModel, name: str, *, forced: bool = False) -> str | None:
    """Explain why stored scores must be fitted again; None where they serve on."""
    if forced:
        return "a refit was asked for"
    if model.preset != name:
        return f"settings changed: rfm_preset from {model.preset} to {name}"
    return None


def compute_quantile_breaks(values: Doubles, levels: int) -> Doubles:
    """Return the smallest value of each score from 2 to ``levels``.

    A value's rank is the share of customers below it plus half of those equal to it; the score is 1
    plus the whole part of the rank times ``levels``. A score that ties leave empty has the break of
    the next one; where all are alike, all get the middle score.

    Examples
    --------
    >>> compute_quantile_breaks(np.array([1.0, 1.0, 1.0, 2.0, 3.0, 8.0]), 3)
    array([2., 3.])
    >>> compute_quantile_breaks(np.array([7.0, 7.0]), 5)
    array([ 7.,  7., inf, inf])
    """
    unique, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    doubled = 2 * np.cumsum(counts) - counts
    targets = 2 * counts.sum() * np.arange(1, levels)
    positions = np.searchsorted(doubled * levels, targets, side="left")
    return np.asarray(np.append(unique, np.inf)[positions], dtype=np.float64)


def _replace_recency(preset: RfmPreset, quantiles: Doubles) -> Doubles:
    if preset.recency_days is None:
        return quantiles
    return -np.array(preset.recency_days[::-1], dtype=np.float64)
