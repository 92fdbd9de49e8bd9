"""The SQL of expressions, compiled once a process however often equal ones are built.

To compile costs Ibis many times what DuckDB needs to run a query on few rows. The SQL is kept by
all that decides it: every node of the expression, by what it says and not by which object it is.
Tables that an engine named itself count by their order, and so do the days and moments of DuckDB's
queries, which are asked for many days and hold the clock: their names and values are put into the
SQL. An expression that holds anything else than plain values is compiled each time.
"""

import datetime as dt
import hashlib
import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.common.graph import Node
from ibis.common.grounds import Concrete

CAPACITY = 512  # by convention: a run of several sources compiles some 200, of 10 KB on average
PLAIN = (str, bytes, bool, int, float, Decimal, dt.date, dt.time, dt.timedelta, Enum, type(None))

NAMED = f"clientela_{secrets.token_hex(8)}_"  # no text of a source holds it
_NAMES = re.compile(NAMED + "[0-9]+")
_MOMENTS = ("MAKE_DATE(", "MAKE_TIMESTAMP(")
_REPLACED = re.compile(rf"{NAMED}[0-9]+|MAKE_(?:DATE|TIMESTAMP)\([0-9., ]+\)")

_compiled: OrderedDict[tuple[str, bool, bytes], tuple[str, list[str]]] = OrderedDict()
_lock = threading.Lock()


def compile_once(dialect: str, expr: ir.Table, compile_sql: Callable[[ir.Table], str]) -> str:
    """Return the SQL of an expression, compiled unless an equal one was before.

    Parameters
    ----------
    dialect : str
        The engine whose SQL it is.
    expr : ir.Table
        Upon tables that are known by their names alone; those of :func:`name_table` may differ.
    compile_sql : callable
        What compiles.
    """
    names: dict[str, int] = {}
    digest = digest_node(expr.op(), names, by_order=dialect == "duckdb")
    if digest is None:
        return compile_sql(expr)
    key = (dialect, bool(ibis.options.sql.fuse_selects), digest)
    with _lock:
        if key in _compiled:
            _compiled.move_to_end(key)
            return _rename_tables(*_compiled[key], list(names))
    sql = compile_sql(expr)
    if any(name not in sql for name in names if name.startswith(_MOMENTS)):
        return sql  # spelt in another way, it could not be replaced
    with _lock:
        _compiled[key] = (sql, list(names))
        if len(_compiled) > CAPACITY:
            _compiled.popitem(last=False)
    return sql


def name_table(number: int) -> str:
    """Return the name of an engine's own table, by which equal queries upon others are known."""
    return f"{NAMED}{number}"


def _rename_tables(sql: str, before: list[str], after: list[str]) -> str:
    if before == after:
        return sql
    renamed = dict(zip(before, after, strict=True))
    return _REPLACED.sub(lambda match: renamed.get(match[0], match[0]), sql)


def digest_node(
    root: Node, names: dict[str, int] | None = None, *, by_order: bool = False
) -> bytes | None:
    """Return a digest of all that an expression says; None where that cannot be written down.

    Names of :func:`name_table` stand in it by their order, in which ``names`` receives them;
    with ``by_order`` days and moments do too, as DuckDB spells them.

    Examples
    --------
    >>> t = ibis.table({"n": "int64"}, name="t")
    >>> digest_node((t.n + 1).op()) == digest_node((t.n + 1).op())
    True
    >>> digest_node((t.n + 1).op()) == digest_node((t.n + 2).op())
    False
    """
    numbers: dict[int, int] = {}
    opened: set[int] = set()
    names = {} if names is None else names
    texts: dict[str, int] = {}
    waiting = [root]
    try:
        while waiting:
            node = waiting[-1]
            if id(node) not in opened:
                opened.add(id(node))
                _add_nodes(node.__args__, waiting)
                continue
            waiting.pop()
            if id(node) in numbers:
                continue  # it stands in several places
            moment = _spell_moment(node) if by_order else None
            written = (
                _write(node.__args__, numbers, names)
                if moment is None
                else f"moment {names.setdefault(moment, len(names))} {_write_type(node.dtype)}"
            )
            text = f"{_name(type(node))}{written}"
            numbers[id(node)] = texts.setdefault(text, len(texts))
    except TypeError:
        return None
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).digest()


def _spell_moment(node: Node) -> str | None:
    """Spell a day or a local time as Ibis does for DuckDB; None for any other node."""
    value = node.value if isinstance(node, ops.Literal) else None
    if type(value) is dt.datetime and value.tzinfo is None:
        second = value.second + value.microsecond / 1e6
        return (
            f"MAKE_TIMESTAMP({value.year}, {value.month}, {value.day}, "
            f"{value.hour}, {value.minute}, {second})"
        )
    return (
        f"MAKE_DATE({value.year}, {value.month}, {value.day})" if type(value) is dt.date else None
    )


def _add_nodes(value: Any, nodes: list[Node]) -> None:
    """Add the nodes that a value holds."""
    if isinstance(value, Node):
        nodes.append(value)
    elif isinstance(value, tuple | frozenset):
        for part in value:
            _add_nodes(part, nodes)
    elif isinstance(value, dict):  # Ibis' own; any other mapping of nodes is not written down
        for part in value.values():
            _add_nodes(part, nodes)


def _write(value: Any, numbers: Mapping[int, int], names: dict[str, int]) -> str:
    """Write down a value, the nodes in it by their numbers, an engine's tables by their order.

    Raises
    ------
    TypeError
        It is of a kind that may say more than it shows.
    """
    if isinstance(value, Node):
        return f"#{numbers[id(value)]}"
    if isinstance(value, str):
        return _write_text(value, names)
    if isinstance(value, ibis.DataType):
        return _write_type(value)
    if isinstance(value, dict):
        members = [f"{name!r}: {_write(part, numbers, names)}" for name, part in value.items()]
        return "{" + ", ".join(members) + "}"
    if isinstance(value, tuple | frozenset):  # a set of columns that are left out
        parts = sorted(value) if isinstance(value, frozenset) else value
        return f"({', '.join([_write(part, numbers, names) for part in parts])})"
    if isinstance(value, PLAIN):
        return f"{type(value).__name__} {value!r}"
    if isinstance(value, Concrete):
        return f"{_name(type(value))}{_write(value.__args__, numbers, names)}"
    raise TypeError(f"{type(value)} cannot be written down")


def _write_text(text: str, names: dict[str, int]) -> str:
    if _NAMES.fullmatch(text):
        return f"table {names.setdefault(text, len(names))}"
    if any(moment in text for moment in _MOMENTS):
        raise TypeError("a text that reads like a moment could be replaced like one")
    return f"{type(text).__name__} {text!r}"


@cache
def _write_type(dtype: ibis.DataType) -> str:
    return f"{_name(type(dtype))}{_write(dtype.__args__, {}, {})}"


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
