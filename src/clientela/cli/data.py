"""Commands that make, read and test data: init, simulate, run, backtest."""

import datetime as dt
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from clientela.cli.failure import translate_error
from clientela.cli.lean_imports import load_arrow
from clientela.cli.options import (
    AsOfOption,
    CommandResult,
    ConfigOption,
    CustomersOption,
    FilesArgument,
    JsonOption,
    OutFolderOption,
    SeedOption,
    Site,
    UserLangOption,
    load_settings,
    look_for_damage,
    on_results,
    translate_text,
)
from clientela.cli.subscriptions import find_dashboard
from clientela.errors import InputError
from clientela.i18n import Lang, choose_language, format_number, t, translate


def init(
    files: Annotated[list[str], typer.Argument(help="Files, folders or URLs to look at.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write.")] = Path(
        "clientela.toml"
    ),
    lang: UserLangOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """Guess how a file is to be read and write a commented clientela.toml to correct."""
    from clientela.mapping.init import write_config

    return {"written": str(out)}, write_config(files, out, choose_language(lang, os.environ))


def simulate_retail(
    out: OutFolderOption = Path("simulated"),
    customers: Annotated[int, typer.Option(min=1, help="Customers.")] = 2_000,
    seed: SeedOption = 42,
    dirty_share: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Share of lines with planted dirt.")
    ] = 0.01,
    json_: JsonOption = False,
) -> CommandResult:
    """Simulate a retailer in the UCI layout: transactions.csv, truth.parquet, truth.json."""
    from clientela.simulate import RetailSettings
    from clientela.simulate import simulate_retail as simulate

    files = simulate(out, RetailSettings(customers=customers, seed=seed, dirty_share=dirty_share))
    facts = {
        "transactions": str(files.transactions),
        "truth": str(files.truth),
        "customers": customers,
        "lines": files.lines,
    }
    text = f"{files.lines:,} lines of {customers:,} customers: {files.transactions}"
    return facts, translate_text(text)


def simulate_subscription(
    out: OutFolderOption = Path("simulated"),
    customers: Annotated[int, typer.Option(min=1, help="Customers.")] = 5_000,
    seed: SeedOption = 42,
    dated: Annotated[
        bool, typer.Option("--dated", help="Write the date of leaving beside the churn flag.")
    ] = False,
    dirty_share: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Share of rows with planted dirt.")
    ] = 0.01,
    json_: JsonOption = False,
) -> CommandResult:
    """Simulate subscribers, some of whom leave: customers.csv, transactions.csv and the truth."""
    from clientela.simulate import SubscriptionSettings
    from clientela.simulate import simulate_subscription as simulate

    settings = SubscriptionSettings(
        customers=customers, seed=seed, dated=dated, dirty_share=dirty_share
    )
    files = simulate(out, settings)
    facts = {
        "customers_file": str(files.customers_file),
        "transactions": str(files.transactions),
        "truth": str(files.truth),
        "customers": customers,
        "lines": files.lines,
        "left": files.left,
    }
    return (
        facts,
        f"{files.lines:,} lines of {customers:,} customers, {files.left:,} of whom left: "
        f"{files.transactions}, {files.customers_file}",
    )


@on_results
def run(
    site: Site,
    files: FilesArgument = None,
    customers: CustomersOption = None,
    inbox: Annotated[
        str | None,
        typer.Option(
            help="Folder or s3://… of new files: all are taken, moved to done, or to refused with "
            "why; or URL of a table whose new rows are taken."
        ),
    ] = None,
    as_of: AsOfOption = None,
    engine: Annotated[
        Literal["duckdb", "spark"] | None, typer.Option(help="What computes over all customers.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Start the tables anew from these files.")
    ] = False,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit segments and learn the programme's rules again.")
    ] = False,
    metrics: Annotated[
        Path | None,
        typer.Option(help="Text file of the run's metrics, for Prometheus' node_exporter."),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say too how the models did on past dates.")
    ] = False,
    lang: UserLangOption = None,
) -> CommandResult:
    """Read, clean, build the snapshot, segment and publish: the whole job."""
    load_arrow()
    from clientela.pipeline.inbox import run_inbox
    from clientela.pipeline.reading import RunRequest
    from clientela.pipeline.run import run as whole_run
    from clientela.pipeline.subscriptions import send_subscriptions
    from clientela.pipeline.webhooks import load_signers, send_deliveries
    from clientela.privacy.receipt import write_receipt
    from clientela.report.terminal.monitoring import format_alerts
    from clientela.report.terminal.run import format_run

    language = choose_language(lang, os.environ)
    request = RunRequest(
        sources=tuple(files or ()),
        customers=tuple(customers or ()),
        as_of=as_of.date() if as_of else None,
        replace=replace,
        refit=refit,
        engine=engine,
        lang=language,
    )
    settings, now = site.settings, dt.datetime.now(dt.UTC)
    load_signers(settings.webhooks)  # what is missing is said before an hour of work
    do_run = partial(whole_run, settings=settings, folder=site.folder, store=site.store, now=now)
    metrics_file = metrics or settings.monitoring.metrics_file
    with _write_metrics(Path(metrics_file) if metrics_file else None) as ended:
        summary = do_run(request) if inbox is None else run_inbox(inbox, request, do_run, now)
        ended.append(summary)
    own = f"sqlite:///{(site.folder / 'results.db').resolve()}" == summary["store"]
    again = f"--workspace {shlex.quote(str(site.folder))}" if own else None
    text = format_run(summary, language, verbose=verbose, place=again)
    if settings.webhooks:
        counts = send_deliveries(site.url, settings.webhooks, partial(dt.datetime.now, dt.UTC))
        summary["webhooks"] = counts
        text += "\n\n" + t("webhooks.sent", language, **counts)
    sent_counts = {}
    if "run_id" in summary:  # an inbox of which all was refused publishes nothing
        sent_counts = send_subscriptions(site.url, find_dashboard(settings), now)
    if sent_counts.get("sent") or sent_counts.get("failed"):
        summary["subscriptions"] = sent_counts
        text += "\n\n" + t("subscription.counts", language, **sent_counts)
    if settings.exports:
        text += "\n\n" + write_exports(site, summary, language)
    if inbox is not None and summary["inbox"]["refused"]:
        raise _refuse_files(inbox, summary["inbox"]["refused"])
    if summary["alerts"]:
        text += "\n\n" + format_alerts(summary["alerts"], language)
    if summary["forgotten"]:
        text += "\n\n" + write_receipt(summary["forgotten"], language)
    return summary, text


def write_exports(site: Site, summary: dict[str, Any], lang: Lang) -> str:
    """Write the lists of the settings; the first that failed is told once all were tried."""
    from clientela.pipeline import lists

    exports, failure = site.settings.exports, None
    written = summary.setdefault("exports", {})
    for target, rows in lists.export_configured(site.url, exports, summary["as_of"], lang):
        if isinstance(rows, int):
            written[target] = rows
        else:
            failure = failure or (target, rows)
    if failure:
        target, error = failure
        problem = translate_error(error)
        if problem is None:
            raise error
        problem.what = f"the run is published, and a list was not written: {problem.what}"
        problem.where = problem.where or target
        raise problem
    counts = ((format_number(rows, lang), target) for target, rows in written.items())
    return "\n".join(translate(f"{rows} rows: {target}", lang) for rows, target in counts)


@contextmanager
def _write_metrics(path: Path | None) -> Iterator[list[dict[str, Any]]]:
    """Write a run's metrics, also where it fails; the block hands over its summary."""
    from clientela.monitoring.run_metrics import write_run_metrics

    ended: list[dict[str, Any]] = []
    code = 0
    try:
        yield ended
    except BaseException as error:
        code = getattr(error, "exit_code", 1)
        raise
    finally:
        if path is not None:
            write_run_metrics(path, ended[0] if ended else None, code, dt.datetime.now(dt.UTC))


def _refuse_files(inbox: str, refused: list[dict[str, str]]) -> InputError:
    """Say which files of an inbox were refused, though all others went in and are published."""
    names = ", ".join(row["file"] for row in refused)
    return InputError(
        f"the run is published without files that could not be read: {names}",
        where=f"{inbox.rstrip('/')}/refused",
        do="see NAME.problem.json beside each, mend the file and put it into the inbox again",
    )


def backtest(
    files: FilesArgument = None,
    customers: CustomersOption = None,
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
    claims: Annotated[
        bool,
        typer.Option("--claims", help="Count which claims of past days, a horizon apart, held."),
    ] = False,
    workspace: Annotated[
        Path | None,
        typer.Option("--workspace", "-w", help="Folder of tables; one for the moment if absent."),
    ] = None,
    config: ConfigOption = None,
    lang: UserLangOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """Learn as if a past day were today, and judge once by what followed: value and churn."""
    from clientela.pipeline.backtest.context import BacktestRequest
    from clientela.pipeline.backtest.run import backtest as whole_backtest
    from clientela.report.terminal.backtest import format_backtest, format_claims

    if not files and not customers and workspace is None:
        raise InputError(
            "there is nothing to test",
            do="give a file, or the workspace of earlier runs: clientela backtest -w DIR",
        )
    ask = BacktestRequest(
        sources=tuple(files or ()),
        customers=tuple(customers or ()),
        as_of=as_of.date() if as_of else None,
        horizon_days=horizon_days,
        truth=truth,
        simulations=simulations,
        claims=claims,
    )
    settings = load_settings(config, workspace or Path())
    with look_for_damage(workspace or Path()):
        facts = whole_backtest(ask, settings, workspace, dt.datetime.now(dt.UTC))
    language = choose_language(lang, os.environ)
    write = format_claims if claims else format_backtest
    return facts, write(facts, language)
