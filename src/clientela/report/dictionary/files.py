"""The dictionary as a file, in the form that its name asks for."""

from collections.abc import Sequence
from pathlib import Path

from clientela.errors import InputError
from clientela.files.atomic_write import aside
from clientela.i18n import Lang
from clientela.report.dictionary.entry import DictionaryEntry
from clientela.report.dictionary.markdown import markdown
from clientela.report.dictionary.page import page
from clientela.report.dictionary.workbook import workbook

FORMS = {".md": markdown, ".html": page, ".xlsx": workbook}


def write_entries(entries: Sequence[DictionaryEntry], path: Path, lang: Lang) -> None:
    """Write the dictionary in the form that the suffix of the path names.

    Raises
    ------
    InputError
        The suffix is none of those of ``FORMS``.
    """
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise InputError(
            f"no form of the dictionary ends in '{path.suffix}'",
            where=str(path),
            do=f"end the name in one of {', '.join(FORMS)}",
        )
    with aside(path) as place:
        place.write_bytes(form(entries, lang))
