"""Why the segments are as they are: verdicts as sentences, figures as rows."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
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


def write_note(code: str, values: Mapping[str, Any], lang: Lang) -> str:
    """Write a verdict or a note of a card for people.

    Examples
    --------
    >>> write_note("too_small", {"share": 0.004, "limit_share": 0.01}, "en")
    'Its smallest segment holds 0.4% of the customers, less than the 1.0% required.'
    """
    written = {name: _write(name, value, lang) for name, value in values.items()}
    return t(f"segmentation.{code}", lang, **written)


def tabulate_metrics(card: Card) -> pa.Table:
    """Give the figures of a segmentation's card as rows of the results database.

    Every candidate tried has its silhouette, with its verdict in English as detail, and its
    agreement with bootstrap refits, from the 5 % quantile up; the chosen one that over seeds too.
    """
    tried = [one for one in card.scores["candidates"] if one["verdict"]["code"] != UNTRIED]
    rows = [row for candidate in tried for row in _of(candidate)]
    if "seed_ari" in card.scores:
        rows.append(_metric_row("seed_ari", card.scores["seed_ari"], detail="chosen"))
    return pa.Table.from_pylist(rows, METRICS)


def _of(candidate: Mapping[str, Any]) -> Iterator[Row]:
    what = f"{candidate['space']} {candidate['algorithm']} k={candidate['k']}"
    verdict = candidate["verdict"]
    why = f"{what}: {write_note(verdict['code'], verdict['values'], 'en')}"
    yield _metric_row("silhouette", candidate.get("silhouette"), detail=why)
    stability = candidate.get("stability")
    if stability:
        yield _metric_row("bootstrap_ari", stability["ari"], stability["ari_low"], detail=what)
        yield _metric_row("bootstrap_jaccard", stability["jaccard"], detail=what)


def _metric_row(name: str, value: float | None, low: float | None = None, *, detail: str) -> Row:
    return {"name": name, "value": value, "low": low, "high": None, "detail": detail}


def _write(name: str, value: Any, lang: Lang) -> str:
    if name.endswith("share"):
        return format_share(value, lang)
    if isinstance(value, float):
        return format_number(value, lang, 3)
    return format_number(value, lang) if isinstance(value, int) else str(value)


CANDIDATES = pa.schema(
    [
        ("position", pa.int64()),
        ("space", pa.string()),
        ("algorithm", pa.string()),
        ("parameters", pa.string()),
        ("k", pa.int64()),
        ("silhouette", pa.float64()),
        ("silhouette_error", pa.float64()),
        ("own_silhouette", pa.float64()),
        ("permuted_silhouette", pa.float64()),
        ("davies_bouldin", pa.float64()),
        ("calinski_harabasz", pa.float64()),
        ("within_ss", pa.float64()),
        ("noise_share", pa.float64()),
        ("smallest_share", pa.float64()),
        ("largest_share", pa.float64()),
        ("shares", pa.string()),
        ("revenue_shares", pa.string()),
        ("bootstrap_ari", pa.float64()),
        ("bootstrap_ari_low", pa.float64()),
        ("jaccard", pa.float64()),
        ("seed_ari", pa.float64()),
        ("refits", pa.int64()),
        ("fidelity", pa.float64()),
        ("foresight", pa.float64()),
        ("chosen", pa.bool_()),
        ("verdict", pa.string()),
        ("verdict_en", pa.string()),
        ("verdict_pt_br", pa.string()),
    ]
)
"""Columns of ``segment_candidates``; null where a figure was not measured."""

_STABILITY = {"bootstrap_ari": "ari", "bootstrap_ari_low": "ari_low", "jaccard": "jaccard"}
_JSON = ("parameters", "shares", "revenue_shares")


def tabulate_candidates(card: Card) -> pa.Table:
    """Give every candidate of a segmentation's card as a row of ``segment_candidates``."""
    listed = enumerate(card.scores.get("candidates", ()), start=1)
    rows = [_row(position, candidate) for position, candidate in listed]
    return pa.Table.from_pylist(rows, CANDIDATES)


def _row(position: int, candidate: Mapping[str, Any]) -> dict[str, Any]:
    verdict, stability = candidate["verdict"], candidate.get("stability") or {}
    shares = candidate.get("shares") or ()
    plain = {name: candidate.get(name) for name in CANDIDATES.names}
    return plain | {
        "position": position,
        "smallest_share": min(shares, default=None),
        "largest_share": max(shares, default=None),
        "chosen": bool(candidate.get("chosen")),
        "verdict": verdict["code"],
        "verdict_en": write_note(verdict["code"], verdict["values"], "en"),
        "verdict_pt_br": write_note(verdict["code"], verdict["values"], "pt_BR"),
        **{name: stability.get(key) for name, key in _STABILITY.items()},
        **{name: _json(candidate.get(name)) for name in _JSON},
    }


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
