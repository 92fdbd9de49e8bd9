"""Text of ``clientela compare``: what changed between two runs, and why."""

from collections.abc import Mapping
from typing import Any

from clientela.i18n import Lang, t
from clientela.report.comparison_tables import say_causes, tabulate_comparison
from clientela.report.terminal.tables import format_section, format_table


def format_comparison(facts: Mapping[str, Any], lang: Lang) -> str:
    """Write a comparison of two runs.

    Parameters
    ----------
    facts : mapping
        What ``clientela compare --json`` prints.
    lang : "en" or "pt_BR"
        Language of the text.
    """
    ids = {when: facts[when]["run_id"] for when in ("before", "after")}
    parts = [t("comparison.title", lang, **ids), say_causes(facts, lang)]
    for table in tabulate_comparison(facts, lang):
        header = tuple(column.name for column in table.columns)
        parts.append(format_section(table.title, format_table(header, list(table.rows), str)))
    return "\n\n".join(parts)
