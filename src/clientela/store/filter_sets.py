"""The sets of customers behind a filter's conditions on the past, experiments and reasons."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.filter_compile import select_past_run, select_set
from clientela.store.filters import EXPERIMENTS, Condition, Filter, list_sets, read_past
from clientela.store.queries import Query

if TYPE_CHECKING:  # which asks here whether it may
    from clientela.store.reader import Reader

Scalar = Callable[[Query], Any]
"""Asks a query of one value; the run is bound already."""


def read_set(reader: "Reader", condition: Condition, run_id: str) -> list[str]:
    """Return the customers of whom a condition of a set holds in a run.

    Raises
    ------
    InputError
        There is no such experiment, or no run of that time is kept.
    """
    check_sets(condition, lambda query: reader.ask_value(query, run_id), reader.dialect)
    return reader.ask_ids(select_set(condition, reader.dialect), run_id=run_id)


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
