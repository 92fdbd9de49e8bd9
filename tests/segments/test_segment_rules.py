from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.contract.features import FEATURES
from clientela.i18n import LANGS, Lang
from clientela.segments.describe.segment_rules import (
    RULES,
    grow_readable_leaves,
    write_condition,
    write_rule,
    write_segment_rules,
)
from clientela.segments.describe.tree import Box, Limits, mark_inside, simplify_boxes
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels
from tests.segments.bases import BASES, model_of, turned


def rules_of(
    snapshot: pa.Table, model: SegmentModel, segment: Labels, currency: str | None = "GBP"
) -> tuple[float | None, dict[int, dict[str, Any]]]:
    fidelity, table = write_segment_rules(
        snapshot, model, segment, currency, grow_readable_leaves(snapshot, model, segment)
    )
    assert table.schema == RULES
    return fidelity, {row["segment"]: row for row in table.to_pylist()}


LIMITS = st.tuples(st.integers(0, 2), st.integers(3, 5)).flatmap(
    lambda pair: st.sampled_from([pair, (None, pair[1]), (pair[0], None)])
)
BOXES = st.dictionaries(st.sampled_from("abc"), LIMITS, min_size=1)
NUMERIC = [feature.name for feature in FEATURES if feature.dtype in ("int64", "float64")]


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("limits", [(None, 3), (3, None), (3, 9), (3, 4)])
def test_every_range_of_every_feature_can_be_said(limits: Limits, lang: Lang) -> None:
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
            (None, 61),
            "bought in the last 60 days",
            "comprou nos últimos 60 dias",
        ),
        (
            "days_since_last",
            (61, None),
            "last bought more than 60 days ago",
            "última compra há mais de 60 dias",
        ),
        ("orders", (None, 2), "one order only", "um só pedido"),
        ("orders", (2, 6), "2 to 5 orders", "de 2 a 5 pedidos"),
        ("orders", (4, 5), "4 orders", "4 pedidos"),
        (
            "revenue",
            (300, 900),
            "spent £300 or more but less than £900",
            "gastou £\xa0300 ou mais, mas menos de £\xa0900",
        ),
        ("revenue", (None, 0.46), "spent less than £0.46", "gastou menos de £\xa00,46"),
        (
            "products",
            (None, 41),
            "at most 40 different products",
            "no máximo 40 produtos diferentes",
        ),
        (
            "returned_units",
            (3, None),
            "“Returned units”: 3 or more",
            "“Unidades devolvidas”: 3 ou mais",
        ),
    ],
)
def test_ranges_are_said_as_people_say_them(name: str, limits: Limits, en: str, pt: str) -> None:
    assert write_condition(name, limits, "GBP", "en") == en
    assert write_condition(name, limits, "GBP", "pt_BR") == pt


def test_without_a_currency_amounts_are_bare() -> None:
    for currency in (None, "XXX"):
        assert write_condition("revenue", (900, None), currency, "en") == "spent 900 or more"


def test_two_leaves_are_two_ways_in() -> None:
    either: list[Box] = [{"orders": (5, None)}, {"revenue": (900, None)}]
    assert write_rule(either, None, "en") == "At least 5 orders; or spent 900 or more."
    assert write_rule(either, None, "pt_BR") == "Pelo menos 5 pedidos; ou gastou 900 ou mais."


def test_what_leaves_share_is_said_once() -> None:
    lapsed: Box = {"days_since_last": (66, None)}
    few: list[Box] = [
        {**lapsed, "orders": (None, 4)},
        {**lapsed, "orders": (4, None), "revenue": (None, 800)},
    ]
    assert write_rule(few, "BRL", "pt_BR") == (
        "Última compra há mais de 65 dias, e uma destas condições: no máximo 3 pedidos; "
        "ou gastou menos de R$\u00a0800."
    )
    neighbours: list[Box] = [{**lapsed, "orders": (None, 4)}, {**lapsed, "orders": (4, 5)}]
    text = write_rule(neighbours, None, "en")
    assert text == "Last bought more than 65 days ago, at most 4 orders."
    everybody: list[Box] = [{"orders": (None, 4)}, {"orders": (4, None)}]
    assert write_rule(everybody, None, "en") == "Every customer."


@pytest.mark.slow
@given(st.lists(BOXES, min_size=1, max_size=5))
def test_simpler_boxes_hold_the_same_customers(boxes: list[Box]) -> None:
    grid = np.meshgrid(*[np.arange(6.0)] * 3)
    values = {name: axis.ravel() for name, axis in zip("abc", grid, strict=True)}
    before, after = (
        np.logical_or.reduce([mark_inside(box, values) for box in found])
        for found in (boxes, simplify_boxes(boxes))
    )
    assert (before == after).all()


def test_known_groups_are_retold_and_trust_is_counted() -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    segment, _ = model.assign(snapshot)
    fidelity, rules = rules_of(snapshot, model, segment, "GBP")
    assert fidelity is not None
    assert fidelity > 0.95
    assert list(rules) == list(model.ids)
    assert rules[1]["rule_precision"] == rules[1]["rule_recall"] == 1.0
    assert rules[1]["rule_en"] == "Bought in the last 20 days, spent £730 or more."
    revenue, away = snapshot["revenue"].to_numpy(), snapshot["days_since_last"].to_numpy()
    assert ((segment == 1) == ((away <= 20) & (revenue >= 730))).all()


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
    fidelity, rules = rules_of(snapshot, model, segment.astype(np.int64), None)
    assert rules[1]["rule_en"] == "At least 6 orders."
    assert (rules[1]["rule_precision"], rules[1]["rule_recall"]) == (0.9, 1.0)
    assert (rules[2]["rule_precision"], rules[2]["rule_recall"]) == (1.0, 200 / 220)
    assert fidelity == 380 / 400


def test_a_segment_without_a_leaf_says_whose_rule_takes_it() -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    segment = model.assign(snapshot)[0].copy()
    segment[segment == 2] = 1
    segment[np.flatnonzero(segment == 1)[:3]] = 2
    _, rules = rules_of(snapshot, model, segment, "GBP")
    lost = rules[2]
    assert (lost["rule_precision"], lost["rule_recall"]) == (None, None)
    assert lost["rule_en"].startswith("No rule of three questions describes it")
    assert "“Champions”" in lost["rule_en"]
    assert "“Campeões”" in lost["rule_pt_br"]


def test_a_segment_that_is_empty_today_says_so() -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    rest = snapshot.filter(pa.array(model.assign(snapshot)[0] != 1))
    _, rules = rules_of(rest, model, model.assign(rest)[0], "GBP")
    assert rules[1] == {
        "segment": 1,
        "rule_en": "No customers at present.",
        "rule_pt_br": "Nenhum cliente no momento.",
        "rule_precision": None,
        "rule_recall": None,
    }


@pytest.mark.parametrize("name", BASES)
def test_odd_bases_have_rules(name: str) -> None:
    snapshot = BASES[name]
    model = model_of(name)
    fidelity, rules = rules_of(snapshot, model, model.assign(snapshot)[0], "GBP")
    assert set(rules) == set(model.ids)
    for rule in rules.values():
        assert rule["rule_en"].endswith(".")
        assert rule["rule_pt_br"].endswith(".")
    assert (fidelity is None) == (name == "none")
    if name in ("one", "three", "alike"):
        assert rules[1]["rule_en"] == "Every customer."
        assert fidelity == rules[1]["rule_recall"] == 1.0


def test_the_order_of_rows_changes_nothing() -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    again = turned(snapshot)
    first = rules_of(snapshot, model, model.assign(snapshot)[0])
    assert rules_of(again, model, model.assign(again)[0]) == first
