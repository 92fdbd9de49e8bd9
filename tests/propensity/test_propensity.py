"""Who will take the next step: labels know their day alone, and what is learnt beats chance."""

import datetime as dt
from typing import Any

import pyarrow as pa
import pytest

from clientela.config import Economics, Propensity
from clientela.engine import Engine
from clientela.errors import ConfigError
from clientela.insiders.score.rule import ProgrammeRule, RuleCondition
from clientela.pipeline.propensity import (
    check_categories,
    make_entry_target,
    measure_progress,
    score_propensity,
)
from clientela.propensity.fit.learning import learn_propensity
from clientela.propensity.fit.targets import aim_at_category, label_customers
from clientela.registry.model_registry import ModelRegistry
from tests.features.rows import at, sale
from tests.features.test_takings import history as takings
from tests.insiders.shops import AS_OF, Shop, every, shop

ENTRY = ProgrammeRule((RuleCondition("revenue_365d", ">=", 500.0),))
SETTINGS = Propensity(
    insider=True, models=("logistic",), trials=0, max_dates=6, resamples=100, horizon_days=60
)
BEGIN = AS_OF - dt.timedelta(days=360)


def rising() -> Shop:
    """Return a shop where 60 customers climb towards the entry at different times, 140 never."""
    orders: list[Any] = []
    for place in range(60):
        first = BEGIN + dt.timedelta(days=2 * place)
        orders += every(f"up{place:02d}", 20, 55.0, first, first + dt.timedelta(days=220))
    for place in range(140):
        orders += every(f"flat{place:03d}", 60, 20.0, BEGIN + dt.timedelta(days=place))
    return shop(orders)


def test_progress_is_the_share_of_the_hardest_condition() -> None:
    entry = ProgrammeRule(
        (RuleCondition("orders", ">=", 4.0), RuleCondition("days_since_last", "<=", 9.0))
    )
    snapshot = pa.table({"orders": [2, 8, 8], "days_since_last": [0, 9, 99]})
    assert measure_progress(entry, snapshot).tolist() == [0.5, 1.0, 0.1]
    assert measure_progress(ProgrammeRule(()), snapshot).tolist() == [0.0, 0.0, 0.0]


def test_members_are_not_asked_about_and_who_enters_is_seen_at_the_end() -> None:
    firm, target = rising(), make_entry_target(ENTRY)
    day = AS_OF - dt.timedelta(days=150)
    labelled, amounts = label_customers(target, firm, day, 60)
    now = firm.snapshot(day)
    members = set(now.filter(pa.array(ENTRY.choose(now)))["customer_id"].to_pylist())
    end = firm.snapshot(day + dt.timedelta(days=60))
    later = set(end.filter(pa.array(ENTRY.choose(end)))["customer_id"].to_pylist())
    asked = labelled.table["customer_id"].to_pylist()
    assert members
    assert not members & set(asked)
    did = {name for name, entered in zip(asked, labelled.left, strict=True) if entered}
    assert did == later & set(asked)
    assert all(name.startswith("up") for name in did)
    assert amounts[labelled.left].min() > 0
    with pytest.raises(ValueError, match="last day"):
        label_customers(target, firm, AS_OF, 60)


def test_what_came_later_changes_no_feature() -> None:
    firm, target = rising(), make_entry_target(ENTRY)
    day = AS_OF - dt.timedelta(days=200)
    known = [order for order in firm.orders if order[1] <= day]
    assert target.list_customers(firm, day).equals(target.list_customers(shop(known), day))


def test_a_learnt_order_finds_more_than_chance_and_says_what_it_is_worth() -> None:
    firm = rising()
    training = learn_propensity(
        "insider", make_entry_target(ENTRY), firm, SETTINGS, data_hash="x", margin=0.5
    )
    (row,) = training.tables["propensity_targets"].to_pylist()
    assert (row["target"], row["horizon_days"]) == ("insider", 60)
    assert row["roc_auc"] > 0.8
    contacts = training.tables["propensity_contacts"].to_pylist()
    middle = contacts[len(contacts) // 2]
    assert middle["hits"] > 2 * middle["hits_random"]
    assert middle["margin"] == pytest.approx(0.5 * middle["revenue"])
    assert middle["revenue"] == pytest.approx(middle["hits"] * row["value_per_hit"])
    for name in ("model_candidates", "model_metrics", "model_notes"):
        purposes = training.tables[name]["purpose"].to_pylist()
        assert set(purposes) == {"propensity:insider"}, name
    models = training.tables["model_candidates"]["model"].to_pylist()
    assert {"base_rate", "progress_rule", "logistic"} <= set(models)


def test_what_cannot_be_learnt_says_why() -> None:
    never = ProgrammeRule((RuleCondition("revenue_365d", ">=", 1e9),))
    training = learn_propensity(
        "insider", make_entry_target(never), rising(), SETTINGS, data_hash="x", margin=None
    )
    assert training.model is None
    (note,) = training.tables["model_notes"].to_pylist()
    assert note["code"] == "one_class"
    assert note["text_en"] != note["text_pt_br"]
    assert len(training.tables["propensity_contacts"]) == 0


def test_the_stage_stores_its_model_scores_who_can_do_it_and_costs_nothing_unasked(
    tmp_path: Any,
) -> None:
    firm = rising()
    registry = ModelRegistry(tmp_path, as_of=AS_OF, data_hash="x")
    silent = score_propensity(firm, Propensity(), Economics(), registry, ENTRY)
    assert len(silent.tables["customers"]) == 0
    assert list(silent.tables) == ["customers"]
    first = score_propensity(firm, SETTINGS, Economics(), registry, ENTRY)
    again = score_propensity(firm, SETTINGS, Economics(), registry, ENTRY)
    assert again.tables["customers"].equals(first.tables["customers"])
    (model,) = again.tables["models"].to_pylist()
    assert model["kind"] == "propensity_insider"
    asked = make_entry_target(ENTRY).list_customers(firm, AS_OF)["customer_id"].to_pylist()
    assert set(first.tables["customers"]["customer_id"].to_pylist()) == set(asked)
    other = ProgrammeRule((RuleCondition("revenue_365d", ">=", 400.0),))
    changed = score_propensity(firm, SETTINGS, Economics(), registry, other)
    assert changed.tables["models"]["model_id"] != first.tables["models"]["model_id"]


def test_a_category_counts_orders_before_and_money_after(duckdb: Engine) -> None:
    rows = [
        sale("7", at("2011-06-01"), customer_id="a", category="toys"),
        sale("9", at("2011-07-10"), customer_id="a", category="toys"),
        sale("5", at("2011-07-11"), customer_id="a", category="food"),
        sale("4", at("2011-06-20"), customer_id="b", category="food"),
        sale("3", at("2011-08-30"), customer_id="b", category="toys"),
    ]
    firm, day, toys = takings(duckdb, rows), dt.date(2011, 6, 30), aim_at_category("toys")
    customers = toys.list_customers(firm, day)
    assert customers["customer_id"].to_pylist() == ["a", "b"]
    assert customers["category_orders"].to_pylist() == [1.0, 0.0]
    did, amounts = toys.find_doers(firm, day, 30, customers)
    assert (did.tolist(), amounts.tolist()) == ([True, False], [9.0, 0.0])
    assert toys.find_doers(firm, day, 90, customers)[0].tolist() == [True, True]


def test_a_category_that_was_never_sold_is_told_before_anything_is_learnt(duckdb: Engine) -> None:
    rows = [
        sale("7", at("2011-06-01"), category="tea"),
        sale("5", at("2011-06-02"), category="tea"),
        sale("9", at("2011-06-03"), category="cake"),
        sale("9", at("2011-06-04"), category=None),
    ]
    firm = takings(duckdb, rows)
    check_categories(firm, Propensity(categories=("tea",)))
    with pytest.raises(ConfigError, match="no line has the category coffee") as told:
        check_categories(firm, Propensity(categories=("tea", "coffee")))
    assert told.value.do == "name them as the file does: tea, cake"
    bare = takings(duckdb, rows[-1:])
    with pytest.raises(ConfigError, match="coffee") as told:
        check_categories(bare, Propensity(categories=("coffee",)))
    assert "no column of categories" in told.value.do
