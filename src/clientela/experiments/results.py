"""Read-outs of experiments whose days are over, on demand and in every run."""

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Experiments
from clientela.errors import InputError
from clientela.experiments import sentences
from clientela.experiments.assignment import TREATMENT
from clientela.experiments.design import OUTCOMES, OutcomeName
from clientela.experiments.global_control import NAME, build_quarter
from clientela.experiments.outcomes import measure_outcomes
from clientela.experiments.readout import LEAST_CUSTOMERS, Readout, compare_arms
from clientela.features.daily_revenue import DailyRevenue
from clientela.i18n import LANGS, format_date, t
from clientela.statistics.arrays import Doubles
from clientela.store import experiments as store
from clientela.store.arrow_schemas import arrow_table


def read_experiment(
    url: str, name: str, daily_revenue: DailyRevenue, currency: str | None
) -> dict[str, Any]:
    """Compare the arms of an experiment whose days are over, in every outcome.

    Returns
    -------
    dict
        The outcome that decides with its sentences; the others as ``others``.

    Raises
    ------
    InputError
        There is no such experiment, its days are not over in the tables, or too few of its
        customers are left in them.
    """
    experiment, arms = store.load(url, name)
    start, upto = find_days(experiment)
    if daily_revenue.as_of < upto:
        raise InputError(
            f"the experiment '{name}' is not over: its days are those from {start} to {upto}, and "
            f"the tables end on {daily_revenue.as_of}",
            do=f"read it once sales up to {upto} have been run",
        )
    readouts = compare_outcomes(experiment, arms, daily_revenue)
    if not readouts:
        raise InputError(
            f"too few customers of the experiment '{name}' are left in the tables",
            do="see whether --workspace and --store belong together",
        )
    primary, *others = [_state(readout, currency) for readout in readouts]
    return {
        "name": name,
        "group": experiment.design["group"],
        **primary,
        "others": others,
        **{
            key: " ".join(facts[key] for facts in (primary, *others))
            for key in ("sentence_en", "sentence_pt_br")
        },
    }


def read_due(
    url: str, daily_revenue: DailyRevenue, settings: Experiments, currency: str | None
) -> pa.Table:
    """Read every experiment whose days are over, and list those that go on.

    Returns
    -------
    pa.Table
        ``experiment_readouts``; one row a due experiment and outcome.
    """
    rows: list[dict[str, Any]] = []
    for name in store.names(url):
        experiment, arms = store.load(url, name)
        if name == NAME:
            experiment, arms = build_quarter(experiment, daily_revenue, settings)
        rows += _tabulate(experiment, arms, daily_revenue, currency)
    return arrow_table("experiment_readouts", rows)


def find_days(experiment: store.Experiment) -> tuple[dt.date, dt.date]:
    """Return the first and the last day that count; those without a start began after the run."""
    design, after = experiment.design, experiment.as_of + dt.timedelta(days=1)
    start = dt.date.fromisoformat(design["start"]) if "start" in design else after
    last = start + dt.timedelta(days=int(design["days"]) - 1)
    return start, dt.date.fromisoformat(design["end"]) if "end" in design else last


def compare_outcomes(
    experiment: store.Experiment, arms: pa.Table, daily_revenue: DailyRevenue
) -> list[Readout]:
    """Compare the arms in every outcome, the one that decides first.

    Each customer counts in the days of the own wave. Nothing, where too few of them are left.
    """
    observed = arms.filter(pc.is_in(arms["customer_id"], value_set=daily_revenue.ids))
    start, upto = find_days(experiment)
    values, before = _measure_waves(experiment, observed, daily_revenue)
    expected = observed["expected"].fill_null(0.0).to_numpy()
    before["revenue"] = observed["before"].fill_null(0.0).to_numpy()
    treated = pc.equal(observed["arm"], TREATMENT).to_numpy()
    if min(int(treated.sum()), int((~treated).sum())) < LEAST_CUSTOMERS:
        return []
    primary = experiment.design.get("outcome", "revenue")
    return [
        compare_arms(
            treated,
            np.column_stack([before[name], expected]),
            values[name],
            outcome=name,
            days=(start - dt.timedelta(days=1), upto),
            alpha=float(experiment.design["alpha"]),
            missing=len(arms) - len(observed),
        )
        for name in sorted(OUTCOMES, key=lambda name: name != primary)
    ]


def _measure_waves(
    experiment: store.Experiment, arms: pa.Table, daily_revenue: DailyRevenue
) -> tuple[dict[OutcomeName, Doubles], dict[OutcomeName, Doubles]]:
    """Return the outcomes in the days of each customer's wave, and before the draw."""
    days, cap = int(experiment.design["days"]), float(experiment.design.get("cap") or math.inf)
    ids, first = arms["customer_id"], find_days(experiment)[0]
    before = measure_outcomes(daily_revenue, ids, experiment.as_of, days, cap)
    starts = arms["starts_on"].fill_null(first).to_pylist()
    values = {name: np.zeros(len(ids)) for name in OUTCOMES}
    for start in sorted(set(starts)):
        wave = np.array([day == start for day in starts], dtype=np.bool_)
        upto = start + dt.timedelta(days=days - 1)
        measured = measure_outcomes(daily_revenue, ids.filter(pa.array(wave)), upto, days, cap)
        for name in OUTCOMES:
            values[name][wave] = measured[name]
    return values, before


def _state(readout: Readout, currency: str | None) -> dict[str, Any]:
    texts = {
        f"sentence_{lang.lower()}": sentences.describe_readout(readout, lang, currency)
        for lang in LANGS
    }
    return {**readout.facts(), **texts}


def _tabulate(
    experiment: store.Experiment, arms: pa.Table, daily_revenue: DailyRevenue, currency: str | None
) -> Iterator[dict[str, Any]]:
    start, upto = find_days(experiment)
    design = experiment.design
    row = {
        "name": experiment.name,
        "customer_group": design["group"],
        "starts_on": start,
        "ends_on": upto,
        "state": "running",
        "deciding": True,
        "outcome": design.get("outcome", "revenue"),
        "detectable": design.get("detectable_cuped"),
    }
    readouts = compare_outcomes(experiment, arms, daily_revenue)
    if daily_revenue.as_of < upto or not readouts:
        due = {
            f"sentence_{lang.lower()}": t("experiment.due", lang, upto=format_date(upto, lang))
            for lang in LANGS
        }
        yield row | due
        return
    smallest = {
        observed["outcome"]: observed["detectable_cuped"] for observed in design.get("outcomes", ())
    }
    for place, readout in enumerate(readouts):
        effect = readout.cuped
        stated = _state(readout, currency)
        yield row | {
            "state": "over",
            "deciding": place == 0,
            "outcome": readout.outcome,
            "treated": readout.treated,
            "control": readout.control,
            "treated_mean": readout.treated_mean,
            "control_mean": readout.control_mean,
            "difference": effect.difference,
            "low": effect.low,
            "high": effect.high,
            "uplift": effect.share,
            "uplift_low": effect.share_low,
            "uplift_high": effect.share_high,
            "detectable": smallest.get(readout.outcome),
            "p_value": effect.p_value,
            "sentence_en": stated["sentence_en"],
            "sentence_pt_br": stated["sentence_pt_br"],
        }
