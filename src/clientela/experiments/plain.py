"""Experiments asked for in plain values, of which a process of its own is told; light to import."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clientela.config import Settings

if TYPE_CHECKING:
    from clientela.experiments.lifecycle import ExperimentSpec, ExperimentWorkspace

Place = tuple[str, Path, Settings]
"""Results database, workspace and settings."""
Wish = tuple[str, int, float, float]
"""Group, days, uplift to be seen, share held out."""


def plan(place: Place, wish: Wish) -> dict[str, Any]:
    """Work out what a group can show, before anybody is drawn."""
    from clientela.experiments.lifecycle import plan_experiment

    return plan_experiment(_open(place), _build_spec(wish))


def start(place: Place, wish: Wish, name: str) -> dict[str, Any]:
    """Draw the arms and store them, with the programme's seed and no file."""
    from clientela.experiments.lifecycle import start_experiment

    now, seed = dt.datetime.now(dt.UTC), place[2].programme.seed
    return start_experiment(_open(place), _build_spec(wish), name, seed, None, now)


def _open(place: Place) -> "ExperimentWorkspace":
    from clientela.experiments.lifecycle import ExperimentWorkspace
    from clientela.tables.workspace import Workspace

    url, folder, settings = place
    return ExperimentWorkspace(settings, Workspace(folder), url)


def _build_spec(wish: Wish) -> "ExperimentSpec":
    from clientela.experiments.lifecycle import ExperimentSpec
    from clientela.statistics.power import ExperimentPlan

    group, days, uplift, share = wish
    return ExperimentSpec(group, ExperimentPlan(uplift=uplift, control_share=share), days)
