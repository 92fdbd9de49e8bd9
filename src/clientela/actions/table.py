"""The table of actions."""

from collections.abc import Callable
from itertools import groupby
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from clientela.actions.action import (
    Action,
    ActionInputs,
    find_basket_action,
    find_returns_action,
    find_variety_action,
    find_win_back_action,
)
from clientela.actions.cross_sell import find_cross_sells
from clientela.i18n import Lang, format_amount, format_number, t

OF_SEGMENT: tuple[Callable[[ActionInputs, int], Action | None], ...] = (
    find_win_back_action,
    find_basket_action,
    find_variety_action,
    find_returns_action,
)

ACTIONS = pa.schema(
    [
        ("segment", pa.int64()),
        ("position", pa.int64()),
        ("action", pa.string()),
        ("title_en", pa.string()),
        ("title_pt_br", pa.string()),
        ("text_en", pa.string()),
        ("text_pt_br", pa.string()),
        ("audience", pa.int64()),
        ("audience_rule_en", pa.string()),
        ("audience_rule_pt_br", pa.string()),
        ("amount_at_stake", pa.float64()),
        ("measure_en", pa.string()),
        ("measure_pt_br", pa.string()),
        ("detail", pa.string()),
    ]
)
"""Columns of ``recommend_actions``."""


def recommend_actions(base: ActionInputs) -> pa.Table:
    """Find what applies to each segment, the most money first.

    Returns
    -------
    pa.Table
        Of :data:`ACTIONS`; ``action`` is cross_sell, win_back, basket, variety or returns.
    """
    found = find_cross_sells(base) if len(base.snapshot) else []
    for segment in np.unique(base.segment):
        made = (make(base, int(segment)) for make in OF_SEGMENT)
        found += [action for action in made if action is not None]
    ranked = sorted(
        (one for one in found if one.applies),
        key=lambda one: (one.segment, -one.amount_at_stake, one.kind),
    )
    places = (
        place
        for _, mine in groupby(ranked, key=lambda one: one.segment)
        for place, _ in enumerate(mine, start=1)
    )
    rows = [_row(base, one, place) for one, place in zip(ranked, places, strict=True)]
    return pa.Table.from_pylist(rows, ACTIONS)


def _row(base: ActionInputs, action: Action, position: int) -> dict[str, Any]:
    return {
        "segment": action.segment,
        "position": position,
        "action": action.kind,
        "audience": action.audience,
        "amount_at_stake": action.amount_at_stake,
        "detail": msgspec.json.encode(action.detail).decode(),
        **_texts(base, action, "en", "en"),
        **_texts(base, action, "pt_BR", "pt_br"),
    }


def _texts(base: ActionInputs, action: Action, lang: Lang, suffix: str) -> dict[str, str]:
    values = {
        "segment": base.names[action.segment][lang],
        "id": str(action.segment),
        "audience": format_number(action.audience, lang),
        "amount": format_amount(action.amount_at_stake, lang, base.currency),
        **action.words(lang),
    }
    key = f"action.{action.kind}"
    return {
        f"title_{suffix}": t(f"{key}.title", lang, **values),
        f"text_{suffix}": t(f"{key}.text", lang, **values),
        f"audience_rule_{suffix}": t(f"{key}.audience", lang, **values),
        f"measure_{suffix}": t("action.measure", lang, **values),
    }
