"""Churn where customers cancel: asked of those under contract, labelled by their exit.

A flag without a date invites a trap: those who left have stopped buying, and features of today
show it, so that a model seems to foresee what it sees. Here each exit is drawn from what a survival
likelihood leaves possible between the last purchase and the end of the tables, and on a past day
everybody is asked about who was under contract then, the silent too: the customers that are scored.
"""

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.fit import leakage
from clientela.churn.fit.churn_dates import ChurnDates, load_churn_dates
from clientela.churn.fit.learning import ChurnTraining, learn_from_dates
from clientela.churn.fit.season import MANY
from clientela.churn.fit.training_data import (
    MOST_CUSTOMERS,
    ChurnTask,
    ExpectRevenue,
    Flags,
    LabelledSnapshot,
    sample_customers,
)
from clientela.config import Churn
from clientela.errors import InputError
from clientela.features.customers import join_attributes
from clientela.features.history import History
from clientela.features.snapshot import KEY
from clientela.statistics.arrays import Doubles, doubles
from clientela.store import arrow_schemas as results

# Days between past dates: a month, by convention.
STEP_DAYS = 30
# A quarter and about a year, by convention.
DEFAULT_HORIZON_DAYS, LONGEST_HORIZON_DAYS = 90, 360
OURS = ("age_years", "gender", "region")
# By convention: three dates tune, choose and calibrate; with fewer leavers no metric has a useful
# interval.
LEAST_DATES, LEAST_CUSTOMERS, LEAST_LEAVERS = 3, 50, 10


@dataclass(frozen=True, eq=False)
class ContractualChurn:
    """All that the run needs of a firm with a churn column; the past is computed when asked for.

    Parameters
    ----------
    history : History
        The firm's past up to the day on which is learnt.
    settings : Churn
        As configured.
    churn_dates : ChurnDates
        Who left when.
    horizon_days : int
        Days ahead in which leaving is asked about.
    today : pa.Table
        ``customer_id`` and the columns of ``past`` of those to score: customers still under
        contract on the history's last day.
    gone : pa.Table
        ``customer_id`` of those who left already: probability 1, band 'gone'.
    """

    history: History
    settings: Churn
    churn_dates: ChurnDates
    horizon_days: int
    today: pa.Table
    gone: pa.Table

    @property
    def derived(self) -> bool:
        """Whether exits were estimated from activity because the flag bears no date."""
        return bool(self.churn_dates.derived.any())

    @cached_property
    def past(self) -> tuple[LabelledSnapshot, ...]:
        """Past snapshots with what happened next, the latest first; of a large firm a sample."""
        seed, horizon = self.settings.seed, self.horizon_days
        dates = _past_dates(self.history, horizon)[: self.settings.max_dates]
        snapshots = (
            label_contract_holders(self.history.sample, day, horizon, self.churn_dates)
            for day in dates
        )
        return tuple(sample_customers(snapshot, MOST_CUSTOMERS, seed) for snapshot in snapshots)

    @cached_property
    def flattering_auc(self) -> float | None:
        """What cross-validation with features of today would have claimed; None where dated."""
        return (
            leakage.measure_flattering_auc(*self._read_leaky(), self.settings.seed)
            if self.derived
            else None
        )

    @cached_property
    def notes(self) -> pa.Table:
        """``model_notes``: the undated flag, its flattering figure, undated attributes, limits."""
        people = self.churn_dates.people
        return leakage.build_flag_notes(
            flattering_auc=self.flattering_auc,
            gap_days=round(self.churn_dates.gap_days) if self.derived else None,
            undated=self._list_undated_attributes() if people.lacks_dates else (),
            left_out=people.left_out,
            leaking=self.churn_dates.telltale,
        )

    def _list_undated_attributes(self) -> tuple[str, ...]:
        """Name the attributes that the customers have; a signup is a date itself."""
        ours = [n for n in OURS if self.today[n].null_count < self.today.num_rows]
        return (*ours, *self.churn_dates.people.attributes.column_names)

    def _read_leaky(self) -> tuple[pa.Table, Flags]:
        """Return everybody as of today, beside the flag: what nobody should learn from."""
        everyone = _read_features(self.history, self.churn_dates, self.history.as_of)
        return everyone, np.asarray(pc.is_in(everyone[KEY], self.gone[KEY]).to_numpy())


def has_churn_column(history: History) -> bool:
    """Return whether any customer carries a churn flag or an exit date."""
    read, groups = history.source
    for group in groups:
        customers = read(group).customers
        if customers is not None:
            counts = customers.aggregate(n=customers.churned.count() + customers.churned_at.count())
            if history.engine.to_arrow(counts)["n"][0].as_py():
                return True
    return False


def prepare_contractual(history: History, settings: Churn) -> ContractualChurn:
    """Read who left when, and split today's customers into those to score and those gone.

    Raises
    ------
    InputError
        Nobody left, everybody left, the customers are too few to learn anything from, or the
        history is too short for any past day.
    """
    churn_dates = load_churn_dates(history)
    horizon = _choose_horizon_days(history, settings, churn_dates)
    everyone = _read_features(history, churn_dates, history.as_of)
    gone = churn_dates.find_leavers(everyone[KEY], history.as_of)
    _check_both_classes(gone)
    if len(_past_dates(history, horizon)) < 1:
        raise InputError(
            f"the history is too short to see who leaves within {horizon} days",
            where=f"{history.first_day} to {history.as_of}",
            do="give more months of transactions, or set churn.horizon_days to fewer days",
        )
    left, today = everyone.filter(pa.array(gone)), everyone.filter(pa.array(~gone))
    return ContractualChurn(history, settings, churn_dates, horizon, today, left.select([KEY]))


def label_contract_holders(
    history: History,
    day: dt.date,
    horizon_days: int,
    churn_dates: ChurnDates | None = None,
) -> LabelledSnapshot:
    """Return those under contract on a past day and who of them left within the horizon.

    Parameters
    ----------
    history : History
        Reaches ``day + horizon_days`` at least.
    churn_dates : ChurnDates, optional
        Who left when, where it was read already.

    Raises
    ------
    ValueError
        The horizon is not over yet in this history.
    """
    until = day + dt.timedelta(days=horizon_days)
    if until > history.as_of:
        raise ValueError(f"{until} lies after {history.as_of}, the last day this history knows")
    churn_dates = churn_dates or load_churn_dates(history)
    table = _read_features(history, churn_dates, day)
    under_contract = ~churn_dates.find_leavers(table[KEY], day)
    left = churn_dates.find_leavers(table[KEY], until)[under_contract]
    table = table.filter(pa.array(under_contract))
    return LabelledSnapshot(day, table, left, _estimate_worth(table, horizon_days), horizon_days)


def learn_contractual(
    history: History,
    settings: Churn,
    *,
    data_hash: str = "",
) -> tuple[ChurnTraining, ContractualChurn]:
    """Learn from the firm's past as of the history's end; raise as :func:`prepare_contractual`.

    Returns
    -------
    ChurnTraining, ContractualChurn
        The model with its evidence and our notes before its own, and whom to score.
    """
    firm = prepare_contractual(history, settings)
    task = build_task(firm, history.as_of, data_hash)
    return learn_from_contracts(firm, settings, task), firm


def build_task(firm: ContractualChurn, as_of: dt.date, data_hash: str = "") -> ChurnTask:
    """State the question that a firm with a churn column asks on a day."""
    days = firm.horizon_days
    return ChurnTask("contractual", as_of, horizon_days=days, data_hash=data_hash)


def learn_from_contracts(
    firm: ContractualChurn,
    settings: Churn,
    task: ChurnTask,
    expect: ExpectRevenue | None = None,
) -> ChurnTraining:
    """Learn from what was prepared, with our notes before the model's own."""
    training = learn_from_dates(firm.past, settings, task, firm.today, expect)
    facts = {"derived": firm.derived, "flattering_auc": firm.flattering_auc}
    tables = leakage.prepend_notes(training.tables, firm.notes, firm.flattering_auc)
    row = {"horizon_days": firm.horizon_days, "customers": firm.today.num_rows, "chosen": True}
    tables |= {"churn_horizons": results.arrow_table("churn_horizons", [row])}
    return replace(training, tables=tables, facts=training.facts | facts)


def _read_features(history: History, churn_dates: ChurnDates, day: dt.date) -> pa.Table:
    """Return the snapshot of a day with the attributes known then; dates are no features."""
    table = history.snapshot(day)
    dated = [field.name for field in table.schema if pa.types.is_date(field.type)]
    return join_attributes(table.drop_columns(dated), churn_dates.people, day)


def _estimate_worth(table: pa.Table, horizon_days: int) -> Doubles:
    """Return what a customer would bring in the horizon at the pace of the last year."""
    days = np.clip(doubles(table, "tenure_days") + 1.0, 30.0, 365.0)
    return np.maximum(doubles(table, "revenue_365d"), 0.0) / days * horizon_days


def _past_dates(history: History, horizon_days: int) -> list[dt.date]:
    """List the dates to learn from: with two horizons behind them where those are many enough.

    Soon after the first day nobody can have been silent for long, unlike today.
    """
    ripe = history.dates(horizon_days, STEP_DAYS, max(2 * horizon_days, 90))
    if len(ripe) >= MANY:
        return ripe
    return history.dates(horizon_days, STEP_DAYS, max(horizon_days, 90))


def _choose_horizon_days(history: History, settings: Churn, churn_dates: ChurnDates) -> int:
    """Take the configured horizon; else a quarter, or twice the typical gap where that is more.

    A short history shortens it until there are dates to learn from.
    """
    if settings.horizon_days is not None:
        return settings.horizon_days
    twice = (
        int(np.ceil(2.0 * churn_dates.gap_days / STEP_DAYS)) * STEP_DAYS
        if churn_dates.derived.any()
        else 0
    )
    longest = min(max(DEFAULT_HORIZON_DAYS, twice), LONGEST_HORIZON_DAYS)
    for horizon in range(longest, STEP_DAYS - 1, -STEP_DAYS):
        if len(_past_dates(history, horizon)) >= LEAST_DATES:
            return horizon
    return STEP_DAYS


def _check_both_classes(gone: Flags) -> None:
    """See that there are leavers and stayers enough to tell apart."""
    customers, left = len(gone), int(gone.sum())
    if customers < LEAST_CUSTOMERS or min(left, customers - left) < LEAST_LEAVERS:
        who = "nobody left" if not left else "everybody left" if left == customers else ""
        facts = who or f"{left} of {customers} customers left"
        raise InputError(
            f"{facts}, which is too little to learn who leaves",
            where="the column churned",
            do=f"give at least {LEAST_CUSTOMERS} customers, "
            f"{LEAST_LEAVERS} of whom left and {LEAST_LEAVERS} of whom stayed",
        )
