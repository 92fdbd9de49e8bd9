"""The report of a run: its answers for the store, and the page written from them."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from clientela.config import Settings
from clientela.engine import connect
from clientela.errors import InputError
from clientela.files.atomic_write import aside
from clientela.i18n import Lang
from clientela.report.answer import Answer
from clientela.report.answers import build_answers_table
from clientela.report.answers.figures import build_figures_table
from clientela.report.report_data import ReportData
from clientela.store.read import open_reader
from clientela.tables.workspace import Workspace


def build_answers(tables: Mapping[str, pa.Table], facts: Mapping[str, Any]) -> dict[str, pa.Table]:
    """Answer every question from what a run has in hand.

    Parameters
    ----------
    tables : mapping
        What the run publishes, by the store's names.
    facts : mapping
        Its headline facts; ``programme`` with the programme's ``name`` where there is one.

    Returns
    -------
    dict
        The tables ``figures`` and ``answers``, to be published with the rest.
    """
    figures = {"figures": build_figures_table(ReportData(tables, facts))}
    return figures | {"answers": build_answers_table(ReportData({**tables, **figures}, facts))}


def write_report(
    settings: Settings,
    folder: Path,
    store: str | None,
    target: Path,
    lang: Lang,
    *,
    summary: bool = False,
    pdf: bool = False,
) -> dict[str, Any]:
    """Write the report of the published run as one HTML file that loads nothing.

    Parameters
    ----------
    settings : Settings
        The configuration.
    folder : Path
        The workspace.
    store : str, optional
        URL of the results database; the configured one, or the workspace's own, if absent.
    target : Path
        The file to write.
    lang : "en" or "pt_BR"
        The language.
    summary : bool
        Whether only the two pages to forward are written.
    pdf : bool
        Whether the page is printed too, to a file beside it, by the system's Chromium.

    Returns
    -------
    dict
        What ``report --json`` prints.

    Raises
    ------
    StoreError
        Nothing is published yet, or the database cannot be read.
    InputError
        The published run was made before there were reports.
    MissingExtra
        A PDF is wanted where there is no Chromium; the HTML file is written all the same.
    """
    from clientela.report.page import render_page  # Jinja loads where a page is written
    from clientela.report.page.printing import print_page

    url = settings.store.choose_url(store, Workspace(folder).default_store_url)
    with closing(open_reader(url, momentary=True)) as reader:
        reading = reader.answers(lang)
    if not reading.content:
        raise InputError(
            "the published run has no report",
            where=reading.run.run_id,
            do="run 'clientela run' again: this one was made by an earlier version",
        )
    answers = [msgspec.convert(row["content"], Answer) for row in reading.content]
    page = render_page(answers, reading.run, lang, summary=summary)
    with aside(target) as draft:
        draft.write_text(page, "utf-8")
    facts = {"written": str(target), "run_id": reading.run.run_id, "answers": len(answers)}
    if pdf:
        print_page(page, target.with_suffix(".pdf"))
        facts["pdf"] = str(target.with_suffix(".pdf"))
    return facts


def write_dictionary(
    settings: Settings, folder: Path, store: str | None, target: Path, lang: Lang
) -> int:
    """Write every table and column with its meaning, range and missing share.

    Parameters
    ----------
    settings : Settings
        The configuration.
    folder : Path
        The workspace; without tables the columns are listed without figures.
    store : str, optional
        URL of the results database; the configured one, or the workspace's own, if absent.
    target : Path
        A ``.md``, ``.html`` or ``.xlsx`` file.
    lang : "en" or "pt_BR"
        Language of the meanings.

    Returns
    -------
    int
        How many columns were written.
    """
    from clientela.report.dictionary import list_entries, write_entries

    workspace = Workspace(folder)
    url: str | None = settings.store.choose_url(store, workspace.default_store_url)
    if url == workspace.default_store_url and not workspace.default_store_path.exists():
        url = None
    engine = connect(settings.engine)
    try:
        has_sales = bool(workspace.manifest().of("transactions"))
        listed = list_entries(url, engine, workspace.tables(engine) if has_sales else None)
    finally:
        engine.close()
    write_entries(listed, target, lang)
    return len(listed)
