"""Commands on experiments: design, assign, read."""

import datetime as dt
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from clientela.cli.options import CommandResult, Site, UserLangOption, on_results
from clientela.i18n import choose_language

if TYPE_CHECKING:
    from clientela.experiments.lifecycle import ExperimentSpec, ExperimentWorkspace

GroupOption = Annotated[
    str,
    typer.Option(
        "--group", help="Whom: insiders, candidates, at-risk, segment:ID, action:ID, audience:ID."
    ),
]
NameOption = Annotated[str, typer.Option("--name", help="What the experiment is called.")]
UpliftOption = Annotated[
    float, typer.Option(min=0.001, max=10.0, help="Uplift to be seen, as a share: 0.1 is 10 %.")
]
PowerOption = Annotated[
    float, typer.Option(min=0.5, max=0.999, help="Chance to see such an uplift.")
]
AlphaOption = Annotated[
    float, typer.Option(min=0.0001, max=0.5, help="Chance to see one that is not there.")
]
DaysOption = Annotated[int, typer.Option(min=1, max=730, help="Days that it lasts.")]
ControlOption = Annotated[
    float, typer.Option("--control-share", min=0.01, max=0.99, help="Share held out.")
]


OutcomeOption = Annotated[
    Literal["revenue", "winsorised", "orders", "repeat"],
    typer.Option(
        help="What decides: revenue, revenue up to a cap, days with an order, or whether any."
    ),
]


@on_results
def design(
    site: Site,
    group: GroupOption = "insiders",
    uplift: UpliftOption = 0.10,
    power: PowerOption = 0.80,
    alpha: AlphaOption = 0.05,
    days: DaysOption = 90,
    control_share: ControlOption = 0.50,
    outcome: OutcomeOption = "revenue",
    lang: UserLangOption = None,
) -> CommandResult:
    """Say what a group can show in each outcome, and how many customers an uplift needs."""
    from clientela.experiments.lifecycle import plan_experiment

    spec = _build_spec(group, days, uplift, power, alpha, control_share)
    spec = replace(spec, outcome=outcome)
    return _build_result(plan_experiment(_open_workspace(site), spec), lang)


@on_results
def assign(
    site: Site,
    name: NameOption,
    group: GroupOption = "insiders",
    uplift: UpliftOption = 0.10,
    power: PowerOption = 0.80,
    alpha: AlphaOption = 0.05,
    days: DaysOption = 90,
    control_share: ControlOption = 0.50,
    outcome: OutcomeOption = "revenue",
    waves: Annotated[
        int, typer.Option(min=1, max=52, help="Parts in which the group starts, one after another.")
    ] = 1,
    wave_days: Annotated[
        int, typer.Option(min=1, max=90, help="Days from the start of a wave to the next.")
    ] = 7,
    start: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], help="First day that counts; the day after today if absent."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the draw; the programme's if absent.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="CSV of both arms; experiment-NAME.csv.")
    ] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """Draw who is held out, store it and write the list of both arms."""
    from clientela.experiments.lifecycle import start_experiment

    folder = _open_workspace(site)
    spec = _build_spec(group, days, uplift, power, alpha, control_share)
    spec = replace(
        spec,
        start=start.date() if start else None,
        outcome=outcome,
        waves=waves,
        wave_days=wave_days,
    )
    seed = folder.settings.programme.seed if seed is None else seed
    target, now = out or Path(f"experiment-{name.replace(' ', '-')}.csv"), dt.datetime.now(dt.UTC)
    return _build_result(start_experiment(folder, spec, name, seed, target, now), lang)


@on_results
def read(
    site: Site,
    name: NameOption,
    lang: UserLangOption = None,
) -> CommandResult:
    """Compare the arms once the days are over: difference, interval, with and without CUPED."""
    from clientela.experiments.results import read_experiment

    folder = _open_workspace(site)
    facts = read_experiment(folder.url, name, folder.daily_revenue(), folder.currency)
    return _build_result(facts, lang)


def _open_workspace(site: Site) -> "ExperimentWorkspace":
    from clientela.experiments.lifecycle import ExperimentWorkspace
    from clientela.tables.workspace import Workspace

    return ExperimentWorkspace(site.settings, Workspace(site.folder), site.url)


def _build_spec(
    group: str, days: int, uplift: float, power: float, alpha: float, control_share: float
) -> "ExperimentSpec":
    from clientela.experiments.lifecycle import ExperimentSpec
    from clientela.statistics.power import ExperimentPlan

    return ExperimentSpec(group, ExperimentPlan(uplift, power, alpha, control_share), days)


def _build_result(facts: dict[str, Any], lang: str | None) -> CommandResult:
    language = choose_language(lang, os.environ)
    return facts, str(facts[f"sentence_{language.lower()}"])
