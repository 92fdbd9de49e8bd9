"""Breaks of the RFM scores: quantiles by mid-rank, so that equal values score alike."""

import datetime as dt
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.errors import ConfigError
from clientela.registry.card import Card, FeatureType, versions
from clientela.segments.score.rfm import FEATURES, KIND, SIGNS, RfmModel, RfmPreset, load_preset
from clientela.statistics.arrays import Doubles, doubles

NO_CUTS: Mapping[Any, Sequence[float]] = MappingProxyType({})


def fit_rfm(
    snapshot: pa.Table,
    name: str,
    *,
    as_of: dt.date,
    data_hash: str,
    cuts: Mapping[Any, Sequence[float]] = NO_CUTS,
    levels: int | None = None,
) -> RfmModel:
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
    cuts : mapping of str to sequence of float
        Limits of the scores by feature, in place of quantiles.
    levels : int, optional
        Of finer scores beside those of the preset.

    Raises
    ------
    ConfigError
        A feature's limits make more or fewer scores than the preset has.
    """
    preset = load_preset(name)
    r, f, m = _compute_breaks(snapshot, preset.levels)
    own = {feature: _read_cuts(preset, feature, limits) for feature, limits in cuts.items()}
    breaks = dict(zip(FEATURES, (_replace_recency(preset, r), f, m), strict=True)) | own
    return RfmModel(
        preset=name,
        keys=preset.keys,
        board=preset.board(),
        breaks=(breaks["days_since_last"], breaks["orders"], breaks["revenue"]),
        fine=() if levels is None else tuple(_compute_breaks(snapshot, levels)),
        card=Card(
            kind=KIND,
            data_hash=data_hash,
            as_of=as_of,
            customers=snapshot.num_rows,
            features=tuple(
                FeatureType(feature, str(snapshot.schema.field(feature).type))
                for feature in FEATURES
            ),
            parameters={"preset": name, "levels": preset.levels, **_list_own(cuts, levels)},
            versions=versions("clientela", "numpy"),
        ),
    )


def explain_refit(
    model: RfmModel,
    name: str,
    *,
    forced: bool = False,
    cuts: Mapping[Any, Sequence[float]] = NO_CUTS,
    levels: int | None = None,
) -> str | None:
    """Explain why stored scores must be fitted again; None where they serve on."""
    if forced:
        return "a refit was asked for"
    if model.preset != name:
        return f"settings changed: rfm_preset from {model.preset} to {name}"
    if _list_own(cuts, levels) != {
        key: value for key, value in model.card.parameters.items() if key in ("cuts", "fine")
    }:
        return "settings changed: rfm_cuts or rfm_levels"
    return None


def _list_own(cuts: Mapping[Any, Sequence[float]], levels: int | None) -> dict[str, Any]:
    """Return what is set beside the preset, as a card keeps it."""
    own: dict[str, Any] = {name: [float(cut) for cut in limits] for name, limits in cuts.items()}
    return ({"cuts": own} if own else {}) | ({"fine": levels} if levels else {})


def _compute_breaks(snapshot: pa.Table, levels: int) -> list[Doubles]:
    return [
        compute_quantile_breaks(sign * doubles(snapshot, feature), levels)
        for feature, sign in zip(FEATURES, SIGNS, strict=True)
    ]


def _read_cuts(preset: RfmPreset, feature: str, limits: Sequence[float]) -> Doubles:
    if len(limits) != preset.levels - 1:
        raise ConfigError(
            f"segments.rfm_cuts gives {feature} {len(limits)} limits, and {preset.name} has scores "
            f"from 1 to {preset.levels}",
            do=f"give {preset.levels - 1} limits, or another segments.rfm_preset",
        )
    cuts = np.array(limits, dtype=np.float64)
    return -cuts[::-1] if feature == "days_since_last" else cuts


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
