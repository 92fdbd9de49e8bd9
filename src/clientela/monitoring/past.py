"""What earlier runs left to compare with: their records, profiles, drift and forecasts."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
import pyarrow as pa

from clientela.features.history import History
from clientela.features.outcome import OUTCOME, sum_outcomes
from clientela.features.snapshot import KEY
from clientela.monitoring.performance import PREDICTIONS
from clientela.monitoring.profiles import Profile
from clientela.store.arrow_schemas import arrow_schema
from clientela.store.programme import read_customers
from clientela.store.read import Reader
from clientela.store.record import RunRecord

CLAIM_COLUMNS = tuple(arrow_schema("claims").names)
MOST_RUNS = 120  # by convention: four months of nights, and each a small read
REFERENCE_DAYS = 28
"""Days between a run and the reference of its drift. By convention: whole weeks, so that weekdays
fall alike, and long enough for a shift to show in habits that are counted over months."""


class PastRuns:
    """The runs of a results database that came before a day.

    Parameters
    ----------
    reader : Reader
        The results database.
    as_of : datetime.date
        Runs of this day and of later ones are left out, and those before tables began anew.
    anew : bool
        Whether they begin anew with the run that asks, which so has no past.
    """

    def __init__(self, reader: Reader, as_of: dt.date, *, anew: bool = False) -> None:
        self._reader = reader
        runs = list(reversed(reader.runs(MOST_RUNS)))
        first = max((i for i, run in enumerate(runs) if run.is_anew), default=0)
        self.records = [run for run in runs[first:] if run.as_of < as_of and not anew]
        self._as_of = as_of

    def choose_reference(self) -> tuple[RunRecord, dict[str, Profile]] | None:
        """Return the latest run at least four weeks old that has profiles, else the oldest."""
        limit = self._as_of - dt.timedelta(days=REFERENCE_DAYS)
        old = [run for run in self.records if run.as_of <= limit]
        for run in [*reversed(old), *self.records[len(old) :]]:
            rows = self._reader.table("profiles", run.run_id).content
            if rows:
                return run, {
                    str(row["column"]): msgspec.convert(row["profile"], Profile) for row in rows
                }
        return None

    def read_drift(self) -> dict[str, list[float]]:
        """Return the PSI of earlier runs by column."""
        values: dict[str, list[float]] = {}
        for run in self.records:
            for row in self._reader.table("drift", run.run_id).content:
                if row["psi"] is not None:
                    values.setdefault(str(row["column"]), []).append(cast(float, row["psi"]))
        return values

    def read_claims(self) -> list[dict[str, Any]]:
        """Return the claims of the run before, oldest first: each run carries all before it."""
        if not self.records:
            return []
        rows = self._reader.table("claims", self.records[-1].run_id).content
        return [{name: row[name] for name in CLAIM_COLUMNS} for row in rows]

    def list_figure(self, name: str) -> list[float]:
        """Return a figure of earlier runs, of those that have it."""
        return [row["value"] for run in self.records if (row := _find_figure(run, name))]

    def find_ripe(self, part: str) -> tuple[RunRecord, int] | None:
        """Return the latest run whose forecasts of churn or value are over, and their horizon."""
        for run in reversed(self.records):
            days = _read_horizon(run.summary, part)
            if days and run.as_of + dt.timedelta(days=days) <= self._as_of:
                return run, days
        return None

    def read_promises(self, run: RunRecord) -> dict[str, tuple[float, float, float]]:
        """Return the forecasts that a run gave, with their ends, and its champion's AUC.

        It gave none that past dates could not judge, and had no members before the launch.
        """
        promises, days = {}, _read_horizon(run.summary, "value")
        launched = run.programme.get("state") == "launched"
        for group in ("known", "members") if launched else ("known",):
            row = _find_figure(run, f"expected_revenue_{group}")
            figure = tuple(row.get(name) for name in ("value", "low", "high"))
            if row.get("judged") and row["horizon_days"] == days and None not in figure:
                promises[f"expected_revenue_{group}"] = cast(tuple[float, float, float], figure)
        area = find_promised_auc(
            self._reader.table("model_metrics", run.run_id).content, _find_champion(run.summary)
        )
        return promises | ({"roc_auc": area} if area else {})


def find_promised_auc(
    rows: Sequence[Mapping[str, Any]], champion: str
) -> tuple[float, float, float] | None:
    """Return the AUC that the churn champion was published with, over all its dates."""
    for row in rows:
        is_champion = (row["purpose"], row["model"]) == ("churn", champion)
        if is_champion and row["metric"] == "roc_auc" and row["as_of"] is None:
            values = tuple(row[name] for name in ("value", "low", "high"))
            return None if None in values else cast(tuple[float, float, float], values)
    return None


def read_ripe(
    url: str, past: PastRuns, part: str, history: History
) -> tuple[RunRecord, pa.Table] | None:
    """Read the latest forecasts of a part that are over, beside what followed."""
    ripe = past.find_ripe(part)
    if ripe is None:
        return None
    run, days = ripe
    customers = read_customers(url, run.run_id, PREDICTIONS)
    if not len(customers):
        return None
    upto = run.as_of + dt.timedelta(days=days)
    outcome = history.gather(sum_outcomes(run.as_of, upto), OUTCOME)
    later = ["later_revenue", "later_orders"]
    table = customers.join(outcome.select([KEY, *later]), KEY, use_threads=False)
    for name in later:
        position = table.column_names.index(name)
        table = table.set_column(position, name, table[name].cast(pa.float64()).fill_null(0.0))
    return run, table


def _find_figure(run: RunRecord, name: str) -> Mapping[str, Any]:
    figures: Any = run.summary.get("figures") or []
    return next((row for row in figures if row["name"] == name), {})


def _read_horizon(summary: Mapping[str, Any], part: str) -> int | None:
    facts: Any = summary.get(part) or {}
    framing = facts if part == "value" else facts.get("framing") or {}
    is_judged = part == "value" or framing.get("kind") == "non_contractual"
    days = framing.get("horizon_days") if is_judged else None
    return None if days is None else int(days)


def _find_champion(summary: Mapping[str, Any]) -> str:
    facts: Any = summary.get("churn") or {}
    return str(facts.get("champion"))
