"""The data dictionary of a workspace and its results, written to a file."""

from pathlib import Path

from clientela.config import Settings
from clientela.engine import connect
from clientela.i18n import Lang
from clientela.report.dictionary import list_entries, write_entries
from clientela.tables.workspace import Workspace


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
    workspace = Workspace(folder)
    url: str | None = store or settings.store.url or workspace.default_store_url
    if url == workspace.default_store_url and not workspace.default_store_path.exists():
        url = None
    engine = connect(settings.engine)
    try:
        held = bool(workspace.manifest().of("transactions"))
        listed = list_entries(url, engine, workspace.tables(engine) if held else None)
    finally:
        engine.close()
    write_entries(listed, target, lang)
    return len(listed)
