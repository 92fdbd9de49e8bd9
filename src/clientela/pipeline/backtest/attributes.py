"""Customers known by attributes alone: no day to stand on, so folds judge."""

import datetime as dt
from pathlib import Path
from typing import Any

from clientela.churn.fit.learning import ChurnTraining, learn_file
from clientela.config import Settings
from clientela.engine import Engine
from clientela.errors import InputError, MappingError
from clientela.mapping.source_columns import resolve
from clientela.pipeline.backtest.context import BacktestRequest
from clientela.pipeline.backtest.parts import combine_tables
from clientela.sources import reading as sources
from clientela.sources.staging import Sample
from clientela.tables.customers_file import read_customers_file


def find_customers_file(request: BacktestRequest, settings: Settings) -> str | None:
    """Return the file where there is one only and it holds customers without purchases."""
    files = (*request.sources, *request.customers)
    if len(files) != 1:
        return None
    sample = sources.peek(files[0], settings.source, settings.privacy.drop_columns)
    try:
        resolve(sample.columns, sample.rows, settings.source, "transactions")
    except MappingError:
        return files[0] if _holds_customers(sample, settings) else None
    return None


def _holds_customers(sample: Sample, settings: Settings) -> bool:
    try:
        resolve(sample.columns, sample.rows, settings.source, "customers")
    except MappingError:
        return False
    return True


def backtest_by_folds(
    request: BacktestRequest,
    file: str,
    settings: Settings,
    engine: Engine,
    scratch: Path,
    today: dt.date,
) -> dict[str, Any]:
    """Learn who leaves and judge it by repeated stratified folds.

    Raises
    ------
    InputError
        The file has no churn column, nothing can be learnt from it, or days are asked for where
        there are none.
    """
    if request.as_of or request.horizon_days:
        raise InputError(
            "a file of customers alone has no days to go back to",
            where=file,
            do="leave out --as-of and --horizon-days, or give the transactions too",
        )
    customers_file = read_customers_file(file, settings, engine, scratch, today)
    fit = learn_file(customers_file, settings.churn, today)
    if fit.model is None:
        raise InputError(_why(fit), where=file, do="give more customers, or other attributes")
    parts = combine_tables(fit.tables, {}, churn=fit.facts | {"kind": "undated"})
    metrics = fit.tables.get("model_metrics")
    return {
        "as_of": None,
        "customers": customers_file.table.num_rows,
        "read": customers_file.announcement,
        "judged": metrics.to_pylist() if metrics is not None else [],
        "tables": {name: table.to_pylist() for name, table in parts.tables.items()},
        "btyd": None,
        **parts.facts,
    }


def _why(fit: ChurnTraining) -> str:
    """Return the note that says why nothing was learnt."""
    notes = fit.tables["model_notes"].to_pylist()
    return next(str(row["text_en"]) for row in notes if row["code"] == fit.facts["reason"])
