"""The receipt of an erasure in words: what went, what stays by law, what is left to the firm."""

from collections.abc import Mapping
from typing import Any

from clientela.i18n import Lang, t

PLACES = ("tables", "results")


def write_receipt(receipt: Mapping[str, Any] | None, lang: Lang) -> str:
    """Write a receipt; of None that nobody waited.

    Examples
    --------
    >>> write_receipt(None, "en")
    'Nobody waits for their erasure.'
    """
    if receipt is None:
        return t("privacy.receipt.nobody", lang)
    lines = [t("privacy.receipt.done", lang, people=receipt["people"], day=receipt["erased_on"])]
    for position in PLACES:
        rows = ", ".join(f"{name} {count:,}" for name, count in receipt[position].items())
        lines.append(t(f"privacy.receipt.{position}", lang, rows=rows or t("privacy.none", lang)))
    lines.append(t("privacy.receipt.counts", lang))
    models = receipt["models"]
    if models["removed"]:
        lines.append(t("privacy.receipt.removed", lang, models=", ".join(models["removed"])))
    if models["learnt_with_them"]:
        names = ", ".join(models["learnt_with_them"])
        lines.append(t("privacy.receipt.learnt", lang, models=names))
    lines.append(t(f"privacy.receipt.{receipt['database']}", lang))
    if not receipt["database_rewritten"]:
        lines.append(t("privacy.receipt.busy", lang))
    duties = receipt["kept_by_law"] or [t("privacy.receipt.no_duty", lang)]
    lines.append(t("privacy.receipt.law", lang, duties="; ".join(duties)))
    sources = ", ".join(receipt["sources"]) or t("privacy.none", lang)
    lines.append(t("privacy.receipt.outside", lang, sources=sources))
    if receipt["strangers"]:
        lines.append(t("privacy.receipt.strangers", lang, files=", ".join(receipt["strangers"])))
    return "\n".join(lines)
