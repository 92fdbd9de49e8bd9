"""Ids without one sale: of returns alone, and of the customers file alone."""

import datetime as dt

from clientela.engine import Engine
from clientela.tables import summary
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, customers, sale, transactions

AS_OF = dt.date(2023, 6, 30)


def test_who_is_under_contract_without_a_transaction_is_counted(duckdb: Engine) -> None:
    lines = transactions([sale("10", at("2023-01-05"), customer_id="buys")])
    people: list[Row] = [
        {"customer_id": "buys"},
        {"customer_id": "silent"},
        {"customer_id": "signs_later", "signup_date": dt.date(2023, 7, 1)},
    ]
    listed = customers([{"line_key": "k", **row} for row in people])
    tables = Tables(duckdb.from_arrow(lines), duckdb.from_arrow(listed))
    found = duckdb.to_arrow(summary.no_purchases(tables, AS_OF)).to_pylist()
    assert [(row["customer_id"], row["lines"], row["first_seen"]) for row in found] == [
        ("silent", 0, None)
    ]


def test_lines_of_ids_that_the_customers_file_lacks_are_a_rule(duckdb: Engine) -> None:
    days = ("2023-01-05", "2023-02-05", "2023-07-05")  # the last is not known yet
    lines = [sale(str(n), at(day), customer_id="stray") for n, day in enumerate(days)]
    lines += [
        sale("10", at(days[0]), customer_id="listed"),
        sale("11", at(days[0]), customer_id=None),
    ]
    listed = duckdb.from_arrow(customers([{"line_key": "k", "customer_id": "listed"}]))
    tables = Tables(duckdb.from_arrow(transactions(lines)), listed)
    query = summary.sum_unlisted(tables, AS_OF)
    assert query is not None
    (row,) = duckdb.to_arrow(query).to_pylist()
    assert (row["rows"], row["customers"]) == (2, 1)
    assert row["amount"] == sum(line["amount"] for line in lines[:2])
    assert summary.sum_unlisted(Tables(tables.transactions), AS_OF) is None
