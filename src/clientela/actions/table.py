"""The table of actions, and which of them address each customer."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from clientela.actions.action import PERIOD_DAYS, Action, ActionInputs
from clientela.actions.cross_sell import find_cross_sells
from clientela.actions.programme_actions import find_programme_actions
from clientela.actions.segment_actions import (
    find_basket_action,
    find_returns_action,
    find_variety_action,
    find_win_back_action,
)
from clientela.i18n import LANGS, Lang, format_amount, format_number, format_share, t
from clientela.store.arrow_schemas import arrow_schema

FINDERS: tuple[Callable[[ActionInputs, int], Action | None], ...] = (
    find_win_back_action,
    find_basket_action,
    find_variety_action,
    find_returns_action,
)

ACTIONS = arrow_schema("actions")
"""Columns of ``actions``."""


def recommend_actions(inputs: ActionInputs) -> tuple[pa.Table, pa.Table]:
    """Find what applies to segments, groups of the programme and everyone, the most money first.

    Returns
    -------
    pa.Table, pa.Table
        The actions, of :data:`ACTIONS`, the largest upside first; and ``customer_id`` beside
        ``actions``, a JSON list of the ids of the actions for each.
    """
    candidates: list[Action | None] = []
    if len(inputs.today.ids):
        candidates += [*find_cross_sells(inputs), *find_programme_actions(inputs)]
    for segment in np.unique(inputs.today.segment):
        candidates += [find_action(inputs, int(segment)) for find_action in FINDERS]
    actions = sorted(
        (action for action in candidates if action is not None and action.applies),
        key=lambda action: (
            -(0.0 if action.upside is None else action.upside.amount),
            -action.amount_at_stake,
            action.kind,
            action.segment or 0,
        ),
    )
    ids = _name_actions(actions)
    rows = [
        _write_row(inputs, action, name, position)
        for position, (action, name) in enumerate(zip(actions, ids, strict=True), start=1)
    ]
    addressed: list[list[str]] = [[] for _ in range(len(inputs.today.ids))]
    for action, name in zip(actions, ids, strict=True):
        for row in action.rows.tolist():
            addressed[row].append(name)
    listed = pa.array([json.dumps(names) if names else None for names in addressed], pa.string())
    customers = pa.table({"customer_id": inputs.today.ids, "actions": listed})
    return pa.Table.from_pylist(rows, ACTIONS), customers


def _name_actions(actions: list[Action]) -> list[str]:
    """Name actions by what is done and for whom, such as win-back-4 and cross-sell-1."""
    names, numbers = [], Counter[str]()
    for action in actions:
        kind = action.kind.replace("_", "-")
        number = action.segment
        if action.target == "everyone":
            numbers[kind] += 1
            number = numbers[kind]
        names.append(kind if number is None else f"{kind}-{number}")
    return names


def _write_row(
    inputs: ActionInputs, action: Action, action_id: str, position: int
) -> dict[str, Any]:
    upside = action.upside
    row = {
        "action_id": action_id,
        "target": action.target,
        "segment": action.segment,
        "position": position,
        "action": action.kind,
        "audience": action.audience,
        "amount_at_stake": action.amount_at_stake,
        "upside": None if upside is None else upside.amount,
        "horizon_days": PERIOD_DAYS,
        "peers": None if upside is None else upside.peers,
        "peers_reached": None if upside is None else upside.reached,
        "buyers_share": action.buyers_share,
        "smallest_buyers_share": action.smallest_rate,
        "detail": msgspec.json.encode(action.detail).decode(),
    }
    for lang in LANGS:
        values = _write_values(inputs, action, action_id, lang)
        key, suffix = f"action.{action.kind}", lang.lower()
        row |= {
            f"title_{suffix}": t(f"{key}.title", lang, **values),
            f"text_{suffix}": _write_text(action, values, lang),
            f"audience_rule_{suffix}": t(f"{key}.audience", lang, **values),
            f"measure_{suffix}": _write_measure(action, values, lang),
        }
    return row


def _write_values(
    inputs: ActionInputs, action: Action, action_id: str, lang: Lang
) -> dict[str, str]:
    upside = action.upside
    values = {
        "segment": "" if action.segment is None else inputs.names[action.segment][lang],
        "id": action_id,
        "audience": format_number(action.audience, lang),
        "amount": format_amount(action.amount_at_stake, lang, inputs.currency),
        "days": format_number(PERIOD_DAYS, lang),
        "base": format_share(action.buyers_share or 0.0, lang),
        "smallest": format_share(action.smallest_rate or 0.0, lang),
        **action.write_words(lang),
    }
    if upside is not None:
        values |= {
            "peers": format_number(upside.peers, lang),
            "reached": format_number(upside.reached, lang),
            "share": format_share(upside.reached / upside.peers, lang),
            "gain_each": format_amount(upside.gain_each, lang, inputs.currency),
            "upside": format_amount(upside.amount, lang, inputs.currency),
            "margin": format_share(upside.margin or 0.0, lang),
        }
    return values


def _write_text(action: Action, values: Mapping[str, str], lang: Lang) -> str:
    """Say what these customers do, and what others of the same start gained."""
    parts = [t(f"action.{action.kind}.text", lang, **values)]
    if action.upside is None:
        state = "unsaved" if action.kind == "retention" else "unmeasured"
        return f"{parts[0]} {t(f'action.upside.{state}', lang, **values)}"
    parts.append(t(f"action.{action.kind}.peers", lang, **values))
    worth = "revenue" if action.upside.margin is None else "margin"
    parts.append(t(f"action.upside.{worth}", lang, **values))
    return " ".join(parts)


def _write_measure(action: Action, values: Mapping[str, str], lang: Lang) -> str:
    """Say how to measure the effect, and what an experiment with the audience can show."""
    parts = [t("action.measure", lang, **values)]
    if action.buyers_share is not None:
        state = "smallest" if action.smallest_rate is not None else "too_small"
        parts.append(t(f"action.measure.{state}", lang, **values))
    return " ".join(parts)
