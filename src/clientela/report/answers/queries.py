"""Queries of a run's tables that several answers share: segments, members, models, metrics."""

import calendar
import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.results import CHURN_BANDS
from clientela.report.answer import AnswerColumn, Series, Tone
from clientela.report.formatter import Formatter, TableColumn, capitalize
from clientela.report.report_data import ReportData, parse_json

Doubles = npt.NDArray[np.float64]
Rows = list[dict[str, Any]]
INSIDE = ("member", "leaving")
*_SCORED, GONE = CHURN_BANDS
SCORED = tuple(reversed(_SCORED))
"""Bands of the customers scored, the riskiest first; those gone are not scored."""

SHARES = (
    "bias",
    "top_decile_hit",
    "revenue_captured",
    "coverage",
    "accuracy",
    "precision",
    "recall",
    "base_rate",
    "threshold",
    *(
        f"{metric}_{cut}"
        for metric in ("accuracy", "precision", "recall", "threshold")
        for cut in ("f1_best", "prevalence")
    ),
)
"""Metrics that are written as percentages."""
AMOUNTS = ("mae", "rmse")
"""Metrics that are written as money."""
DECIMALS = 3  # by convention of papers on scores


def name_segments(data: ReportData, fmt: Formatter) -> dict[int, str]:
    """Return the names of the segments by id."""
    return {row["segment"]: fmt.localize(row, "name") for row in data.rows("segments")}


def assign_tones(data: ReportData) -> dict[int, int]:
    """Return each segment's colour, the same in all pictures: what people gave, or its turn's."""
    rows = sorted(data.rows("segments"), key=lambda row: row["segment"])
    return {
        row["segment"]: turn if row.get("colour") is None else row["colour"]
        for turn, row in enumerate(rows)
    }


def list_segments(data: ReportData) -> Rows:
    """Return the segments in which anybody is, the most revenue first."""
    rows = [row for row in data.rows("segments") if row["customers"]]
    return sorted(rows, key=lambda row: (-row["revenue"], row["segment"]))


def read_numbers(table: pa.Table, name: str) -> Doubles:
    """Return a column as doubles, NaN where it is absent or empty."""
    if name not in table.column_names:
        return np.full(len(table), np.nan)
    return np.asarray(pc.cast(table[name], pa.float64()).to_numpy(zero_copy_only=False))


def read_column(data: ReportData, name: str, *, insiders: bool | None = None) -> Doubles:
    """Return a numeric column of the customers without its gaps."""
    table = data.table("customers")
    if table is None or name not in table.column_names:
        return np.empty(0)
    values = pc.cast(table[name], pa.float64())
    if insiders is not None:
        values = values.filter(_mark_members(table, insiders))
    values = values.drop_null()
    return np.asarray(values.to_numpy(zero_copy_only=False))


def _mark_members(table: pa.Table, insiders: bool) -> pa.Array:
    if "insider" not in table.column_names:
        return pa.array(np.zeros(len(table), dtype=bool))
    marks = pc.is_in(table["insider"], pa.array(INSIDE))
    return marks if insiders else pc.invert(marks)


def count_statuses(data: ReportData) -> dict[str, int]:
    """Return the number of customers of the programme by status; empty without a programme."""
    table = data.table("programme_members")
    if table is None:
        return {}
    return {row["values"]: row["counts"] for row in table["status"].value_counts().to_pylist()}


def count_members(data: ReportData) -> int:
    """Return the number of members, those about to leave included."""
    return sum(n for status, n in count_statuses(data).items() if status in INSIDE)


def select_members(data: ReportData, statuses: Sequence[str] = INSIDE) -> pa.Table | None:
    """Return the rows of these statuses, or None where there are none."""
    table = data.table("programme_members")
    if table is None:
        return None
    members = table.filter(pc.is_in(table["status"], pa.array(statuses)))
    return members if members.num_rows else None


def rank_member_segments(data: ReportData) -> list[tuple[int, int]]:
    """Return the segments of the members with their numbers, the most frequent first."""
    table = select_members(data)
    segments = () if table is None else table["segment"].to_pylist()
    counts = Counter(segment for segment in segments if segment is not None)
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def is_launched(data: ReportData) -> bool:
    """Check whether the members are the ledger's, not those of a launch list."""
    return read_programme(data).get("state") == "launched"


def read_programme(data: ReportData) -> Mapping[str, Any]:
    """Return the run's facts of the programme; empty without any."""
    facts = data.facts.get("programme")
    return facts if isinstance(facts, Mapping) else {}


def count_customers(data: ReportData) -> int:
    """Return the number of customers."""
    table = data.table("customers")
    return int(data.facts.get("customers") or 0) if table is None else table.num_rows


def read_facts(data: ReportData, topic: str) -> dict[str, Any]:
    """Return the run's facts of a topic, completed by the settings on its model's card."""
    of_run = data.facts.get(topic)
    facts = dict(of_run) if isinstance(of_run, Mapping) else {}
    settings = read_card(data, topic).get("parameters") or {}
    return settings | (facts.get("framing") or {}) | facts


def read_card(data: ReportData, kind: str) -> dict[str, Any]:
    """Return the card and id of the champion of a kind, if any."""
    for row in data.rows("models"):
        card = parse_json(row["card"])
        if row["kind"] == kind and row["role"] == "champion" and isinstance(card, dict):
            return card | {"model_id": row["model_id"]}
    return {}


def _select_purpose(data: ReportData, table: str, purpose: str) -> Rows:
    return [row for row in data.sorted_by(table, "position") if row["purpose"] == purpose]


def list_candidates(data: ReportData, purpose: str) -> Rows:
    """Return the models compared for a purpose, in their order."""
    return _select_purpose(data, "model_candidates", purpose)


def find_champion(data: ReportData, purpose: str) -> str | None:
    """Return the name of the model that serves a purpose."""
    rows = list_candidates(data, purpose)
    return next((row["model"] for row in rows if row["role"] == "champion"), None)


def list_notes(data: ReportData, purpose: str) -> Rows:
    """Return the notes on a purpose in their order, the verdict first."""
    return _select_purpose(data, "model_notes", purpose)


def localize_notes(rows: Sequence[Mapping[str, Any]], fmt: Formatter) -> tuple[str, ...]:
    """Return the texts of notes."""
    return tuple(text for row in rows if (text := fmt.localize(row, "text")))


def list_metrics(data: ReportData, purpose: str, model: str | None) -> Rows:
    """Return a model's pooled metrics, or those of the latest date."""
    rows = [
        row
        for row in data.rows("model_metrics")
        if row["purpose"] == purpose and row["model"] == model
    ]
    pooled = [row for row in rows if row["as_of"] is None]
    if pooled or not rows:
        return pooled
    latest = max(row["as_of"] for row in rows)
    return [row for row in rows if row["as_of"] == latest]


def find_metric(data: ReportData, purpose: str, model: str | None, name: str) -> dict[str, Any]:
    """Return one of a model's metrics, or an empty row."""
    return next((row for row in list_metrics(data, purpose, model) if row["metric"] == name), {})


def trace_metric(data: ReportData, purpose: str, model: str | None, name: str) -> dict[Any, float]:
    """Return a metric of a model by past date."""
    values = {
        row["as_of"]: row["value"]
        for row in data.rows("model_metrics")
        if (row["purpose"], row["model"], row["metric"]) == (purpose, model, name)
        and row["as_of"] is not None
        and row["value"] is not None
    }
    return dict(sorted(values.items()))


def find_rival(data: ReportData, purpose: str, name: str) -> str | None:
    """Return the baseline of the champion by a metric, else the first naive model."""
    baseline = find_metric(data, purpose, find_champion(data, purpose), name).get("baseline")
    naive = (row["model"] for row in list_candidates(data, purpose) if row["family"] == "naive")
    return baseline or next(naive, None)


def format_metric(name: str, value: float | None, fmt: Formatter) -> str:
    """Write the value of a metric.

    Examples
    --------
    >>> fmt = Formatter("pt_BR", "BRL")
    >>> format_metric("bias", -0.041, fmt), format_metric("roc_auc", 0.7712, fmt)
    ('-4,1%', '0,771')
    """
    if name in SHARES:
        return fmt.share(value)
    return fmt.money(value) if name in AMOUNTS else fmt.number(value, DECIMALS)


def list_months(data: ReportData) -> Rows:
    """Return the revenue of each month, the earliest first."""
    return data.sorted_by("revenue_by_month", "month")


def find_best_month(data: ReportData) -> dict[str, Any]:
    """Return the complete month with the most revenue, the only month, or an empty row."""
    rows = list_months(data)
    complete = [row for row in rows if not is_partial(row["month"], data.as_of)]
    return max(complete or rows, key=lambda row: float(row["net"]), default={})


def is_partial(month: dt.date, as_of: dt.date) -> bool:
    """Check whether the month of the last day known goes on after it."""
    last = calendar.monthrange(as_of.year, as_of.month)[1]
    return (month.year, month.month) == (as_of.year, as_of.month) and as_of.day < last


def average_retention(data: ReportData, months: int) -> float | None:
    """Return the share active some months after the first, over cohorts whose month is over.

    The first month of the data is left out: most of its customers are no new ones.
    """
    running, cohorts = data.as_of.replace(day=1), data.rows("cohorts")
    earliest = min((row["cohort"] for row in cohorts), default=None)
    rows = [
        row
        for row in cohorts
        if count_months(row) == months
        and row["customers"]
        and row["month"] < running
        and row["cohort"] != earliest
    ]
    customers = sum(row["customers"] for row in rows)
    return sum(row["active"] for row in rows) / customers if customers else None


def count_months(row: dict[str, Any]) -> int:
    """Return the months between a cohort's first and the row's."""
    cohort, month = row["cohort"], row["month"]
    return int((month.year - cohort.year) * 12 + month.month - cohort.month)


KNOWN = ("last_period", "last_year")
"""What everybody knows without a model, beside each forecast."""


def draw_known(forecasts: Rows, fmt: Formatter, days: int | None = None) -> list[Series]:
    """Return the last period and last year's days as points beside the forecasts.

    Without ``days`` each forecast has a horizon of its own.
    """
    tones: tuple[Tone, ...] = ("quiet", "signal")
    return [
        Series(name_known(name, fmt, days), tuple(row.get(name) for row in forecasts), tone=tone)
        for name, tone in zip(KNOWN, tones, strict=True)
        if any(row.get(name) is not None for row in forecasts)
    ]


def head_known(rows: Rows, fmt: Formatter, days: int | None = None) -> list[TableColumn]:
    """Return the columns of what is known without a model, where the run has them."""
    names = [name for name in KNOWN if any(row.get(name) is not None for row in rows)]
    return [(AnswerColumn(name_known(name, fmt, days), True), "money", name) for name in names]


def head_method(rows: Rows, fmt: Formatter) -> list[TableColumn]:
    """Return the column of the forecasts' method, where they have several."""
    if len({row["method"] for row in rows}) < 2:
        return []
    return [("expected.method", "text", lambda row: _name_method(row["method"], fmt))]


def say_method(rows: Rows, fmt: Formatter) -> str:
    """Name the method below the table where all forecasts have the same; else nothing."""
    methods = {row["method"] for row in rows}
    if len(methods) != 1 or not (method := methods.pop()):
        return ""
    return fmt.say("expected.method_of_all", method=_name_method(method, fmt))


def _name_method(method: str | None, fmt: Formatter) -> str:
    return capitalize(fmt.model(method)) if method else fmt.number(None)


def name_known(name: str, fmt: Formatter, days: int | None) -> str:
    """Name a past period, by its days where all forecasts have the same."""
    if name == "last_period" and days is None:
        return fmt.say("value.last_period_each")
    return fmt.say(f"value.{name}", days=fmt.number(days))
