"""The command that shows what the models would have been worth."""

import datetime as dt
from pathlib import Path
from typing import Annotated

import typer

from clientela.cli.options import ConfigOption, JsonOption, Outcome, settings_of
from clientela.errors import InputError


def backtest(
    files: Annotated[
        list[str] | None, typer.Argument(help="Transactions (and customers): files or URLs.")
    ] = None,
    customers: Annotated[
        list[str] | None, typer.Option("--customers", help="File of customers.")
    ] = None,
    as_of: Annotated[
        dt.datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Last day that may be learnt from; the last day less the horizon if absent.",
        ),
    ] = None,
    horizon_days: Annotated[
        int | None,
        typer.Option(min=7, max=1_825, help="Days judged; value.horizon_days if absent."),
    ] = None,
    truth: Annotated[
        Path | None, typer.Option("--truth", help="The simulator's truth (Parquet), to compare.")
    ] = None,
    simulations: Annotated[
        int,
        typer.Option(min=0, help="Simulate each fitted model so often, fit again, compare."),
    ] = 0,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", "-w", help="Folder of tables; one for the moment if absent."),
    ] = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """Learn as if a past day were today, and judge once by what followed: value and churn."""
    from clientela.pipeline.backtest.request import Ask
    from clientela.pipeline.backtest.run import backtest as whole_backtest
    from clientela.report.terminal.backtest.text import format_backtest

    if not files and not customers and workspace is None:
        raise InputError(
            "there is nothing to test",
            do="give a file, or the workspace of earlier runs: clientela backtest -w DIR",
        )
    ask = Ask(
        sources=tuple(files or ()),
        customers=tuple(customers or ()),
        as_of=as_of.date() if as_of else None,
        horizon_days=horizon_days,
        truth=truth,
        simulations=simulations,
    )
    settings = settings_of(config, workspace or Path())
    facts = whole_backtest(ask, settings, workspace, dt.datetime.now(dt.UTC))
    return Outcome(facts, format_backtest(facts))
