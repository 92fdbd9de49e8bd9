"""The dictionary as Markdown."""

from collections.abc import Iterator, Sequence

from clientela.i18n import Lang, t
from clientela.report.dictionary.entry import DictionaryEntry
from clientela.report.dictionary.words import by_table, caption, cells, header


def markdown(entries: Sequence[DictionaryEntry], lang: Lang) -> bytes:
    """Give a section for each table, with a table of its columns."""
    lines = [f"# {t('dictionary.title', lang)}", "", t("dictionary.intro", lang), ""]
    place = None
    for first, listed in by_table(entries):
        if first.place != place:
            place = first.place
            lines += [f"## {t(f'dictionary.{place}', lang)}", ""]
            lines += [t(f"dictionary.in_{place}", lang), ""]
        lines += [f"### {first.table}", "", caption(first, lang), "", *_table(listed, lang), ""]
    return "\n".join(lines).encode()


def _table(listed: Sequence[DictionaryEntry], lang: Lang) -> Iterator[str]:
    yield _line(header(lang))
    yield _line(["---"] * len(header(lang)))
    for entry in listed:
        yield _line(cells(entry, lang))


def _line(row: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
