import numpy as np
import pyarrow as pa
import pytest

from clientela.contract.features import FEATURES
from clientela.i18n import LANGS, Lang
from clientela.segments.describe.segment_rules import (
    SegmentRule,
    write_condition,
    write_rule,
    write_segment_rules,
)
from clientela.segments.describe.tree import Leaf, Range
from clientela.segments.score.model import Assignment
from tests.segments.bases import BASES, model_of, turned

NUMERIC = [feature.name for feature in FEATURES if feature.dtype in ("int64", "float64")]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("limits", [Range(None, 3), Range(3, None), Range(3, 9), Range(3, 4)])
def test_every_range_of_every_feature_can_be_said(limits: Range, lang: Lang) -> None:
    for name in NUMERIC:
        for currency in ("BRL", None):
            text = write_condition(name, limits, currency, lang)
            assert text
            assert "{" not in text


@pytest.mark.parametrize(
    ("name", "limits", "en", "pt"),
    [
        (
            "days_since_last",
            Range(None, 61),
            "bought in the last 60 days",
            "comprou nos últimos 60 dias",
        ),
        (
            "days_since_last",
            Range(61),
            "last bought more than 60 days ago",
            "última compra há mais de 60 dias",
        ),
        ("orders", Range(None, 2), "one order only", "um só pedido"),
        ("orders", Range(2, 6), "2 to 5 orders", "de 2 a 5 pedidos"),
        ("orders", Range(4, 5), "4 orders", "4 pedidos"),
        (
            "revenue",
            Range(300, 900),
            "spent £300 or more but less than £900",
            "gastou £\xa0300 ou mais, mas menos de £\xa0900",
        ),
        ("revenue", Range(None, 0.46), "spent less than £0.46", "gastou menos de £\xa00,46"),
        (
            "products",
            Range(None, 41),
            "at most 40 different products",
            "no máximo 40 produtos diferentes",
        ),
        (
            "returned_units",
            Range(3),
            "“Returned units”: 3 or more",
            "“Unidades devolvidas”: 3 ou mais",
        ),
    ],
)
def test_ranges_are_said_as_people_say_them(name: str, limits: Range, en: str, pt: str) -> None:
    assert write_condition(name, limits, "GBP", "en") == en
    assert write_condition(name, limits, "GBP", "pt_BR") == pt


def test_without_a_currency_amounts_are_bare() -> None:
    for currency in (None, "XXX"):
        assert write_condition("revenue", Range(900), currency, "en") == "spent 900 or more"


def test_two_leaves_are_two_ways_in() -> None:
    either = [Leaf({"orders": Range(5)}, 1), Leaf({"revenue": Range(900)}, 1)]
    assert write_rule(either, None, "en") == "At least 5 orders; or spent 900 or more."
    assert write_rule(either, None, "pt_BR") == "Pelo menos 5 pedidos; ou gastou 900 ou mais."


def test_known_groups_are_retold_and_trust_is_counted() -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    assignment = model.assign(snapshot)
    found = write_segment_rules(snapshot, model, assignment, "GBP")
    assert found.fidelity is not None
    assert found.fidelity > 0.95
    assert list(found.rules) == list(model.ids)
    assert found.rules[1].precision == found.rules[1].recall == 1.0
    assert found.rules[1].texts["en"] == "Bought in the last 20 days, spent £730 or more."
    revenue, away = snapshot["revenue"].to_numpy(), snapshot["days_since_last"].to_numpy()
    assert ((assignment.segment == 1) == ((away <= 20) & (revenue >= 730))).all()


def test_precision_and_recall_are_of_the_sentence() -> None:
    rows = 400
    snapshot = pa.table(
        {
            "customer_id": [f"c{number:03d}" for number in range(rows)],
            "orders": np.arange(rows) % 10 + 1,
        }
    )
    model = model_of("grouped")
    frequent = snapshot["orders"].to_numpy() >= 6
    segment = np.where(frequent, 1, 2)
    segment[np.flatnonzero(frequent)[:20]] = 2
    other = Assignment(segment.astype(np.int64), np.ones(rows))
    found = write_segment_rules(snapshot, model, other, None)
    assert found.rules[1].texts["en"] == "At least 6 orders."
    assert (found.rules[1].precision, found.rules[1].recall) == (0.9, 1.0)
    assert (found.rules[2].precision, found.rules[2].recall) == (1.0, 200 / 220)
    assert found.fidelity == 380 / 400


def test_a_segment_without_a_leaf_says_whose_rule_takes_it() -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    segment = model.assign(snapshot).segment.copy()
    segment[segment == 2] = 1
    segment[np.flatnonzero(segment == 1)[:3]] = 2
    found = write_segment_rules(snapshot, model, Assignment(segment, np.ones(len(segment))), "GBP")
    lost = found.rules[2]
    assert (lost.precision, lost.recall) == (None, None)
    assert lost.texts["en"].startswith("No rule of three questions describes it")
    assert "“Champions”" in lost.texts["en"]
    assert "“Campeões”" in lost.texts["pt_BR"]


def test_a_segment_that_is_empty_today_says_so() -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    rest = snapshot.filter(pa.array(model.assign(snapshot).segment != 1))
    found = write_segment_rules(rest, model, model.assign(rest), "GBP")
    assert found.rules[1] == SegmentRule(
        {"en": "No customers at present.", "pt_BR": "Nenhum cliente no momento."}
    )


@pytest.mark.parametrize("name", BASES)
def test_odd_bases_have_rules(name: str) -> None:
    snapshot = BASES[name]
    model = model_of(name)
    found = write_segment_rules(snapshot, model, model.assign(snapshot), "GBP")
    assert set(found.rules) == set(model.ids)
    for rule in found.rules.values():
        assert all(text.endswith(".") for text in rule.texts.values())
    assert (found.fidelity is None) == (name == "none")
    if name in ("one", "three", "alike"):
        assert found.rules[1].texts["en"] == "Every customer."
        assert found.fidelity == found.rules[1].recall == 1.0


def test_the_order_of_rows_changes_nothing() -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    again = turned(snapshot)
    first = write_segment_rules(snapshot, model, model.assign(snapshot), "GBP")
    assert write_segment_rules(again, model, model.assign(again), "GBP") == first
