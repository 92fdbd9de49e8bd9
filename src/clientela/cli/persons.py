"""Commands for what a person may ask of the firm: forget."""

import datetime as dt
import getpass
import os
from typing import Annotated, Any

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    CommandResult,
    ConfigOption,
    JsonOption,
    StoreOption,
    UserLangOption,
    WorkspaceOption,
    choose_store_url,
    load_settings,
)
from clientela.errors import InputError, Locked
from clientela.i18n import choose_language, t


def forget(
    ids: Annotated[
        list[str] | None, typer.Argument(help="Ids of customers, in any spelling.")
    ] = None,
    queued: Annotated[
        bool, typer.Option("--queued", help="Erase whoever asked for it over the API.")
    ] = False,
    by: Annotated[str | None, typer.Option("--by", help="Who asks; else the user's name.")] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    config: ConfigOption = None,
    lang: UserLangOption = None,
    json_: JsonOption = False,
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
    settings = load_settings(config, workspace)
    url = choose_store_url(settings, workspace, store)
    now, language = dt.datetime.now(dt.UTC), choose_language(lang, os.environ)
    held = Workspace(workspace)
    if not held.tables_folder.exists():
        raise InputError("there is no workspace", where=str(workspace), do="give it: --workspace")
    held.manifest()
    if people:
        request_erasure(url, people, by or getpass.getuser(), now, migrate=True)
    progress = Progress(now.strftime("%Y%m%dT%H%M%S%f"))
    try:
        with held.lock():
            receipt = carry_out_requests(
                held, settings.privacy, url, now, lambda step: progress.fact("forget", step=step)
            )
    except Locked:
        if not people:
            raise
        return CommandResult({"queued": len(people)}, t("privacy.queued", language))
    facts: dict[str, Any] = {"queued": 0, "receipt": receipt}
    return CommandResult(facts, write_receipt(receipt, language))
