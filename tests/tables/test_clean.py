import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from clientela.config import Decision
from clientela.engine import Engine
from clientela.errors import ConfigError
from clientela.tables.clean import clean_lines
from clientela.tables.rules import RULES, TRANSACTION_RULES, Context, decisions
from tests.tables.lines import line, typed

CONTEXT = Context(
    now_local=dt.datetime(2021, 1, 1),
    cancel_prefix="C",
    fee_codes=("POST",),
    fee_prefixes=("GIFT_0001_",),
    currency="GBP",
    adjusts_stock=True,
)


@pytest.fixture(scope="module")
def engine(duckdb: Engine) -> Engine:
    return duckdb


def clean_one(
    engine: Engine,
    row: dict[str, Any],
    configured: dict[str, Decision] | None = None,
    corrections: dict[str, dict[str, str]] | None = None,
) -> dict[str, Any]:
    expr = clean_lines(
        engine.from_arrow(typed(row)),
        TRANSACTION_RULES,
        decisions(configured or {}),
        CONTEXT,
        corrections or {},
    )
    result: dict[str, Any] = engine.to_arrow(expr).to_pylist()[0]
    return result


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"ordered_local": None}, "unreadable_date"),
        ({"ordered_local": dt.datetime(2021, 1, 1, 0, 0, 1)}, "future_date"),
        ({"quantity": None, "amount": None}, "unreadable_number"),
        ({"amount": None}, "unreadable_number"),
        ({"currency": "EUR"}, "other_currency"),
        ({"unit_price": Decimal(0)}, "zero_price"),
        ({"unit_price": Decimal(-1)}, "negative_price"),
        ({"quantity": Decimal(0)}, "zero_quantity"),
        ({"quantity": Decimal(-1)}, "stray_negative"),
        ({"order_id": "c1"}, "positive_cancellation"),
    ],
)
def test_a_bad_line_goes_to_the_quarantine_under_its_rule(
    engine: Engine, given: dict[str, Any], rule: str
) -> None:
    row = clean_one(engine, line(**given))
    assert row["verdict"] == rule
    assert row[f"found_{rule}"]
    assert row["line"] == '{"x": null}'


def test_an_ordinary_line_passes_and_keeps_no_copy_of_its_text(engine: Engine) -> None:
    row = clean_one(engine, line())
    assert row["verdict"] is None
    assert row["line"] is None
    assert row["kind"] == "sale"
    assert not [name for name, value in row.items() if name.startswith("found_") and value]


def test_the_last_moment_before_the_run_is_not_the_future(engine: Engine) -> None:
    row = clean_one(engine, line(ordered_local=dt.datetime(2021, 1, 1)))
    assert not row["found_future_date"]


@pytest.mark.parametrize("code", ["POST", "post", "gift_0001_80"])
def test_a_fee_becomes_a_kind_of_its_own_whatever_its_sign(engine: Engine, code: str) -> None:
    assert clean_one(engine, line(product_id=code))["kind"] == "fee"
    negative = clean_one(engine, line(product_id=code, unit_price=Decimal(-11062)))
    assert (negative["kind"], negative["verdict"]) == ("fee", None)
    assert clean_one(engine, line(product_id=None, description=code))["kind"] == "fee"


def test_a_fee_that_is_kept_counts_as_a_product(engine: Engine) -> None:
    assert clean_one(engine, line(product_id="POST"), {"fee_line": "keep"})["kind"] == "sale"


def test_a_cancellation_is_a_return(engine: Engine) -> None:
    row = clean_one(engine, line(order_id="C1", quantity=Decimal(-2)))
    assert (row["kind"], row["verdict"]) == ("return", None)


def test_an_unspecified_country_becomes_empty_and_is_counted(engine: Engine) -> None:
    row = clean_one(engine, line(country="Unspecified"))
    assert row["country"] is None
    assert row["found_unspecified_country"]


def test_a_line_without_customer_keeps_its_null(engine: Engine) -> None:
    row = clean_one(engine, line(customer_id=None))
    assert row["customer_id"] is None
    assert row["verdict"] is None
    assert row["found_missing_customer"]


def test_an_order_is_derived_from_customer_and_day(engine: Engine) -> None:
    assert clean_one(engine, line(order_id=None))["order_id"] == "day:1:2020-01-01"


def test_a_spelling_variant_takes_the_usual_spelling(engine: Engine) -> None:
    row = clean_one(engine, line(country="eire"), corrections={"country": {"eire": "EIRE"}})
    assert row["country"] == "EIRE"
    assert row["found_spelling_variant"]


def test_the_first_rule_that_quarantines_names_the_line(engine: Engine) -> None:
    row = clean_one(engine, line(ordered_local=None, unit_price=Decimal(0)))
    assert row["verdict"] == "unreadable_date"
    assert row["found_zero_price"]


def test_a_rule_set_to_keep_finds_and_leaves(engine: Engine) -> None:
    row = clean_one(engine, line(unit_price=Decimal(0)), {"zero_price": "keep"})
    assert row["verdict"] is None
    assert row["found_zero_price"]


def test_every_default_is_offered() -> None:
    assert all(rule.default in rule.decisions for rule in RULES)


@pytest.mark.parametrize(
    "configured", [{"no_such_rule": "keep"}, {"unreadable_date": "keep"}], ids=["rule", "decision"]
)
def test_an_impossible_decision_is_refused(configured: dict[str, Decision]) -> None:
    with pytest.raises(ConfigError):
        decisions(configured)
