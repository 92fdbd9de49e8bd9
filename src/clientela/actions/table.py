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
from clientela.i18n import LANGS, format_amount, format_number, t

FINDERS: tuple[Callable[[ActionInputs, int], Action | None], ...] = (
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
"""Columns of ``actions``."""


def recommend_actions(inputs: ActionInputs) -> pa.Table:
    """Find what applies to each segment, the most money first.

    Returns
    -------
    pa.Table
        Of :data:`ACTIONS`; ``action`` is cross_sell, win_back, basket, variety or returns.
    """
    actions = find_cross_sells(inputs) if len(inputs.snapshot) else []
    for segment in np.unique(inputs.segment):
        for find_action in FINDERS:
            action = find_action(inputs, int(segment))
            if action is not None:
                actions.append(action)
    applicable = sorted(
        (action for action in actions if action.applies),
        key=lambda action: (action.segment, -action.amount_at_stake, action.kind),
    )
    rows = [
        _write_row(inputs, action, position)
        for _, of_segment in groupby(applicable, key=lambda action: action.segment)
        for position, action in enumerate(of_segment, start=1)
    ]
    return pa.Table.from_pylist(rows, ACTIONS)


def _write_row(inputs: ActionInputs, action: Action, position: int) -> dict[str, Any]:
    row = {
        "segment": action.segment,
        "position": position,
        "action": action.kind,
        "audience": action.audience,
        "amount_at_stake": action.amount_at_stake,
        "detail": msgspec.json.encode(action.detail).decode(),
    }
    for lang in LANGS:
        values = {
            "segment": inputs.names[action.segment][lang],
            "id": str(action.segment),
            "audience": format_number(action.audience, lang),
            "amount": format_amount(action.amount_at_stake, lang, inputs.currency),
            **action.write_words(lang),
        }
        key, suffix = f"action.{action.kind}", lang.lower()
        row |= {
            f"title_{suffix}": t(f"{key}.title", lang, **values),
            f"text_{suffix}": t(f"{key}.text", lang, **values),
            f"audience_rule_{suffix}": t(f"{key}.audience", lang, **values),
            f"measure_{suffix}": t("action.measure", lang, **values),
        }
    return row
