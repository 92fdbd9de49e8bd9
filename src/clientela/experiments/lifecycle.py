"""Plan, start and read experiments on groups of the published run."""

import datetime as dt
import re
from dataclasses import dataclass
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
from clientela.experiments.assignment import CONTROL, TREATMENT, assign_arms, load_group
from clientela.experiments.design import (
    ExperimentDesign,
    ExperimentPlan,
    design_experiment,
    measure_spread,
)
from clientela.experiments.readout import LEAST_CUSTOMERS, ArmOutcomes, compare_arms
from clientela.features.daily_revenue import DailyRevenue, read_daily_revenue
from clientela.features.history import History
from clientela.files.atomic_write import aside
from clientela.files.csv_lines import MARK, csv_lines
from clientela.i18n import Lang, format_date, format_number, t
from clientela.statistics.arrays import Doubles
from clientela.store import experiments as store
from clientela.tables import summary
from clientela.tables.workspace import Workspace

NAME = re.compile(r"[\w][\w .-]{0,63}")


@dataclass(frozen=True)
class ExperimentSpec:
    """What an experiment is to show, on whom, and when.

    Parameters
    ----------
    group : str
        ``insiders``, ``candidates`` or ``segment:ID``.
    plan : ExperimentPlan
        What it is to show.
    days : int
        How long it lasts.
    start : datetime.date, optional
        The first day that counts; the day after both the run and today if absent.
    """

    group: str
    plan: ExperimentPlan
    days: int
    start: dt.date | None = None


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

    def daily_revenue(self, as_of: dt.date | None = None) -> DailyRevenue:
        """Return revenue by customer and day, up to a day or the last one known."""
        engine = connect(self.settings.engine)
        try:
            totals = summary.totals(engine, self.workspace.tables(engine))
            first, last = totals.first_day or dt.date.min, totals.last_day or dt.date.min
            past = History(
                engine,
                lambda group: self.workspace.tables(engine, group),
                self.workspace.groups(),
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
    group = load_group(workspace.url, spec.group)
    daily_revenue = workspace.daily_revenue(group.run.as_of)
    days = (daily_revenue.as_of - daily_revenue.first_day).days + 1
    if spec.days > days:
        raise InputError(
            f"{spec.days} days cannot be planned for from {days} days of data",
            where="--days",
            do=f"plan for {days} days or fewer",
        )
    design = _design(daily_revenue, group.customers, spec)
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
    """Draw and store who is held out, and write the list of both arms.

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
    group = load_group(workspace.url, spec.group)
    start = _start(workspace, spec, group.run.as_of, workspace.today(now))
    daily_revenue = workspace.daily_revenue(group.run.as_of)
    before = _revenue(daily_revenue, group.customers, daily_revenue.as_of, spec.days)
    arms = assign_arms(group.customers, before, name, seed, spec.plan.control_share)
    counts = _counts(arms)
    if min(counts.values()) < LEAST_CUSTOMERS:
        raise InputError(
            "the group is too small to leave customers in both arms",
            where=spec.group,
            do="choose a larger group or another --control-share",
        )
    design = _design(daily_revenue, group.customers, spec)
    draw = {"start": start.isoformat(), "group": spec.group, "seed": seed}
    stored_design = {**draw, **counts, **design.facts()}
    as_of = group.run.as_of
    experiment = store.Experiment(name=name, created_at=now, as_of=as_of, design=stored_design)
    path = target or Path(f"experiment-{name.replace(' ', '-')}.csv")
    rows = zip(*(arms[name].to_pylist() for name in arms.column_names), strict=True)
    with aside(path) as positions:
        # A wrong path is told before the draw is kept.
        positions.write_bytes(MARK + csv_lines([arms.column_names, *rows]))
        store.save(workspace.url, experiment, arms)
    return _assigned_facts(experiment, arms, path, _state_design(design, workspace))


def read_experiment(workspace: ExperimentWorkspace, name: str) -> dict[str, Any]:
    """Compare the arms of an experiment whose days are over.

    Raises
    ------
    InputError
        There is no such experiment, its days are not over in the tables, or too few of its
        customers are left in them.
    """
    experiment, arms = store.load(workspace.url, name)
    start, upto = _days(experiment)
    daily_revenue = workspace.daily_revenue()
    if daily_revenue.as_of < upto:
        raise InputError(
            f"the experiment '{name}' is not over: its days are those from {start} to {upto}, and "
            f"the tables end on {daily_revenue.as_of}",
            do=f"read it once sales up to {upto} have been run",
        )
    arms_on_file = arms.filter(pc.is_in(arms["customer_id"], value_set=daily_revenue.ids))
    outcomes = ArmOutcomes(
        treated=pc.equal(arms_on_file["arm"], TREATMENT).to_numpy(),
        before=arms_on_file["before"].fill_null(0.0).to_numpy(),
        revenue=_revenue(daily_revenue, arms_on_file, upto, (upto - start).days + 1),
    )
    if not outcomes.readable:
        raise InputError(
            f"too few customers of the experiment '{name}' are left in the tables",
            do="see whether --workspace and --store belong together",
        )
    readout = compare_arms(
        outcomes,
        (start - dt.timedelta(days=1), upto),
        float(experiment.design["alpha"]),
        len(arms) - len(arms_on_file),
    )
    return {
        "name": name,
        "group": experiment.design["group"],
        **readout.facts(),
        "sentence_en": sentences.describe_readout(readout, "en", workspace.currency),
        "sentence_pt_br": sentences.describe_readout(readout, "pt_BR", workspace.currency),
    }


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


def _days(experiment: store.Experiment) -> tuple[dt.date, dt.date]:
    """Return the first and the last day that count; those without a start began after the run."""
    design, after = experiment.design, experiment.as_of + dt.timedelta(days=1)
    start = dt.date.fromisoformat(design["start"]) if "start" in design else after
    return start, start + dt.timedelta(days=int(design["days"]) - 1)


def _design(
    daily_revenue: DailyRevenue, customers: pa.Table, spec: ExperimentSpec
) -> ExperimentDesign:
    """Design from the group's last days, with those before them as its past."""
    end = daily_revenue.as_of
    revenue = _revenue(daily_revenue, customers, end, spec.days)
    before = _revenue(daily_revenue, customers, end - dt.timedelta(days=spec.days), spec.days)
    return design_experiment(measure_spread(revenue, before), spec.plan, spec.days)


def _revenue(daily_revenue: DailyRevenue, customers: pa.Table, upto: dt.date, days: int) -> Doubles:
    """Return each customer's revenue in the days up to a day; 0 where unknown."""
    revenue = daily_revenue.between(upto - dt.timedelta(days=days), upto)
    positions = pc.index_in(customers["customer_id"], value_set=daily_revenue.ids)
    has_sales = positions.is_valid().to_numpy()
    return np.where(has_sales, revenue[positions.fill_null(0).to_numpy()], 0.0)


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
    experiment: store.Experiment, arms: pa.Table, path: Path, planned: dict[str, Any]
) -> dict[str, Any]:
    start, upto = _days(experiment)
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
            file=path,
        )

    return {
        "name": experiment.name,
        "experiment_id": experiment.experiment_id,
        "as_of": experiment.as_of.isoformat(),
        "starts_on": start.isoformat(),
        "ends_on": upto.isoformat(),
        **counts,
        "written": str(path),
        "sentence_en": f"{planned['sentence_en']} {sentence('en')}",
        "sentence_pt_br": f"{planned['sentence_pt_br']} {sentence('pt_BR')}",
    }
