"""Commands on results: serve, dictionary, export, doctor."""

import datetime as dt
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigOption,
    JsonOption,
    LangOption,
    Outcome,
    StoreOption,
    WorkspaceOption,
    settings_of,
    store_url,
)


def serve(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")
    ] = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """Serve the published results over HTTP."""
    import msgspec

    from clientela.serving.run import serve as serve_forever

    settings = settings_of(config, workspace)
    given = {"host": host, "port": port}
    serving = msgspec.structs.replace(
        settings.serving, **{key: value for key, value in given.items() if value is not None}
    )
    url = store_url(settings, workspace, store)
    serve_forever(serving, url, announce=partial(typer.echo, err=json_))
    return Outcome({"stopped": url}, "stopped")


def dictionary(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="A .md, .html or .xlsx file.")] = Path(
        "dictionary.html"
    ),
    lang: LangOption = "en",
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """Write the data dictionary: every table and column, with range and missing share."""
    from clientela.pipeline.dictionary import write_dictionary

    columns = write_dictionary(settings_of(config, workspace), workspace, store, out, lang)
    return Outcome({"written": str(out), "columns": columns}, f"{columns} columns: {out}")


def export(
    what: Annotated[
        Literal["quarantine", "unmatched-returns", "no-purchases", "btyd"],
        typer.Argument(help="Which list."),
    ],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A .csv or .parquet file.")
    ] = None,
    as_of: Annotated[
        dt.datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Last day known; the last event's if absent."),
    ] = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """Write a list from the tables: what was refused, returns without purchase, the BTYD frame."""
    from clientela.pipeline.lists import export_list

    target = out or Path(f"{what}.csv")
    day = as_of.date() if as_of else None
    rows = export_list(settings_of(config, workspace), workspace, what, target, day)
    return Outcome({"written": str(target), "rows": rows}, f"{rows:,} rows: {target}")


def doctor(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """Check versions, optional parts, the workspace and the results database."""
    from clientela.pipeline.doctor import diagnose

    facts = diagnose(settings_of(config, workspace), workspace, store)
    return Outcome(facts, "\n".join(f"{key}: {value}" for key, value in facts.items()))
