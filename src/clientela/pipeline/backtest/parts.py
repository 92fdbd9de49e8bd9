"""What a part of a backtest gives back, and how parts are put together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

PILED = ("model_metrics",)
"""Tables of which both the rows of learning and those of judging are kept."""


@dataclass(frozen=True)
class Part:
    """Tables of :mod:`clientela.store.arrow_schemas`, and what else there is to say.

    Parameters
    ----------
    tables : dict of str to pa.Table
        Of learning and of judging, put together.
    judged : pa.Table or None
        The rows of ``model_metrics`` of the judged days alone.
    facts : dict
        Figures that stand in no table, ready for JSON.
    """

    tables: dict[str, pa.Table] = field(default_factory=dict)
    judged: pa.Table | None = None
    facts: dict[str, Any] = field(default_factory=dict)


def part(learnt: Mapping[str, pa.Table], judged: Mapping[str, pa.Table], **facts: object) -> Part:
    """Put what was learnt and what was judged together; the judged goes before."""
    tables = dict(learnt) | dict(judged)
    for name in PILED:
        piled = [each[name] for each in (learnt, judged) if name in each]
        if piled:
            tables[name] = pa.concat_tables(piled)
    return Part(tables, judged.get("model_metrics"), facts)


def whole(parts: Iterable[Part]) -> tuple[dict[str, list[Any]], list[Any]]:
    """Give every table's rows, and those of the judged days, of all parts."""
    tables: dict[str, list[Any]] = {}
    judged: list[Any] = []
    for each in parts:
        for name, table in each.tables.items():
            tables.setdefault(name, []).extend(table.to_pylist())
        judged += each.judged.to_pylist() if each.judged is not None else []
    return tables, judged
