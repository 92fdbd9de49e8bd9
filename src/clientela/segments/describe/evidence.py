"""Why the segments are as they are: verdicts as sentences, figures as rows."""

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from clientela.i18n import Lang, format_number, format_share, t
from clientela.registry.card import Card

METRICS = pa.schema(
    [
        ("name", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("detail", pa.string()),
    ]
)
UNTRIED = "untried"
Row = dict[str, Any]


def sentence(code: str, values: Mapping[str, Any], lang: Lang) -> str:
    """Write a verdict or a note of a card for people.

    Examples
    --------
    >>> sentence("too_small", {"share": 0.004, "limit_share": 0.01}, "en")
    'Its smallest segment holds 0.4% of the customers, less than the 1.0% required.'
    """
    written = {name: _write(name, value, lang) for name, value in values.items()}
    return t(f"segmentation.{code}", lang, **written)


def metrics(card: Card) -> pa.Table:
    """Give the figures of a segmentation's card as rows of the results database.

    Every candidate tried has its silhouette, with its verdict in English as detail, and its
    agreement with bootstrap refits, from the 5 % quantile up; the chosen one that over seeds too.
    """
    tried = [one for one in card.scores["candidates"] if one["verdict"]["code"] != UNTRIED]
    rows = [row for candidate in tried for row in _of(candidate)]
    if "seed_ari" in card.scores:
        rows.append(_row("seed_ari", card.scores["seed_ari"], detail="chosen"))
    return pa.Table.from_pylist(rows, METRICS)


def _of(candidate: Mapping[str, Any]) -> Iterator[Row]:
    what = f"{candidate['space']} {candidate['algorithm']} k={candidate['k']}"
    verdict = candidate["verdict"]
    why = f"{what}: {sentence(verdict['code'], verdict['values'], 'en')}"
    yield _row("silhouette", candidate.get("silhouette"), detail=why)
    stability = candidate.get("stability")
    if stability:
        yield _row("bootstrap_ari", stability["ari"], stability["ari_low"], detail=what)
        yield _row("bootstrap_jaccard", stability["jaccard"], detail=what)


def _row(name: str, value: float | None, low: float | None = None, *, detail: str) -> Row:
    return {"name": name, "value": value, "low": low, "high": None, "detail": detail}


def _write(name: str, value: Any, lang: Lang) -> str:
    if name.endswith("share"):
        return format_share(value, lang)
    if isinstance(value, float):
        return format_number(value, lang, 3)
    return format_number(value, lang) if isinstance(value, int) else str(value)
