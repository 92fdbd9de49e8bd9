"""Equal expressions are compiled once, and no other expression ever gets their SQL."""

import datetime as dt
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest

from clientela.engine import merged_selects
from clientela.engine.compiled import compile_once, digest_node, name_table


def orders(name: str = "orders", amount: str = "decimal(18, 4)") -> ir.Table:
    return ibis.table({"customer_id": "string", "day": "date", "amount": amount}, name=name)


def spend(t: ir.Table, since: dt.date = dt.date(2024, 1, 1), least: object = 1) -> ir.Table:
    late = t.filter(t.day >= ibis.literal(since))
    return late.group_by("customer_id").aggregate(spent=(late.amount * least).sum())


def test_an_equal_expression_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ibis.options.sql, "fuse_selects", False)
    compiled: list[ir.Table] = []

    def compile_sql(expr: ir.Table) -> str:
        compiled.append(expr)
        return f"query {len(compiled)}"

    name = "compiled_once"
    first = compile_once("tongue", spend(orders(name)), compile_sql)
    assert compile_once("tongue", spend(orders(name)), compile_sql) == first
    assert len(compiled) == 1
    with merged_selects():
        assert compile_once("tongue", spend(orders(name)), compile_sql) != first
    assert compile_once("other tongue", spend(orders(name)), compile_sql) != first
    assert len(compiled) == 3


def test_a_query_upon_other_tables_of_an_engine_names_those() -> None:
    def union(first: int, second: int) -> ir.Table:
        return ibis.union(spend(orders(name_table(first))), spend(orders(name_table(second))))

    def compile_sql(expr: ir.Table) -> str:
        return str(ibis.duckdb.compile(expr))

    one, other, swapped, itself = union(1, 2), union(7, 12), union(2, 1), union(1, 1)
    assert len({digest_node(expr.op()) for expr in (one, other, swapped)}) == 1
    assert digest_node(itself.op()) != digest_node(one.op())
    for expr in (one, other, swapped, itself):
        assert compile_once("duckdb", expr, compile_sql) == compile_sql(expr)


def test_a_query_of_another_day_or_moment_says_that() -> None:
    compiled: list[ir.Table] = []

    def compile_sql(expr: ir.Table) -> str:
        compiled.append(expr)
        return str(ibis.duckdb.compile(expr))

    def before(day: dt.date, *moments: dt.datetime) -> ir.Table:
        t = ibis.table({"day": "date", "at": "timestamp(6)"}, name="days_and_moments")
        return t.filter(t.day < ibis.literal(day), *[t.at != ibis.literal(at) for at in moments])

    day, noon = dt.date(2024, 1, 31), dt.datetime(2024, 2, 1, 12)
    late = dt.datetime(2024, 2, 1, 12, 0, 0, 517)
    questions = [
        before(day, noon, late),
        before(dt.date(1, 1, 2), late, noon),
        before(day, noon, noon + dt.timedelta(days=400)),
        before(day, noon, noon),
    ]
    sql = [compile_once("duckdb", question, compile_sql) for question in questions]
    assert len(compiled) == 2  # two moments that are the same are another question
    assert sql == [str(ibis.duckdb.compile(question)) for question in questions]


def test_a_text_like_a_moment_is_never_replaced() -> None:
    t = ibis.table({"day": "date", "note": "string"}, name="notes")
    day = ibis.literal(dt.date(2024, 1, 31))
    note = t.filter(t.day == day, t.note == "MAKE_DATE(2024, 1, 31)")
    assert digest_node(note.op(), by_order=True) is None


@pytest.mark.parametrize(
    "other",
    [
        spend(orders("returns")),
        spend(orders(amount="float64")),
        spend(orders(), dt.date(2024, 1, 2)),
        spend(orders(), least=2),
        spend(orders(), least=1.0),
        spend(orders(), least=Decimal(1)),
        spend(orders()).order_by("spent"),
        spend(orders()).rename(paid="spent"),
        spend(orders()).drop("spent"),
        spend(orders()).drop("customer_id"),
        spend(orders()).filter(ibis._.spent > 0),
    ],
)
def test_what_says_something_else_has_another_digest(other: ir.Table) -> None:
    assert digest_node(other.op()) not in (None, digest_node(spend(orders()).op()))


def test_columns_left_out_are_known_in_any_order() -> None:
    one, other = orders().drop("day", "amount"), orders().drop("amount", "day")
    assert digest_node(one.op()) == digest_node(other.op())
    assert digest_node(one.op()) not in (None, digest_node(orders().drop("day").op()))


def test_shared_and_repeated_parts_say_the_same() -> None:
    t = orders()
    shared = t.amount + 1
    once = t.select(x=shared * shared)
    twice = t.select(x=(t.amount + 1) * (orders().amount + 1))
    assert digest_node(once.op()) == digest_node(twice.op())


def test_what_cannot_be_written_down_is_compiled_each_time() -> None:
    held = ibis.memtable(pa.table({"n": [1, 2]}))
    assert digest_node(held.op()) is None
    numbers = iter(range(2))
    texts = [compile_once("duckdb", held, lambda _: str(next(numbers))) for _ in range(2)]
    assert texts == ["0", "1"]
