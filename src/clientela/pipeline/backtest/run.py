"""The whole backtest on one page: read, learn on the past, judge once on what followed."""

import datetime as dt
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from clientela.config import Settings
from clientela.engine import connect
from clientela.errors import InputError
from clientela.files.object_store import fetch_all
from clientela.pipeline.backtest.attributes import backtest_by_folds, find_customers_file
from clientela.pipeline.backtest.claims import list_claim_days, replay_claims
from clientela.pipeline.backtest.context import BacktestContext, BacktestRequest, open_context
from clientela.pipeline.backtest.parts import (
    backtest_churn,
    backtest_value,
    compare_with_truth,
    list_rows,
)
from clientela.pipeline.backtest.purchase_models import fit_purchase_models
from clientela.pipeline.reading import RunRequest, read_sources
from clientela.progress import Progress
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace


def backtest(
    request: BacktestRequest, settings: Settings, folder: Path | None, now: dt.datetime
) -> dict[str, Any]:
    """Learn as if a past day were today, and look once at what followed.

    Parameters
    ----------
    request : BacktestRequest
        The sources and the days.
    settings : Settings
        The configuration.
    folder : Path, optional
        The workspace; one that is gone afterwards if absent.
    now : datetime
        The moment of the command, aware.

    Returns
    -------
    dict
        What ``backtest --json`` prints.

    Raises
    ------
    InputError
        The sources or the days do not allow it.
    """
    if folder is not None:
        return _backtest_workspace(Workspace(folder), request, settings, now)
    with tempfile.TemporaryDirectory(prefix="clientela-") as folder_name:
        return _backtest_workspace(Workspace(Path(folder_name)), request, settings, now)


def _backtest_workspace(
    workspace: Workspace, request: BacktestRequest, settings: Settings, now: dt.datetime
) -> dict[str, Any]:
    progress = Progress("backtest")
    with workspace.lock(), workspace.scratch() as scratch:
        duck = msgspec.structs.replace(settings.engine, name="duckdb")
        engine = connect(duck, temp_folder=scratch)
        try:
            request = replace(
                request,
                sources=fetch_all(request.sources, scratch / "objects"),
                customers=fetch_all(request.customers, scratch / "objects"),
            )
            customers_file = find_customers_file(request, settings)
            if customers_file is not None and request.claims:
                raise InputError(
                    "customers without dates have no past days on which anything was claimed",
                    where=str(request.customers[0]),
                    do="give their transactions too, or leave out --claims",
                )
            if customers_file is not None:
                return backtest_by_folds(
                    request, customers_file, settings, engine, scratch, now.date()
                )
            reading = ReadJob(workspace, engine, settings, progress, scratch, now)
            state = read_sources(reading, RunRequest(request.sources, request.customers))
            context = open_context(request, settings, engine, workspace, state)
            if not request.claims:
                return _judge_parts(context, progress)
            days = list_claim_days(context.period)
            horizon = context.period.horizon_days
            past = (replace(request, as_of=day, horizon_days=horizon) for day in days)
            contexts = (open_context(day, settings, engine, workspace, state) for day in past)
            claims = []
            for past_context in contexts:
                with progress.stage(f"claims of {past_context.period.as_of}"):
                    claims += replay_claims(past_context)
            return {"days": days, "horizon_days": horizon, "claims": claims}
        finally:
            engine.close()


def _judge_parts(context: BacktestContext, progress: Progress) -> dict[str, Any]:
    with progress.stage("value"):
        learnt, value = backtest_value(context)
    with progress.stage("btyd"):
        btyd = fit_purchase_models(context)
    with progress.stage("churn"):
        churn = backtest_churn(context)
    truth = compare_with_truth(context, learnt.model, churn)
    tables, metrics = list_rows([value, *([churn.part] if churn else [])])
    period = context.period
    return {
        "as_of": period.as_of,
        "upto": period.upto,
        "horizon_days": period.horizon_days,
        "first_day": period.first_day,
        "last_day": period.last_day,
        "customers": context.customers,
        "currency": context.currency,
        "judged": metrics,
        "tables": tables,
        "btyd": btyd,
        "truth": truth,
        **value.facts,
        **(churn.part.facts if churn else {}),
        "seconds": progress.seconds,
    }
