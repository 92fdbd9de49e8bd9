"""Commands on results: report, serve, dictionary, export, doctor."""

import datetime as dt
import os
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import typer

from clientela.cli.options import (
    AsOfOption,
    CommandResult,
    JsonOption,
    Site,
    UserLangOption,
    on_results,
    on_workspace,
    translate_text,
)
from clientela.contract.destinations import AdPlatform, ContactForm, MailingTool
from clientela.errors import InputError
from clientela.i18n import choose_language, format_number, translate

CUSTOMER_LISTS = (
    *("insiders", "candidates", "at-risk", "segment", "action", "propensity", "audience"),
)


@on_results
def serve(
    site: Site,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port to listen on; 0 takes a free one.")
    ] = None,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the dashboard in a browser of this machine.")
    ] = False,
    json_: JsonOption = False,
) -> CommandResult:
    """Serve the published results over HTTP, and live predictions by the workspace's models."""
    import webbrowser

    import msgspec

    from clientela.cli.programme import propose_of_person
    from clientela.config.database_url import show_url
    from clientela.serving.run import serve as serve_forever
    from clientela.store.access_log import AccessLog

    options = {"host": host, "port": port}
    serving = msgspec.structs.replace(
        site.settings.serving,
        **{key: value for key, value in options.items() if value is not None},
    )
    models = site.folder / "models"
    keep_days = site.settings.access_log.keep_days
    open_log = partial(AccessLog, *site.locate_access_log(), keep_days=keep_days)
    announce = partial(typer.echo, err=json_)
    serve_forever(
        serving,
        site.url,
        announce=announce,
        models=models,
        open_log=open_log,
        show_page=webbrowser.open if open_ else None,
        oidc=site.settings.oidc,
        firm=site.settings,
        propose=propose_of_person,
    )
    return {"stopped": show_url(site.url)}, translate_text("stopped")


def serve_assistants(
    url: Annotated[str, typer.Argument(help="Where the API answers.")] = "http://127.0.0.1:8000",
    lang: UserLangOption = None,
    json_: JsonOption = False,
) -> None:
    """Answer an assistant over the API, by the Model Context Protocol on standard input and output.

    The key stands in the environment, CLIENTELA_API_KEY; the assistant may see what it may see.
    """
    from clientela.client import Client
    from clientela.config.database_url import read_secret
    from clientela.mcp import build_server

    build_server(
        Client(url, read_secret("CLIENTELA_API_KEY") or None), choose_language(lang, os.environ)
    ).run()


@on_results
def dictionary(
    site: Site,
    out: Annotated[Path, typer.Option("--out", "-o", help="A .md, .html or .xlsx file.")] = Path(
        "dictionary.html"
    ),
    lang: UserLangOption = None,
) -> CommandResult:
    """Write the data dictionary: every table and column, with range and missing share."""
    from clientela.pipeline.reporting import write_dictionary

    language = choose_language(lang, os.environ)
    columns = write_dictionary(site.settings, site.folder, site.store, out, language)
    return {"written": str(out), "columns": columns}, translate_text(f"{columns} columns: {out}")


@on_results
def export(
    site: Site,
    what: Annotated[
        Literal[
            "insiders",
            "candidates",
            "at-risk",
            "segment",
            "action",
            "propensity",
            "audience",
            "quarantine",
            "identities",
            "unmatched-returns",
            "no-purchases",
            "btyd",
        ],
        typer.Argument(help="Which list."),
    ],
    segment: Annotated[
        int | None,
        typer.Argument(min=0, max=2**31 - 1, help="Number of the segment, for the list 'segment'."),
    ] = None,
    action_id: Annotated[
        str | None,
        typer.Option(
            "--id",
            help="Id of the action, for the list 'action': win-back-1; of the audience; or what "
            "'propensity' is of.",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out", "-o", help="A .csv or .parquet file, or s3://…; customers also .xlsx."
        ),
    ] = None,
    lang: UserLangOption = None,
    as_of: AsOfOption = None,
    contacts: Annotated[
        bool, typer.Option("--contacts", help="Add e-mail, phone, name and consents.")
    ] = False,
    hashed_for: Annotated[
        AdPlatform | None,
        typer.Option(
            help="Write nothing but e-mail and phone, hashed as this ad platform compares them."
        ),
    ] = None,
    import_into: Annotated[
        MailingTool | None,
        typer.Option(help="Write the columns that this mailing tool imports, and nothing else."),
    ] = None,
) -> CommandResult:
    """Write a list: customers of the published run, or rows of the tables.

    insiders, candidates, at-risk (who may leave and is worth a contact), segment NUMBER, action
    --id ID (whom an action addresses), audience --id ID and propensity --id insider or
    category:NAME (who is likely to take that step) come from the results, with reasons and key
    figures. The others come from the tables: what was refused, spellings of ids that are one
    customer, returns without purchase, ids that never bought, the frame of BTYD models. Customers
    who must not be contacted stand in no list of customers.
    """
    from clientela.files.object_store import write_to

    part, language = action_id if segment is None else segment, choose_language(lang, os.environ)
    name = what if part is None else f"{what}-{part}".replace(":", "-").replace("/", "-")
    target = out or f"{name}.csv"
    form: ContactForm | None = hashed_for or import_into or ("plain" if contacts else None)
    _check_options(what, segment, as_of, form)
    _check_action_id(what, action_id)
    if what in CUSTOMER_LISTS:
        from clientela.pipeline.lists import export_customers

        with write_to(target) as path:
            rows, suppressed = export_customers(site.url, what, part, path, language, form)
    else:
        from clientela.pipeline.lists import export_list

        suppressed = 0
        day = as_of.date() if as_of else None
        with write_to(target) as path:
            rows = export_list(site.settings, site.folder, what, path, day, language)
    facts = {"written": target, "rows": rows}
    text = translate(f"{format_number(rows, language)} rows: {target}", language)
    if suppressed:
        facts["suppressed"] = suppressed
        left_out = f"{format_number(suppressed, language)} customers are suppressed"
        text += f" ({translate(f'{left_out}, and left out of every list', language)})"
    return facts, text


def _check_options(
    what: str, segment: int | None, as_of: dt.datetime | None, form: ContactForm | None
) -> None:
    if form and what not in CUSTOMER_LISTS:
        raise InputError(
            f"the list '{what}' has no contacts",
            do="leave --contacts, --hashed-for and --import-into out",
        )
    if what in CUSTOMER_LISTS and as_of is not None:
        raise InputError(
            f"the list '{what}' is of the day of its run",
            where="--as-of",
            do="leave it out, or publish a run of that day",
        )
    if what == "segment" and segment is None:
        raise InputError("which segment?", do="give its number: clientela export segment 3")
    if what != "segment" and segment is not None:
        raise InputError(f"the list '{what}' takes no number", do="leave it out")


def _check_action_id(what: str, action_id: str | None) -> None:
    if what == "action" and action_id is None:
        raise InputError(
            "which action?", do="give its id, as the report does: clientela export action --id ID"
        )
    if what == "propensity" and action_id is None:
        raise InputError(
            "the propensity for what?", do="say it: --id insider, or --id category:NAME"
        )
    if what == "audience" and action_id is None:
        raise InputError(
            "which audience?",
            do="give its id, as its page has it: clientela export audience --id ID",
        )
    if what not in ("action", "propensity", "audience") and action_id is not None:
        raise InputError(f"the list '{what}' takes no id of an action", do="leave --id out")


@on_workspace
def copy(
    site: Site,
    lang: UserLangOption = None,
) -> CommandResult:
    """Write letters to customers, to be edited: e-mail, WhatsApp and SMS, with merge fields.

    Invitation, what is still to go, warning, farewell and win-back stand in the workspace's folder
    copy. A file that is there already is left as it is, and its merge fields are checked. They are
    the headings of the lists that clientela export --contacts writes.
    """
    from clientela.report.letters import OCCASIONS, write_letters

    language = choose_language(lang, os.environ)
    written, edited = write_letters(site.folder, language, site.settings.programme.name)
    facts = {
        "written": [str(path) for path in written],
        "left": [str(path) for path in edited],
        "lists": OCCASIONS,
    }
    lines = [f"written: {path}" for path in written] + [f"left as it is: {path}" for path in edited]
    return facts, "\n".join(lines)


@on_results
def doctor(
    site: Site,
    deep: Annotated[
        bool, typer.Option("--deep", help="Compare every file of the tables with its hash.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Bring back a lost or damaged manifest.")
    ] = False,
    s3: Annotated[
        str | None, typer.Option(help="A place to list, s3://BUCKET/PREFIX: that of an inbox.")
    ] = None,
) -> CommandResult:
    """Check all that a run needs: versions, workspace, results, keys, schedule, disk, clock, S3."""
    from clientela.pipeline.doctor import diagnose

    now = dt.datetime.now(dt.UTC)
    facts = diagnose(
        site.settings, site.folder, site.store, now, objects=s3, deep=deep, repair=repair
    )
    to_do = ", ".join(map(translate_text, facts["to do"])) or translate_text("nothing")
    lines = [
        f"{translate_text(key)}: {translate_text(value)}"
        for key, value in (facts | {"to do": to_do}).items()
    ]
    return facts, "\n".join(lines)


@on_results
def report(
    site: Site,
    lang: UserLangOption = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            "-o",
            help="The HTML file, or s3://…; report.html or summary.html if absent.",
        ),
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Write the two pages to forward, and no evidence.")
    ] = False,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print it too, to a PDF beside it (needs Chromium).")
    ] = False,
) -> CommandResult:
    """Write the report of the published run: one HTML file that answers the business."""
    from clientela.files.object_store import is_object, write_to
    from clientela.pipeline.reporting import write_report

    language = choose_language(lang, os.environ)
    target = out or ("summary.html" if summary else "report.html")
    if pdf and is_object(target):
        raise InputError(
            "a PDF is printed beside a report on this machine",
            where=target,
            do="give --out a file of this machine",
        )
    with write_to(target) as path:
        facts = write_report(
            site.settings, site.folder, site.store, path, language, summary=summary, pdf=pdf
        )
    written = translate(f"The report: {facts.get('pdf', target)}", language)
    return facts | {"written": target}, written


@on_results
def compare(
    site: Site,
    before: Annotated[
        str | None, typer.Argument(help="Id of the earlier run; the one before, if absent.")
    ] = None,
    after: Annotated[
        str | None, typer.Argument(help="Id of the later run; the published one, if absent.")
    ] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """Say what changed between two runs: data, settings, models, segments, rules, figures."""
    from contextlib import closing

    from clientela.report.comparison import compare_runs
    from clientela.report.terminal.comparison import format_comparison
    from clientela.store.read import open_reader

    language = choose_language(lang, os.environ)
    with closing(open_reader(site.url, momentary=True)) as reader:
        facts = compare_runs(reader, before, after, language)
    return facts, format_comparison(facts, language)
