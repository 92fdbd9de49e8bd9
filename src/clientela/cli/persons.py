"""Commands for what a person may ask of the firm: forget, person; and the record of it all."""

import datetime as dt
import getpass
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from clientela.cli.options import CommandResult, Site, UserLangOption, on_results, on_workspace
from clientela.errors import InputError, Locked
from clientela.i18n import choose_language, t


@on_results
def forget(
    site: Site,
    ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of customers, in any spelling.")
    ] = None,
    queued: Annotated[
        bool, typer.Option("--queued", help="Erase whoever asked for it over the API.")
    ] = False,
    by: Annotated[str | None, typer.Option("--by", help="Who asks; else the user's name.")] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """Erase people everywhere: tables, results, programme, experiments, models; for good."""
    from clientela.privacy.forget import carry_out_requests
    from clientela.privacy.receipt import write_receipt
    from clientela.progress import Progress
    from clientela.store.erasures import request_erasure
    from clientela.tables.workspace import Workspace

    people = [text.strip() for text in ids or [] if text.strip()]
    if not people and not queued:
        raise InputError("who is to be forgotten?", do="give their ids: clientela forget ID")
    now, language = dt.datetime.now(dt.UTC), choose_language(lang, os.environ)
    tables = Workspace(site.folder)
    if not tables.tables_folder.exists():
        raise InputError("there is no workspace", where=str(site.folder), do="give it: --workspace")
    tables.manifest()
    if people:
        request_erasure(site.url, people, by or getpass.getuser(), now, migrate=True)
    progress = Progress(now.strftime("%Y%m%dT%H%M%S%f"))
    try:
        with tables.lock():
            receipt = carry_out_requests(
                tables,
                site.settings.privacy,
                site.url,
                now,
                lambda step: progress.fact("forget", step=step),
            )
    except Locked:
        if not people:
            raise
        return {"queued": len(people)}, t("privacy.queued", language)
    facts: dict[str, Any] = {"queued": 0, "receipt": receipt}
    return facts, write_receipt(receipt, language)


@on_results
def person(
    site: Site,
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id of the customer, in any spelling.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A .json file for all that is held.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Correct a field: region=SP; no_profiling=yes objects."),
    ] = None,
    lang: UserLangOption = None,
) -> CommandResult:
    """Give all that is held of a person, or correct it, or note an objection to profiling."""
    import msgspec

    from clientela.files.atomic_write import aside
    from clientela.privacy.access import collect_person, is_empty

    language = choose_language(lang, os.environ)
    for written in _list_stored(site, id_):
        record = collect_person(site.folder, site.url, written)
        if not is_empty(record):
            break
    else:
        raise InputError("nothing is held of this person", where=id_, do="check the id")
    if set_:
        _correct(site.folder, site.url, _choose_id(record), set_)
        record = collect_person(site.folder, site.url, written)
    if out is not None:
        with aside(out) as path:
            path.write_bytes(
                msgspec.json.format(msgspec.json.encode(record, enc_hook=str), indent=2)
            )
    rows = record["tables"] | {f"results.{name}": part for name, part in record["results"].items()}
    counts = ", ".join(f"{name} {len(part):,}" for name, part in rows.items())
    text = t("privacy.person", language, ids=", ".join(record["ids"]), rows=counts)
    sentences = [text, t("privacy.person.changed", language)] if set_ else [text]
    sentences.append(str(out) if out else t("privacy.person.out", language))
    return record, "\n".join(sentences)


def _list_stored(site: Site, written: str) -> list[str]:
    """Return an id as the tables may know it: where ids are replaced, its pseudonyms."""
    from clientela.mapping.privacy import list_pseudonyms
    from clientela.tables.workspace import Workspace

    privacy = site.settings.privacy
    if not privacy.hash_ids:
        return [written]
    return list_pseudonyms(privacy, written, Workspace(site.folder).manifest().pseudonyms)


def _choose_id(held: dict[str, Any]) -> str:
    """Return the person's id as the tables spell it, else as the results do."""
    parts = [*held["tables"].values(), *held["results"].values()]
    return next(str(row["customer_id"]) for rows in parts for row in rows)


def _correct(workspace: Path, url: str, customer_id: str, changes: list[str]) -> None:
    from clientela.privacy.correction import correct_person, parse_changes
    from clientela.tables.workspace import Workspace

    wrong = [change for change in changes if "=" not in change]
    if wrong:
        raise InputError(f"'{wrong[0]}' is no change", where="--set", do="write field=value")
    pairs = dict(change.split("=", 1) for change in changes)
    tables = Workspace(workspace)
    with tables.lock():
        correct_person(tables, url, customer_id, parse_changes(pairs))


@on_workspace
def register(
    site: Site,
    out: Annotated[Path, typer.Option("--out", "-o", help="A .md file.")] = Path("processing.md"),
    lang: UserLangOption = None,
) -> CommandResult:
    """Write the record of processing for the data officer: what is kept where, why, how long."""
    from clientela.contract.processing import list_activities
    from clientela.files.atomic_write import aside
    from clientela.privacy.register import write_register

    language = choose_language(lang, os.environ)
    text = write_register(site.settings, language)
    with aside(out) as path:
        path.write_text(text, "utf-8")
    count = len(list_activities())
    facts = {"written": str(out), "tables": count}
    return facts, t("privacy.registered", language, count=count, path=out)
