"""The table of actions."""

import pyarrow as pa

from clientela.decisions.actions.base import Base

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


def actions(base: Base) -> pa.Table:
    """Find what applies to each segment, the most money first.

    Returns
    -------
    pa.Table
        Of :data:`ACTIONS`; ``action`` is cross_sell, win_back, basket, variety or returns.
    """
    raise NotImplementedError
