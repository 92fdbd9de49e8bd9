"""Exploration of every feature: spread, ties to the segments, and why it is left out."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.features import FEATURES
from clientela.i18n import LANGS, Lang, format_number, format_share, t
from clientela.registry.card import Note
from clientela.segments.describe.feature_spread import (
    SPREAD,
    explain_role,
    flag_far_values,
    measure_spread,
)
from clientela.segments.describe.outliers import OUTLIER_UNITS
from clientela.segments.fit.space_sample import draw_rows
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles, doubles, list_numeric_columns
from clientela.statistics.ranks import eta_squared, explain_ranks, rank_columns, spearman

ROWS = 20_000
"""Customers drawn for what is computed in ranks, beyond this many; chosen for their time."""

LEAST_CUSTOMERS = 30
"""Customers of both days without whom nothing is said about persistence; by convention."""

SCHEMA = pa.schema(
    [
        ("position", pa.int64()),
        ("feature", pa.string()),
        *((name, pa.float64()) for name in SPREAD),
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
Persistence = Mapping[str, float | None]
"""Rank correlation of each feature's values on an earlier day with today's; None of too few."""


def explore_features(
    snapshot: pa.Table,
    model: SegmentModel,
    segment: Labels,
    persistence: Persistence | None = None,
) -> pa.Table:
    """Describe every numeric feature of a snapshot: those of the space, then by information.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer, with all its features.
    model : SegmentModel
        Whose features are the space.
    segment : array of int
        The segment of each row.
    persistence : Persistence, optional
        How lasting each is, to see which change too much.

    Returns
    -------
    pa.Table
        Of :data:`SCHEMA`. ``outliers`` is null for what is neither an amount nor a count.
    """
    space = list_compared_features(model, snapshot)
    drawn_rows = draw_rows(snapshot, ROWS, model.card.seed)
    sample, segment = snapshot.take(drawn_rows), segment[drawn_rows]
    columns = _stack_columns(sample, space)
    ranks = rank_columns(columns)
    lasting = persistence or {}
    rows = []
    for name in list_numeric_columns(snapshot):
        if name not in _BY_NAME:
            continue
        ties, explained = explain_ranks(doubles(sample, name), columns, ranks)
        correlations = dict(zip(space, ties, strict=True))
        ordered, note = np.sort(doubles(snapshot, name)), Note("used", {})
        if name not in space:
            note = explain_role(
                ordered,
                correlations=correlations,
                explained=explained,
                persistence=lasting.get(name),
                is_share=_BY_NAME[name].unit == "share",
            )
        information = eta_squared(doubles(sample, name), segment)
        rows.append(_write_row(name, ordered, note, correlations, information))
    rows.sort(key=lambda row: _rank_row(row, space))
    for position, row in enumerate(rows, start=1):
        row["position"] = position
    return pa.Table.from_pylist(rows, SCHEMA)


def measure_persistence(snapshot: pa.Table, earlier: pa.Table, seed: int) -> Persistence:
    """Measure how lasting each feature of a snapshot is, on the customers of both days.

    Parameters
    ----------
    snapshot, earlier : pa.Table
        Today's customers, of whom at most :data:`ROWS` are drawn, and those of a day before.
    seed : int
        Of the draw.
    """
    sample = snapshot.take(draw_rows(snapshot, ROWS, seed))
    # those not known then have no values
    before = earlier.take(pc.index_in(sample["customer_id"], earlier["customer_id"]))
    lasting: dict[str, float | None] = {}
    for name in list_numeric_columns(snapshot):
        if name in _BY_NAME and name in before.column_names:
            then, now = doubles(before, name), doubles(sample, name)
            on_both_days = int((~(np.isnan(then) | np.isnan(now))).sum())
            lasting[name] = spearman(then, now) if on_both_days >= LEAST_CUSTOMERS else None
    return lasting


def list_compared_features(model: SegmentModel, snapshot: pa.Table) -> tuple[str, ...]:
    """List the features in which customers are compared, also where there is one segment only."""
    names = model.features or tuple(feature.name for feature in model.card.features)
    numeric = set(list_numeric_columns(snapshot))
    return tuple(dict.fromkeys(name for name in names if name in numeric))


def _stack_columns(sample: pa.Table, names: Sequence[str]) -> Doubles:
    """Return features as columns, the median in place of what is missing."""
    columns = []
    for name in names:
        values = doubles(sample, name)
        present = values[~np.isnan(values)]
        fill = np.median(present) if present.size else 0.0
        columns.append(np.where(np.isnan(values), fill, values))
    return np.column_stack(columns) if columns else np.zeros((len(sample), 0))


def _write_row(
    name: str,
    ordered: Doubles,
    note: Note,
    correlations: Mapping[str, float | None],
    information: float | None,
) -> Row:
    """Write a feature's row, from all its values in order and what was measured on the sample."""
    countable = _BY_NAME[name].unit in OUTLIER_UNITS
    rounded = {key: None if rho is None else round(rho, 4) for key, rho in correlations.items()}
    return {
        "feature": name,
        **measure_spread(ordered),
        "outliers": int(flag_far_values(ordered).sum()) if countable else None,
        "role": "segments" if note.code == "used" else "left_out",
        **{f"reason_{lang.lower()}": _write_reason(note, information, lang) for lang in LANGS},
        "correlations": msgspec.json.encode(rounded).decode(),
        "information": information,
    }


def _rank_row(row: Row, space: tuple[str, ...]) -> tuple[int, float]:
    """Order rows; Python's sort keeps the catalogue's order among equals."""
    if row["feature"] in space:
        return space.index(row["feature"]), 0.0
    return len(space), -(-1.0 if row["information"] is None else row["information"])


def _write_reason(note: Note, information: float | None, lang: Lang) -> str:
    values = {name: _write_value(name, value, lang) for name, value in note.values.items()}
    text = t(f"exploration.{note.code}", lang, **values)
    if information is None or note.code not in ("used", "own"):
        return text
    return f"{text} {t('exploration.information', lang, share=format_share(information, lang))}"


def _write_value(name: str, value: Any, lang: Lang) -> str:
    if name == "other":
        return t(f"feature.{value}.label", lang)
    if name.endswith("share"):
        return format_share(value, lang)
    is_whole = name != "correlation" and float(value).is_integer()
    return format_number(value, lang, 0 if is_whole else 2)
