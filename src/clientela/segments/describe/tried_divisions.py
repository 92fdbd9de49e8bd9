"""The divisions that were tried and left untried, one row each, with verdicts in words."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow as pa

from clientela.registry.card import Card
from clientela.segments.describe.evidence import sentence

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


def candidates_table(card: Card) -> pa.Table:
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
        "verdict_en": sentence(verdict["code"], verdict["values"], "en"),
        "verdict_pt_br": sentence(verdict["code"], verdict["values"], "pt_BR"),
        **{name: stability.get(key) for name, key in _STABILITY.items()},
        **{name: _json(candidate.get(name)) for name in _JSON},
    }


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()
