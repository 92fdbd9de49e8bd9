"""Plan and start experiments on groups of the published run."""

import datetime as dt
import math
import re
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Settings
from clientela.engine import connect
from clientela.errors import InputError
from clientela.experiments import sentences
from clientela.experiments.assignment import (
    CONTROL,
    TREATMENT,
    ExperimentGroup,
    assign_arms,
    load_group,
)
from clientela.experiments.design import (
    CAPPED_QUANTILE,
    OUTCOMES,
    ExperimentDesign,
    OutcomeName,
    OutcomeSpread,
    convert_share,
    design_outcome,
    measure_spread,
)
from clientela.experiments.global_control import draw_held_out
from clientela.experiments.outcomes import measure_outcomes
from clientela.experiments.readout import LEAST_CUSTOMERS
from clientela.experiments.results import find_days
from clientela.features.daily_revenue import DailyRevenue, read_daily_revenue
from clientela.features.history import History
from clientela.files.atomic_write import aside
from clientela.files.csv_lines import MARK, csv_lines
from clientela.i18n import Lang, format_date, format_number, t
from clientela.statistics.power import ExperimentPlan
from clientela.store import experiments as store
from clientela.store.erasures import read_people
from clientela.tables import summary
from clientela.tables.workspace import Workspace

NAME = re.compile(r"[\w][\w .-]{0,63}")


@dataclass(frozen=True)
class ExperimentSpec:
    """What an experiment is to show, on whom, and when.

    Parameters
    ----------
    group : str
        ``insiders``, ``candidates``, ``at-risk``, ``segment:ID`` or ``action:ID``.
    plan : ExperimentPlan
        What it is to show.
    days : int
        How long it lasts.
    start : datetime.date, optional
        The first day that counts; the day after both the run and today if absent.
    outcome : str
        The outcome that decides.
    waves, wave_days : int
        In how many parts the group starts, and days from one to the next.
    """

    group: str
    plan: ExperimentPlan
    days: int
    start: dt.date | None = None
    outcome: OutcomeName = "revenue"
    waves: int = 1
    wave_days: int = 0


@dataclass(frozen=True)
class ExperimentWorkspace:
    """The configuration, tables and results that experiments work with.

    Parameters
    ----------
    settings : Settings
        The configuration.
    workspace : Workspace
        The tables that hold revenue by day.
    url : str
        The results database, which knows the groups and keeps the experiments.
    """

    settings: Settings
    workspace: Workspace
    url: str

    @property
    def currency(self) -> str | None:
        """The currency of the tables."""
        return self.workspace.manifest().currency

    @property
    def last_day(self) -> dt.date:
        """The last day that the tables hold."""
        engine = connect(self.settings.engine)
        try:
            return summary.totals(engine, self.workspace.tables(engine)).last_day or dt.date.min
        finally:
            engine.close()

    def today(self, now: dt.datetime) -> dt.date:
        """Return the firm's own date at a moment."""
        return now.astimezone(ZoneInfo(self.workspace.manifest().timezone or "UTC")).date()

    def load_group(self, name: str) -> ExperimentGroup:
        """Return a group without those whom no campaign addresses."""
        group = load_group(self.url, name)
        outside = ~draw_held_out(group.customers["customer_id"], self.settings.experiments)
        return replace(group, customers=group.customers.filter(pa.array(outside)))

    def daily_revenue(self, as_of: dt.date | None = None) -> DailyRevenue:
        """Return revenue by customer and day, up to a day or the last one known."""
        engine = connect(self.settings.engine)
        try:
            totals = summary.totals(engine, self.workspace.tables(engine))
            first, last = totals.first_day or dt.date.min, totals.last_day or dt.date.min
            past = History(
                engine,
                lambda group: self.workspace.tables(engine, group),
                self.workspace.groups(engine.rows_at_once),
                first,
                as_of or last,
            )
            return read_daily_revenue(past)
        finally:
            engine.close()


def plan_experiment(workspace: ExperimentWorkspace, spec: ExperimentSpec) -> dict[str, Any]:
    """Work out how many customers an experiment needs.

    Raises
    ------
    InputError
        There is no such group, or the tables hold fewer days than it is to last.
    """
    group = workspace.load_group(spec.group)
    daily_revenue = workspace.daily_revenue(group.run.as_of)
    days = (daily_revenue.as_of - daily_revenue.first_day).days + 1
    if spec.days > days:
        raise InputError(
            f"{spec.days} days cannot be planned for from {days} days of data",
            where="--days",
            do=f"plan for {days} days or fewer",
        )
    design = _design(daily_revenue, group, spec)
    return {
        "group": spec.group,
        "as_of": group.run.as_of.isoformat(),
        **_state_design(design, workspace),
    }


def start_experiment(
    workspace: ExperimentWorkspace,
    spec: ExperimentSpec,
    name: str,
    seed: int,
    target: Path | None,
    now: dt.datetime,
) -> dict[str, Any]:
    """Draw and store who is held out, and write the list of both arms where a file is named.

    Raises
    ------
    InputError
        The name is taken or no name, there is no such group, it is too small for two arms, or
        some of the days are known already.
    """
    if not NAME.fullmatch(name):
        raise InputError(
            f"'{name}' cannot name an experiment",
            where="--name",
            do="use up to 64 letters, digits, spaces, dots and hyphens",
        )
    people = read_people(workspace.url)
    group = workspace.load_group(spec.group)
    start = _start(workspace, spec, group.run.as_of, workspace.today(now))
    daily_revenue = workspace.daily_revenue(group.run.as_of)
    ids, upto = group.customers["customer_id"], daily_revenue.as_of
    before = measure_outcomes(daily_revenue, ids, upto, spec.days, math.inf)["revenue"]
    starts = [start + dt.timedelta(days=number * spec.wave_days) for number in range(spec.waves)]
    arms = assign_arms(group.customers, before, name, seed, spec.plan.control_share, starts)
    counts = _counts(arms)
    if min(counts.values()) < LEAST_CUSTOMERS * spec.waves:
        raise InputError(
            "the group is too small to leave customers in both arms",
            where=spec.group,
            do="choose a larger group, fewer waves or another --control-share",
        )
    design = _design(daily_revenue, group, spec)
    draw = {
        "start": start.isoformat(),
        "end": (starts[-1] + dt.timedelta(days=spec.days - 1)).isoformat(),
        "group": spec.group,
        "seed": seed,
        "waves": spec.waves,
    }
    stored_design = {**draw, **counts, **design.facts()}
    as_of = group.run.as_of
    experiment = store.Experiment(name=name, created_at=now, as_of=as_of, design=stored_design)
    rows = zip(*(arms[name].to_pylist() for name in arms.column_names), strict=True)
    # A wrong path is told before the draw is kept.
    with aside(target) if target else nullcontext() as positions:
        if positions is not None:
            positions.write_bytes(MARK + csv_lines([arms.column_names, *rows]))
        store.save(workspace.url, experiment, arms, people)
    return _assigned_facts(experiment, arms, target, _state_design(design, workspace))


def _start(
    workspace: ExperimentWorkspace, spec: ExperimentSpec, as_of: dt.date, today: dt.date
) -> dt.date:
    """Return the first day that counts: one on which nothing has happened yet."""
    start = spec.start or max(as_of, today) + dt.timedelta(days=1)
    last = workspace.last_day
    if start <= last:
        raise InputError(
            f"an experiment cannot start on {start}: the tables hold days up to {last} already",
            where="--start",
            do=f"start it after {max(last, today)}",
        )
    if start < today:
        raise InputError(
            f"an experiment cannot start on {start}: today is {today}, and nobody was treated then",
            where="--start",
            do="start it tomorrow or later",
        )
    return start


def _design(
    daily_revenue: DailyRevenue, group: ExperimentGroup, spec: ExperimentSpec
) -> ExperimentDesign:
    """Design from the group's last days, with those before them as its past."""
    ids, end, days = group.customers["customer_id"], daily_revenue.as_of, spec.days
    revenue = measure_outcomes(daily_revenue, ids, end, days, math.inf)["revenue"]
    spending = revenue[revenue > 0]
    cap = float(np.quantile(spending, CAPPED_QUANTILE)) if spending.size else 0.0
    late = measure_outcomes(daily_revenue, ids, end, days, cap)
    early = measure_outcomes(daily_revenue, ids, end - dt.timedelta(days=days), days, cap)
    spreads = {name: measure_spread(late[name], early[name]) for name in OUTCOMES}
    share = group.buyers_share
    if share is not None:
        share = convert_share(share, group.share_days, days)
        spreads["repeat"] = OutcomeSpread(len(ids), share, math.sqrt(share * (1 - share)), 0.0)
    designs = {name: design_outcome(name, spreads[name], spec.plan) for name in OUTCOMES}
    return ExperimentDesign(days, spec.plan, spec.outcome, cap, designs)


def _counts(arms: pa.Table) -> dict[str, int]:
    drawn = arms["arm"].to_pylist()
    return {f"{arm}_customers": drawn.count(arm) for arm in (TREATMENT, CONTROL)}


def _state_design(design: ExperimentDesign, workspace: ExperimentWorkspace) -> dict[str, Any]:
    return {
        **design.facts(),
        "sentence_en": sentences.describe_design(design, "en", workspace.currency),
        "sentence_pt_br": sentences.describe_design(design, "pt_BR", workspace.currency),
    }


def _assigned_facts(
    experiment: store.Experiment, arms: pa.Table, path: Path | None, planned: dict[str, Any]
) -> dict[str, Any]:
    start, upto = find_days(experiment)
    counts = _counts(arms)

    def sentence(lang: Lang) -> str:
        return t(
            "experiment.assigned",
            lang,
            control=format_number(counts[f"{CONTROL}_customers"], lang),
            customers=format_number(len(arms), lang),
            strata=format_number(len(pc.unique(arms["stratum"])), lang),
            start=format_date(start, lang),
            upto=format_date(upto, lang),
            file=path or experiment.name,
        )

    return {
        "name": experiment.name,
        "experiment_id": experiment.experiment_id,
        "as_of": experiment.as_of.isoformat(),
        "starts_on": start.isoformat(),
        "ends_on": upto.isoformat(),
        **counts,
        "written": str(path) if path else None,
        "sentence_en": f"{planned['sentence_en']} {sentence('en')}",
        "sentence_pt_br": f"{planned['sentence_pt_br']} {sentence('pt_BR')}",
    }
