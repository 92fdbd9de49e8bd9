"""Whether the experiments and pasts that a filter asks for are there."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.filter_compile import select_past_run
from clientela.store.filters import EXPERIMENTS, Filter, list_sets, read_past
from clientela.store.queries import Query

Scalar = Callable[[Query], Any]
"""Asks a query of one value; the run is bound already."""


def check_sets(tree: Filter, ask: Scalar, dialect: str) -> None:
    """Raise unless each experiment of a filter is there, and a run of each past is kept.

    Raises
    ------
    InputError
        One is not.
    """
    for condition in list_sets(tree):
        past = read_past(condition.column)
        if past is not None and ask(select_past_run(past[0], dialect)) is None:
            raise InputError(
                f"no run of that time is kept: {past[0]}",
                where="filter",
                do="ask for another time, or wait until there was a run then",
            )
        if condition.column.startswith(EXPERIMENTS):
            _check_experiment(condition.column.removeprefix(EXPERIMENTS), ask)


def _check_experiment(name: str, ask: Scalar) -> None:
    experiments = schema.experiments
    stored = ask(select(experiments.c.name).where(experiments.c.name == name))
    if stored is None:
        raise InputError(
            f"there is no experiment '{name}'", where="filter", do="see them in GET /v1/experiments"
        )
