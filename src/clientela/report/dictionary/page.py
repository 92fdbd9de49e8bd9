"""The dictionary as one HTML page that loads nothing."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader

from clientela.i18n import Lang, t
from clientela.report.dictionary.entry import DictionaryEntry
from clientela.report.dictionary.words import by_table, caption, cells, header


def page(entries: Sequence[DictionaryEntry], lang: Lang) -> bytes:
    """Give a chapter for each place, with a section for each of its tables."""
    loader = PackageLoader("clientela.report.dictionary")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    text = environment.get_template("page.html").render(
        lang=lang.replace("_", "-"),
        title=t("dictionary.title", lang),
        intro=t("dictionary.intro", lang),
        header=header(lang),
        chapters=_chapters(entries, lang),
    )
    return text.encode()


def _chapters(entries: Sequence[DictionaryEntry], lang: Lang) -> list[dict[str, object]]:
    sections: dict[str, list[dict[str, object]]] = {}
    for first, listed in by_table(entries):
        section: dict[str, object] = {
            "id": f"{first.place}-{first.table}",
            "table": first.table,
            "caption": caption(first, lang),
            "rows": [cells(entry, lang) for entry in listed],
        }
        sections.setdefault(first.place, []).append(section)
    return [
        {
            "name": t(f"dictionary.{place}", lang),
            "intro": t(f"dictionary.in_{place}", lang),
            "sections": listed,
        }
        for place, listed in sections.items()
    ]
