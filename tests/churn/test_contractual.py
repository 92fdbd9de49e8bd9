"""Contracts that end: labels by date, dates derived from activity, and no look into the silence."""

import dataclasses
import datetime as dt
import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from clientela.churn.fit import contractual, leakage
from clientela.churn.fit.churn_dates import load_churn_dates
from clientela.churn.fit.contractual import ContractualChurn
from clientela.churn.fit.training_data import LabelledSnapshot
from clientela.config import Churn
from clientela.engine import Engine
from clientela.errors import InputError
from clientela.features.history import History
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, customers, sale, transactions

FIRST, AS_OF = dt.date(2023, 1, 1), dt.date(2023, 12, 31)
DAY, HORIZON_DAYS = dt.date(2023, 6, 30), 90
GAP_DAYS = 10


def purchases(customer: str, first: str, last: str, every: int = GAP_DAYS) -> list[Row]:
    begin, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    days = [begin + dt.timedelta(days=n) for n in range(0, (end - begin).days + 1, every)]
    return [sale("10", at(str(day)), customer_id=customer) for day in days]


def firm(
    engine: Engine, lines: list[Row], people: list[Row], as_of: dt.date = AS_OF, seed: int = 0
) -> History:
    mixed = np.random.default_rng(seed)
    rows = transactions(lines).take(pa.array(mixed.permutation(len(lines))))
    listed = customers([{"line_key": "k", **row} for row in people])
    listed = listed.take(pa.array(mixed.permutation(len(people))))
    held = Tables(engine.from_arrow(rows), engine.from_arrow(listed))
    return History(engine, lambda group: held, [("0",)], FIRST, as_of)


def flags(**left: bool | str | None) -> list[Row]:
    """Give customers with a flag, or with the date of their exit."""
    return [
        {"customer_id": name, "churned": True, "churned_at": dt.date.fromisoformat(told)}
        if isinstance(told, str)
        else {"customer_id": name, "churned": told}
        for name, told in left.items()
    ]


def outcome(one: LabelledSnapshot) -> dict[str, bool]:
    return dict(zip(one.table["customer_id"].to_pylist(), one.left.tolist(), strict=True))


def test_a_date_after_the_day_and_within_the_horizon_is_leaving(duckdb: Engine) -> None:
    dates = {
        "before": "2023-06-29",
        "on": "2023-06-30",
        "next": "2023-07-01",
        "last": "2023-09-28",
        "after": "2023-09-29",
    }
    lines = [
        row
        for name in (*dates, "stays", "silent")
        for row in purchases(name, "2023-01-01", "2023-03-01")
    ]
    history = firm(duckdb, lines, flags(**dates, stays=False, silent=None))
    found = contractual.label_contract_holders(history, DAY, HORIZON_DAYS)
    assert outcome(found) == {
        "after": False, "last": True, "next": True, "silent": False, "stays": False,
    }  # fmt: skip
    assert not {"churned", "churned_at", "last_order_date"} & set(found.table.column_names)


def test_worth_is_the_pace_of_the_last_year_over_the_horizon(duckdb: Engine) -> None:
    history = firm(duckdb, purchases("a", "2023-01-01", "2023-06-30"), flags(a=False))
    found = contractual.label_contract_holders(history, DAY, HORIZON_DAYS)
    assert found.worth.tolist() == [pytest.approx(190.0 / 181 * 90)]


def crowd() -> tuple[list[Row], list[Row]]:
    """Give leavers of every month of the year, and stayers, half of whom buy seldom."""
    lines, people = [], []
    for n in range(60):
        name, every = f"c{n:02d}", 10 if n % 2 else 30
        leaves = n % 3 == 0
        last = AS_OF - dt.timedelta(days=30 + 5 * n) if leaves else AS_OF
        lines += purchases(name, "2023-01-01", str(last), every)
        people.append({"customer_id": name, "churned": leaves})
    return lines, people


@pytest.fixture(scope="module")
def asked(duckdb: Engine) -> ContractualChurn:
    lines, people = crowd()
    for n, row in enumerate(people):
        said = {"reason": f"r{n % 2}" if row["churned"] else None, "plan": "A" if n % 4 else "B"}
        row["attributes"] = json.dumps(said)
    return contractual.prepare_contractual(firm(duckdb, lines, people), Churn(max_dates=3))


@pytest.mark.slow
def test_an_exit_lies_between_the_last_purchase_and_the_end(duckdb: Engine) -> None:
    lines, people = crowd()
    dates = load_churn_dates(firm(duckdb, lines, people))
    left = dates.derived
    assert (dates.exits[left] > dates.last_seen[left]).all()
    assert (dates.exits[left] <= np.datetime64(AS_OF)).all()
    assert np.isnat(dates.exits[~left]).all()


@pytest.mark.slow
def test_those_silent_on_a_past_day_are_asked_about(duckdb: Engine) -> None:
    lines, people = crowd()
    lines += purchases("quiet", "2023-01-01", "2023-04-01")  # never flagged: still under contract
    people += flags(quiet=False)
    found = outcome(
        contractual.label_contract_holders(firm(duckdb, lines, people), DAY, HORIZON_DAYS)
    )
    assert found["quiet"] is False
    assert any(found.values())


def test_on_the_last_day_the_flag_alone_says_who_left(duckdb: Engine) -> None:
    lines = purchases("a", "2023-01-01", "2023-05-01") + purchases("b", "2023-01-01", "2023-12-27")
    dates = load_churn_dates(firm(duckdb, lines, flags(a=True, b=True)))
    assert dates.gap_days == GAP_DAYS
    ids = pa.chunked_array([pa.array(["b", "a", "nobody"])])
    assert dates.find_leavers(ids, AS_OF).tolist() == [True, True, False]
    assert "exits" not in vars(dates)  # nothing was estimated for it


@pytest.mark.slow
def test_on_a_past_day_a_flag_of_today_is_not_known(duckdb: Engine) -> None:
    lines, people = crowd()
    people += flags(later=True)
    lines += purchases("later", "2023-01-01", "2023-05-01") + purchases(
        "later", "2023-11-01", "2023-11-05"
    )
    past = contractual.prepare_contractual(
        firm(duckdb, lines, people, as_of=dt.date(2023, 9, 30)), Churn(horizon_days=30)
    )
    assert "later" in past.today["customer_id"].to_pylist()
    assert "later" not in past.gone["customer_id"].to_pylist()


@pytest.mark.slow
def test_the_order_of_rows_changes_nothing(duckdb: Engine) -> None:
    lines, people = crowd()
    one, two = (
        contractual.label_contract_holders(
            firm(duckdb, lines, people, seed=seed), DAY, HORIZON_DAYS
        )
        for seed in (1, 2)
    )
    assert one.table.equals(two.table)
    assert one.left.tolist() == two.left.tolist()


@pytest.mark.slow
def test_who_left_is_gone_and_the_others_are_scored(asked: ContractualChurn) -> None:
    assert (asked.today.num_rows, asked.gone.num_rows) == (40, 20)
    assert asked.horizon_days == 90
    assert asked.past[0].table.column_names == asked.today.column_names
    assert asked.past[0].known_on is not None
    assert asked.past[0].known_on <= AS_OF


def test_the_horizon_is_not_over(duckdb: Engine) -> None:
    lines, people = crowd()
    with pytest.raises(ValueError, match="lies after"):
        contractual.label_contract_holders(firm(duckdb, lines, people), AS_OF, 30)


def test_what_was_written_after_the_exit_is_no_feature(asked: ContractualChurn) -> None:
    assert "plan" in asked.today.column_names
    assert "reason" not in asked.today.column_names
    codes = asked.notes["code"].to_pylist()
    assert codes == ["undated", "flattering", "undated_attributes", "telltale"]
    assert "reason" in asked.notes["text_pt_br"].to_pylist()[3]


def test_the_flattering_figure_is_named_in_both_languages(asked: ContractualChurn) -> None:
    figure = asked.flattering_auc
    assert figure is not None
    assert figure > 0.9
    texts = asked.notes.filter(pc.equal(asked.notes["code"], "flattering")).to_pylist()[0]
    assert f"{figure:.3f}" in texts["text_en"]
    assert f"{figure:.3f}".replace(".", ",") in texts["text_pt_br"]
    tables = leakage.prepend_notes({}, asked.notes, figure)
    assert tables["model_metrics"].to_pylist()[0]["model"] == "leaky_flag"
    assert tables["model_notes"]["position"].to_pylist() == [1, 2, 3, 4]


def test_where_exits_are_dated_there_is_no_trap(duckdb: Engine) -> None:
    lines, people = crowd()
    for row in people:
        row["churned_at"] = dt.date(2023, 8, 1) if row["churned"] else None
    asked = contractual.prepare_contractual(firm(duckdb, lines, people), Churn())
    assert not asked.derived
    assert asked.flattering_auc is None
    assert asked.notes.num_rows == 0


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (lambda n: False, "nobody left"),
        (lambda n: True, "everybody left"),
        (lambda n: n < 3, "3 of 60 customers left"),
    ],
)
def test_too_little_to_learn_from_is_told(duckdb: Engine, left: object, said: str) -> None:
    assert callable(left)
    lines, people = crowd()
    marked = [row | {"churned": left(n), "churned_at": None} for n, row in enumerate(people)]
    marked = [
        row | {"churned_at": dt.date(2023, 8, 1)} if row["churned"] else row for row in marked
    ]
    with pytest.raises(InputError, match=said) as told:
        contractual.prepare_contractual(firm(duckdb, lines, marked), Churn())
    assert told.value.do


def test_ten_customers_and_a_month_are_too_little(duckdb: Engine) -> None:
    lines, people = crowd()
    ten = {row["customer_id"] for row in people[:10]}
    few = [row for row in lines if row["customer_id"] in ten]
    with pytest.raises(InputError, match="of 10 customers left"):
        contractual.prepare_contractual(firm(duckdb, few, people[:10]), Churn())
    short = dataclasses.replace(firm(duckdb, lines, people), first_day=dt.date(2023, 12, 1))
    with pytest.raises(InputError, match="too short"):
        contractual.prepare_contractual(short, Churn())


def test_a_flag_or_a_date_is_wanted(duckdb: Engine) -> None:
    lines = purchases("a", "2023-01-01", "2023-03-01")
    assert contractual.has_churn_column(firm(duckdb, lines, flags(a=False)))
    assert contractual.has_churn_column(firm(duckdb, lines, flags(a="2023-05-01")))
    assert not contractual.has_churn_column(firm(duckdb, lines, flags(a=None)))
    alone = History(
        duckdb,
        lambda group: Tables(duckdb.from_arrow(transactions(lines))),
        [("0",)],
        FIRST,
        AS_OF,
    )
    assert not contractual.has_churn_column(alone)
