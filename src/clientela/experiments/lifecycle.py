"""Experiments from the published run and the tables: designed, drawn and read."""

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.errors import InputError
from clientela.experiments import sentences as words
from clientela.experiments.assign import CONTROL, TREATMENT, assign
from clientela.experiments.design import Design, design
from clientela.experiments.experiment_workspace import Lab
from clientela.experiments.group import group_of
from clientela.experiments.readout import LEAST_CUSTOMERS, Arms, readout
from clientela.experiments.revenue_spread import spread
from clientela.experiments.size import Plan
from clientela.features.daily_revenue import Takings
from clientela.files.atomic_write import aside
from clientela.files.csv_lines import MARK, csv_lines
from clientela.i18n import Lang, format_date, format_number, t
from clientela.statistics.arrays import Doubles
from clientela.store import experiments as store

NAME = re.compile(r"[\w][\w .-]{0,63}")


@dataclass(frozen=True)
class Wish:
    """What an experiment is wanted for.

    Parameters
    ----------
    group : str
        ``insiders``, ``candidates`` or ``segment:ID``.
    plan : Plan
        What it is to show.
    days : int
        How long it lasts.
    start : datetime.date, optional
        The first day that counts; the day after both the run and today if absent.
    """

    group: str
    plan: Plan
    days: int
    start: dt.date | None = None


def designed(lab: Lab, wish: Wish) -> dict[str, Any]:
    """Work out how many customers an experiment needs.

    Raises
    ------
    InputError
        There is no such group, or the tables hold fewer days than it is to last.
    """
    group = group_of(lab.url, wish.group)
    brought = lab.takings(group.run.as_of)
    known = (brought.as_of - brought.first_day).days + 1
    if wish.days > known:
        raise InputError(
            f"how revenue spreads over {wish.days} days cannot be told from the {known} days known",
            where="--days",
            do=f"plan for {known} days or fewer",
        )
    made = _design(brought, group.customers, wish)
    return {"group": wish.group, "as_of": group.run.as_of.isoformat(), **_told(made, lab)}


def assigned(
    lab: Lab, wish: Wish, name: str, seed: int, target: Path | None, now: dt.datetime
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
    group = group_of(lab.url, wish.group)
    start = _start(lab, wish, group.run.as_of, lab.today(now))
    brought = lab.takings(group.run.as_of)
    before = _revenue(brought, group.customers, brought.as_of, wish.days)
    arms = assign(group.customers, before, name, seed, wish.plan.control_share)
    counts = _counts(arms)
    if min(counts.values()) < LEAST_CUSTOMERS:
        raise InputError(
            "the group is too small to leave customers in both arms",
            where=wish.group,
            do="choose a larger group or another --control-share",
        )
    made = _design(brought, group.customers, wish)
    began = {"start": start.isoformat(), "group": wish.group, "seed": seed}
    kept = {**began, **counts, **made.facts()}
    as_of = group.run.as_of
    experiment = store.Experiment(name=name, created_at=now, as_of=as_of, design=kept)
    path = target or Path(f"experiment-{name.replace(' ', '-')}.csv")
    rows = zip(*(arms[name].to_pylist() for name in arms.column_names), strict=True)
    with aside(path) as place:
        # A wrong path is told before the draw is kept.
        place.write_bytes(MARK + csv_lines([arms.column_names, *rows]))
        store.save(lab.url, experiment, arms)
    return _assigned_facts(experiment, arms, path, _told(made, lab))


def read(lab: Lab, name: str) -> dict[str, Any]:
    """Compare the arms of an experiment whose days are over.

    Raises
    ------
    InputError
        There is no such experiment, its days are not over in the tables, or too few of its
        customers are left in them.
    """
    experiment, arms = store.load(lab.url, name)
    start, upto = _days(experiment)
    brought = lab.takings()
    if brought.as_of < upto:
        raise InputError(
            f"the experiment '{name}' is not over: its days are those from {start} to {upto}, and "
            f"the tables end on {brought.as_of}",
            do=f"read it once sales up to {upto} have been run",
        )
    known = arms.filter(pc.is_in(arms["customer_id"], value_set=brought.ids))
    told = Arms(
        treated=pc.equal(known["arm"], TREATMENT).to_numpy(),
        before=known["before"].fill_null(0.0).to_numpy(),
        revenue=_revenue(brought, known, upto, (upto - start).days + 1),
    )
    if not told.readable:
        raise InputError(
            f"too few customers of the experiment '{name}' are left in the tables",
            do="see whether --workspace and --store belong together",
        )
    found = readout(
        told,
        (start - dt.timedelta(days=1), upto),
        float(experiment.design["alpha"]),
        len(arms) - len(known),
    )
    return {
        "name": name,
        "group": experiment.design["group"],
        **found.facts(),
        "sentence_en": words.readout_text(found, "en", lab.currency),
        "sentence_pt_br": words.readout_text(found, "pt_BR", lab.currency),
    }


def _start(lab: Lab, wish: Wish, as_of: dt.date, today: dt.date) -> dt.date:
    """Give the first day that counts: one on which nothing has happened yet."""
    start = wish.start or max(as_of, today) + dt.timedelta(days=1)
    last = lab.last_day
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
    """Give the first and the last day that count; those without a start began after the run."""
    design, after = experiment.design, experiment.as_of + dt.timedelta(days=1)
    start = dt.date.fromisoformat(design["start"]) if "start" in design else after
    return start, start + dt.timedelta(days=int(design["days"]) - 1)


def _design(brought: Takings, customers: pa.Table, wish: Wish) -> Design:
    """Design from the group's last days, with those before them as its past."""
    end = brought.as_of
    revenue = _revenue(brought, customers, end, wish.days)
    before = _revenue(brought, customers, end - dt.timedelta(days=wish.days), wish.days)
    return design(spread(revenue, before), wish.plan, wish.days)


def _revenue(brought: Takings, customers: pa.Table, upto: dt.date, days: int) -> Doubles:
    """Give what each customer brought in so many days up to one; nothing where unknown."""
    everyone = brought.between(upto - dt.timedelta(days=days), upto)
    place = pc.index_in(customers["customer_id"], value_set=brought.ids)
    known = place.is_valid().to_numpy()
    return np.where(known, everyone[place.fill_null(0).to_numpy()], 0.0)


def _counts(arms: pa.Table) -> dict[str, int]:
    drawn = arms["arm"].to_pylist()
    return {f"{arm}_customers": drawn.count(arm) for arm in (TREATMENT, CONTROL)}


def _told(made: Design, lab: Lab) -> dict[str, Any]:
    return {
        **made.facts(),
        "sentence_en": words.design_text(made, "en", lab.currency),
        "sentence_pt_br": words.design_text(made, "pt_BR", lab.currency),
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
