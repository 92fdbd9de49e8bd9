"""Commands that make and read data: init, simulate, run."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Literal

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigOption,
    JsonOption,
    Outcome,
    StoreOption,
    WorkspaceOption,
    settings_of,
)


def init(
    file: Annotated[str, typer.Argument(help="File, folder or URL to look at.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where to write.")] = Path(
        "clientela.toml"
    ),
    json_: JsonOption = False,
) -> Outcome:
    """Guess how a file is to be read and write a commented clientela.toml to correct."""
    from clientela.mapping.init import write_config

    told = write_config(file, out)
    return Outcome({"written": str(out)}, told)


def simulate_retail(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path(
        "simulated"
    ),
    customers: Annotated[int, typer.Option(min=1, help="Customers.")] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every draw.")] = 42,
    dirty_share: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Share of lines with planted dirt.")
    ] = 0.01,
    json_: JsonOption = False,
) -> Outcome:
    """Simulate a retailer in the UCI layout: transactions.csv, truth.parquet, truth.json."""
    from clientela.simulate import RetailSettings
    from clientela.simulate import simulate_retail as simulate

    made = simulate(out, RetailSettings(customers=customers, seed=seed, dirty_share=dirty_share))
    facts = {
        "transactions": str(made.transactions),
        "truth": str(made.truth),
        "customers": customers,
        "lines": made.lines,
    }
    return Outcome(facts, f"{made.lines:,} lines of {customers:,} customers: {made.transactions}")


def simulate_subscription(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")] = Path(
        "simulated"
    ),
    customers: Annotated[int, typer.Option(min=1, help="Customers.")] = 5_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of every draw.")] = 42,
    dated: Annotated[
        bool, typer.Option("--dated", help="Write the date of leaving beside the churn flag.")
    ] = False,
    dirty_share: Annotated[
        float, typer.Option(min=0.0, max=0.5, help="Share of rows with planted dirt.")
    ] = 0.01,
    json_: JsonOption = False,
) -> Outcome:
    """Simulate subscribers of whom some leave: customers.csv, transactions.csv and the truth."""
    from clientela.simulate import SubscriptionSettings
    from clientela.simulate import simulate_subscription as simulate

    settings = SubscriptionSettings(
        customers=customers, seed=seed, dated=dated, dirty_share=dirty_share
    )
    made = simulate(out, settings)
    facts = {
        "customers_file": str(made.customers_file),
        "transactions": str(made.transactions),
        "truth": str(made.truth),
        "customers": customers,
        "lines": made.lines,
        "left": made.left,
    }
    return Outcome(
        facts,
        f"{made.lines:,} lines of {customers:,} customers, {made.left:,} of whom left: "
        f"{made.transactions}, {made.customers_file}",
    )


def run(
    files: Annotated[
        list[str] | None, typer.Argument(help="Transactions (and customers): files or URLs.")
    ] = None,
    customers: Annotated[
        list[str] | None, typer.Option("--customers", help="File of customers.")
    ] = None,
    as_of: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day known; the last event's if absent."),
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    engine: Annotated[
        Literal["duckdb", "spark"] | None, typer.Option(help="What computes the snapshot.")
    ] = None,
    config: ConfigOption = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Start the tables anew from these files.")
    ] = False,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit segments and learn the programme's rules again.")
    ] = False,
    json_: JsonOption = False,
) -> Outcome:
    """Read, clean, build the snapshot, segment and publish: the whole job."""
    from clientela.pipeline.reading import Request
    from clientela.pipeline.run import run as whole_run
    from clientela.report.terminal.run import format_run

    summary = whole_run(
        Request(
            sources=tuple(files or ()),
            customers=tuple(customers or ()),
            as_of=as_of.date() if as_of else None,
            replace=replace,
            refit=refit,
            engine=engine,
        ),
        settings_of(config, workspace),
        workspace,
        store,
        dt.datetime.now(dt.UTC),
    )
    return Outcome(summary, format_run(summary))
