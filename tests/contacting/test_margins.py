"""Margins: the firm's, or by what each customer buys."""

import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from clientela.config import Economics, parse_settings
from clientela.contacting.margins import read_margins
from clientela.engine import Engine
from clientela.errors import ConfigError
from clientela.features.history import History
from clientela.tables.schema import Tables
from tests.features.rows import at, sale, transactions

DAY = dt.date(2011, 6, 30)
IDS = pa.chunked_array([["a", "b", "c"]])


def history(engine: Engine) -> History:
    moment = at("2011-06-01")
    rows = [
        sale("30", moment, customer_id="a", category="Tea"),
        sale("10", moment, customer_id="a", category="Cups"),
        sale("10", moment, customer_id="b"),
    ]
    held = engine.from_arrow(transactions(rows))
    return History(engine, lambda group: Tables(held), [("0",)], dt.date(2011, 1, 1), DAY)


def test_a_customer_has_the_margin_of_what_was_bought(duckdb: Engine) -> None:
    economics = Economics(gross_margin=0.2, category_margins={"Tea": 0.6})
    assert read_margins(history(duckdb), IDS, economics) == pytest.approx([0.5, 0.2, 0.2])


def test_without_a_margin_nothing_is_known(duckdb: Engine) -> None:
    assert np.isnan(read_margins(history(duckdb), IDS, Economics())).all()


def test_costs_of_the_sales_make_the_margins(duckdb: Engine) -> None:
    moment = at("2011-06-01")
    rows = [
        sale("30", moment, customer_id="a", cost=Decimal(12)),
        sale("10", moment, customer_id="a", cost=Decimal(12)),
        sale("10", moment, customer_id="a"),
        sale("10", moment, customer_id="b", cost=Decimal(30)),
        sale("10", moment, customer_id="c"),
    ]
    held = duckdb.from_arrow(transactions(rows))
    costed = History(duckdb, lambda group: Tables(held), [("0",)], dt.date(2011, 1, 1), DAY)
    assert read_margins(costed, IDS, Economics()) == pytest.approx([0.4, 0.0, 0.0])
    assert read_margins(costed, IDS, Economics(gross_margin=0.3)) == pytest.approx([0.3] * 3)


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ({"category_margins": {"Tea": 0.6}}, "gross_margin"),
        ({"channel": "sms", "contact_costs": {"email": 1.0}}, "sms"),
        ({"gross_margin": 1.2}, "gross_margin"),
        ({"contact_costs": {"fax": 1.0}}, "fax"),
    ],
)
def test_half_a_cost_side_is_refused(section: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        parse_settings({"economics": section})
