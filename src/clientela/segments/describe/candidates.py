"""Candidates of a segmentation's card as rows, with verdicts in words: the evidence for people."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa

from clientela.i18n import Lang, format_number, format_share, t
from clientela.registry.card import Card

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
        ("row_agreement", pa.float64()),
        ("foresight", pa.float64()),
        ("chosen", pa.bool_()),
        ("verdict", pa.string()),
        ("verdict_en", pa.string()),
        ("verdict_pt_br", pa.string()),
    ]
)
"""Columns of ``segment_candidates``; null where a figure was not measured."""

METRICS = pa.schema(
    [
        ("name", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("detail", pa.string()),
    ]
)
"""Columns that :func:`tabulate_metrics` makes of ``metrics``."""

UNTRIED = "untried"
Row = dict[str, Any]


def write_note(code: str, values: Mapping[str, Any], lang: Lang) -> str:
    """Write a verdict or a note of a card for people.

    Examples
    --------
    >>> write_note("too_small", {"share": 0.004, "limit_share": 0.01}, "en")
    'Its smallest segment holds 0.4% of the customers, less than the 1.0% required.'
    """
    texts = {name: _write_value(name, value, lang) for name, value in values.items()}
    return t(f"segmentation.{code}", lang, **texts)


def tabulate_candidates(card: Card) -> pa.Table:
    """Return every candidate of a card as a row of ``segment_candidates``."""
    rows = []
    for position, candidate in enumerate(card.scores.get("candidates", ()), start=1):
        verdict, stability = candidate["verdict"], candidate.get("stability") or {}
        shares = candidate.get("shares") or ()
        row = {name: candidate.get(name) for name in CANDIDATES.names}
        row |= {name: _encode(candidate.get(name)) for name in _JSON_COLUMNS}
        row |= {
            "position": position,
            "smallest_share": min(shares, default=None),
            "largest_share": max(shares, default=None),
            "bootstrap_ari": stability.get("ari"),
            "bootstrap_ari_low": stability.get("ari_low"),
            "jaccard": stability.get("jaccard"),
            "chosen": bool(candidate.get("chosen")),
            "verdict": verdict["code"],
            "verdict_en": write_note(verdict["code"], verdict["values"], "en"),
            "verdict_pt_br": write_note(verdict["code"], verdict["values"], "pt_BR"),
        }
        rows.append(row)
    return pa.Table.from_pylist(rows, CANDIDATES)


_JSON_COLUMNS = ("parameters", "shares", "revenue_shares")


def tabulate_metrics(card: Card) -> pa.Table:
    """Return the figures of a segmentation's card as rows of the results database.

    Every candidate tried has its silhouette, with its verdict in English as detail, and its
    agreement with bootstrap refits, from the 5 % quantile up; the winner that over seeds too.
    """
    rows: list[Row] = []
    for candidate in card.scores["candidates"]:
        verdict, stability = candidate["verdict"], candidate.get("stability")
        if verdict["code"] == UNTRIED:
            continue
        name = f"{candidate['space']} {candidate['algorithm']} k={candidate['k']}"
        reason = f"{name}: {write_note(verdict['code'], verdict['values'], 'en')}"
        rows.append(_write_metric("silhouette", candidate.get("silhouette"), reason))
        if stability:
            ari, low = stability["ari"], stability["ari_low"]
            rows.append(_write_metric("bootstrap_ari", ari, name) | {"low": low})
            rows.append(_write_metric("bootstrap_jaccard", stability["jaccard"], name))
    if "seed_ari" in card.scores:
        rows.append(_write_metric("seed_ari", card.scores["seed_ari"], "chosen"))
    return pa.Table.from_pylist(rows, METRICS)


def _write_metric(name: str, value: float | None, detail: str) -> Row:
    return {"name": name, "value": value, "low": None, "high": None, "detail": detail}


def _write_value(name: str, value: Any, lang: Lang) -> str:
    if name.endswith("share"):
        return format_share(value, lang)
    if isinstance(value, float):
        return format_number(value, lang, 3)
    return format_number(value, lang) if isinstance(value, int) else str(value)


def _encode(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
