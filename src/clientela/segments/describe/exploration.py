"""Every feature of the customers: its spread, its ties to the segments, and why it is left out."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.features import FEATURES, Feature
from clientela.i18n import LANGS, Lang, format_number, format_share, t
from clientela.segments.describe.feature_spread import (
    Reason,
    Ties,
    explain_role,
    flag_far_values,
    measure_spread,
)
from clientela.segments.describe.outliers import MEASURED
from clientela.segments.fit.space_sample import draw_rows
from clientela.segments.score.model import Assignment, SegmentModel
from clientela.statistics.arrays import Doubles, doubles, list_numeric_columns
from clientela.statistics.ranks import RankRegression, eta_squared, spearman

ROWS = 20_000
"""Customers drawn for what is computed in ranks, beyond this many."""

LEAST = 30
"""Customers of both days without whom nothing is said about change."""

SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("feature", pa.string()),
        ("mean", pa.float64()),
        ("std", pa.float64()),
        ("minimum", pa.float64()),
        ("q05", pa.float64()),
        ("q25", pa.float64()),
        ("median", pa.float64()),
        ("q75", pa.float64()),
        ("q95", pa.float64()),
        ("maximum", pa.float64()),
        ("skewness", pa.float64()),
        ("zero_share", pa.float64()),
        ("missing_share", pa.float64()),
        ("outliers", pa.int64()),
        ("role", pa.string()),
        ("reason_en", pa.string()),
        ("reason_pt_br", pa.string()),
        ("correlations", pa.string()),
        ("information", pa.float64()),
    ]
)
_BY_NAME = {feature.name: feature for feature in FEATURES}
Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class _Sample:
    """Customers drawn: their rows, segments, the space's features, and themselves earlier."""

    rows: pa.Table
    segments: npt.NDArray[np.int64]
    space: tuple[str, ...]
    beside: RankRegression
    earlier: pa.Table | None


def explore_features(
    snapshot: pa.Table,
    model: SegmentModel,
    assignment: Assignment,
    earlier: pa.Table | None = None,
) -> pa.Table:
    """Describe every numeric feature of a snapshot: those of the space, then the most informative.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer, with all its features.
    model : SegmentModel
        Whose features are the space.
    assignment : Assignment
        The segment of each row.
    earlier : pa.Table, optional
        A snapshot of a day before, whose customers tell which features change too much.

    Returns
    -------
    pa.Table
        Of :data:`SCHEMA`. ``outliers`` is null for what is neither an amount nor a count.
    """
    space = list_compared_features(model, snapshot)
    taken = draw_rows(snapshot, ROWS, model.card.seed)
    some = _sample(snapshot.take(taken), assignment.segment[taken], space, earlier)
    names = [name for name in list_numeric_columns(snapshot) if name in _BY_NAME]
    rows = [_row(np.sort(doubles(snapshot, name)), some, _BY_NAME[name]) for name in names]
    rows.sort(key=lambda row: _place(row, space))
    placed = [row | {"position": position} for position, row in enumerate(rows, start=1)]
    return pa.Table.from_pylist(placed, SCHEMA)


def list_compared_features(model: SegmentModel, snapshot: pa.Table) -> tuple[str, ...]:
    """Name the features in which customers are compared, also where there is one segment only."""
    named = model.features or tuple(feature.name for feature in model.card.features)
    known = set(list_numeric_columns(snapshot))
    return tuple(dict.fromkeys(name for name in named if name in known))


def _sample(
    rows: pa.Table,
    segments: npt.NDArray[np.int64],
    space: tuple[str, ...],
    earlier: pa.Table | None,
) -> _Sample:
    axes = [_filled(doubles(rows, name)) for name in space]
    values = np.column_stack(axes) if axes else np.zeros((len(rows), 0))
    return _Sample(rows, segments, space, RankRegression(values), _aligned(earlier, rows))


def _aligned(earlier: pa.Table | None, rows: pa.Table) -> pa.Table | None:
    """Give the same customers as they were; those not known then have no values."""
    if earlier is None:
        return None
    return earlier.take(pc.index_in(rows["customer_id"], earlier["customer_id"]))


def _row(ordered: Doubles, some: _Sample, feature: Feature) -> Row:
    """Describe a feature from all its values in order, and from the customers drawn."""
    values = doubles(some.rows, feature.name)
    correlations, told = some.beside.explain(values)
    ties = Ties(
        correlations=dict(zip(some.space, correlations, strict=True)),
        told=told,
        lasting=_lasting(some, feature.name),
        is_share=feature.unit == "share",
    )
    information = eta_squared(values, some.segments)
    used = feature.name in some.space
    why = Reason("used", {}) if used else explain_role(ordered, ties)
    return {
        "feature": feature.name,
        **asdict(measure_spread(ordered)),
        "outliers": int(flag_far_values(ordered).sum()) if feature.unit in MEASURED else None,
        "role": "segments" if used else "left_out",
        **{f"reason_{lang.lower()}": _sentence(why, information, lang) for lang in LANGS},
        "correlations": _json(ties.correlations),
        "information": information,
    }


def _lasting(some: _Sample, name: str) -> float | None:
    if some.earlier is None or name not in some.earlier.column_names:
        return None
    before, now = doubles(some.earlier, name), doubles(some.rows, name)
    both = int((~(np.isnan(before) | np.isnan(now))).sum())
    return spearman(before, now) if both >= LEAST else None


def _place(row: Row, space: tuple[str, ...]) -> tuple[int, float]:
    """Order rows; Python's sort keeps the catalogue's order among equals."""
    if row["feature"] in space:
        return space.index(row["feature"]), 0.0
    return len(space), -(-1.0 if row["information"] is None else row["information"])


def _sentence(why: Reason, information: float | None, lang: Lang) -> str:
    said = t(f"exploration.{why.code}", lang, **dict(_written(why, lang)))
    if information is None or why.code not in ("used", "own"):
        return said
    return f"{said} {t('exploration.information', lang, share=format_share(information, lang))}"


def _written(why: Reason, lang: Lang) -> Iterator[tuple[str, str]]:
    for name, value in why.values.items():
        if name == "other":
            yield name, t(f"feature.{value}.label", lang)
        elif name.endswith("share"):
            yield name, format_share(value, lang)
        elif name == "correlation":
            yield name, format_number(value, lang, 2)
        else:
            yield name, format_number(value, lang, 0 if float(value).is_integer() else 2)


def _filled(values: Doubles) -> Doubles:
    known = values[~np.isnan(values)]
    return np.where(np.isnan(values), np.median(known) if known.size else 0.0, values)


def _json(correlations: Any) -> str:
    rounded = {name: None if rho is None else round(rho, 4) for name, rho in correlations.items()}
    return msgspec.json.encode(rounded).decode()
