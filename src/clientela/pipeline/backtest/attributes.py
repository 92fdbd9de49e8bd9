"""Customers known by attributes alone: no day to stand on, so folds judge."""

import datetime as dt
from pathlib import Path
from typing import Any

from clientela.churn.fit.learning import ChurnTraining, learn_file
from clientela.config import Settings
from clientela.engine import Engine
from clientela.errors import InputError, MappingError
from clientela.mapping.source_columns import resolve
from clientela.pipeline.backtest.parts import part
from clientela.pipeline.backtest.request import Ask
from clientela.sources import reading as sources
from clientela.sources.staging import Sample
from clientela.tables.customers_file import read_customers_file


def alone(ask: Ask, settings: Settings) -> str | None:
    """Give the file where there is one only and it holds customers without purchases."""
    every = (*ask.sources, *ask.customers)
    if len(every) != 1:
        return None
    sample = sources.peek(every[0], settings.source, settings.privacy.drop_columns)
    try:
        resolve(sample.columns, sample.rows, settings.source, "transactions")
    except MappingError:
        return every[0] if _holds_customers(sample, settings) else None
    return None


def _holds_customers(sample: Sample, settings: Settings) -> bool:
    try:
        resolve(sample.columns, sample.rows, settings.source, "customers")
    except MappingError:
        return False
    return True


def by_folds(
    ask: Ask, file: str, settings: Settings, engine: Engine, scratch: Path, today: dt.date
) -> dict[str, Any]:
    """Learn who leaves and judge it by repeated stratified folds.

    Raises
    ------
    InputError
        The file has no churn column, nothing can be learnt from it, or days are asked for where
        there are none.
    """
    if ask.as_of or ask.horizon_days:
        raise InputError(
            "a file of customers alone has no days to go back to",
            where=file,
            do="leave out --as-of and --horizon-days, or give the transactions too",
        )
    read = read_customers_file(file, settings, engine, scratch, today)
    learnt = learn_file(read, settings.churn, today)
    if learnt.model is None:
        raise InputError(_why(learnt), where=file, do="give more customers, or other attributes")
    told = part(learnt.tables, {}, churn=learnt.facts | {"kind": "undated"})
    metrics = learnt.tables.get("model_metrics")
    return {
        "as_of": None,
        "customers": read.table.num_rows,
        "read": read.announcement,
        "judged": metrics.to_pylist() if metrics is not None else [],
        "tables": {name: table.to_pylist() for name, table in told.tables.items()},
        "btyd": None,
        **told.facts,
    }


def _why(learnt: ChurnTraining) -> str:
    """Give the note that says why nothing was learnt."""
    notes = learnt.tables["model_notes"].to_pylist()
    return next(str(row["text_en"]) for row in notes if row["code"] == learnt.facts["reason"])
