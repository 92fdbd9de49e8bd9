"""A rule's three faces say the same."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.i18n import LANGS, Lang
from clientela.insiders.fit.entry_rule import CONSIDERED
from clientela.insiders.score.rule import ProgrammeRule, RuleCondition, write_value

CONDITIONS = st.builds(
    RuleCondition,
    st.sampled_from(CONSIDERED),
    st.sampled_from([">=", "<="]),
    st.one_of(st.integers(1, 10**7).map(float), st.floats(0.01, 1e6).map(lambda x: round(x, 2))),
)
RULES = st.lists(CONDITIONS, min_size=1, max_size=3, unique_by=lambda one: one.feature).map(
    lambda found: ProgrammeRule(tuple(found))
)
VALUES = st.one_of(st.none(), st.floats(-100, 2e6), st.integers(0, 400).map(float))


@settings(deadline=None)
@given(RULES, st.lists(st.tuples(*[VALUES] * len(CONSIDERED)), max_size=8))
def test_json_read_back_chooses_the_same_customers(
    rule: ProgrammeRule, rows: list[tuple[float]]
) -> None:
    columns = {name: [row[i] for row in rows] for i, name in enumerate(CONSIDERED)}
    snapshot = pa.table({name: pa.array(col, pa.float64()) for name, col in columns.items()})
    expected = [
        all(
            row[CONSIDERED.index(one.feature)] is not None
            and (
                row[CONSIDERED.index(one.feature)] >= one.value
                if one.operator == ">="
                else row[CONSIDERED.index(one.feature)] <= one.value
            )
            for one in rule.conditions
        )
        for row in rows
    ]
    again = ProgrammeRule.from_json(rule.to_json())
    assert again == rule
    assert rule.choose(snapshot).tolist() == again.choose(snapshot).tolist() == expected


@settings(deadline=None)
@given(RULES, st.sampled_from(LANGS), st.sampled_from([None, "GBP", "BRL"]))
def test_the_sentence_holds_every_value(
    rule: ProgrammeRule, lang: Lang, currency: str | None
) -> None:
    sentence = rule.sentence(lang, currency)
    for one in rule.conditions:
        assert write_value(one.feature, one.value, lang, currency) in sentence


def test_a_rule_reads_as_the_firm_would_tell_it() -> None:
    rule = ProgrammeRule(
        (RuleCondition("revenue_365d", ">=", 1240.0), RuleCondition("days_since_last", "<=", 95.0))
    )
    assert rule.sentence("en", "GBP") == (
        "spent at least £1,240 in the last 12 months and bought in the last 95 days"
    )
    assert rule.sentence("pt_BR", "BRL") == (
        "gastou pelo menos R$\xa01.240 nos últimos 12 meses e comprou nos últimos 95 dias"
    )
    assert rule.sentence("en", "XXX").startswith("spent at least 1,240 in")


@pytest.mark.parametrize("lang", LANGS)
def test_a_rule_without_conditions_chooses_nobody_and_says_so(lang: Lang) -> None:
    assert not ProgrammeRule(()).choose(pa.table({"orders": [1, 2]})).any()
    assert len(ProgrammeRule(()).sentence(lang, None)) > 20


def test_bounds_belong_to_the_rule_and_missing_values_never_meet_it() -> None:
    at_least = RuleCondition("revenue_365d", ">=", 10.0)
    assert at_least.holds(np.array([9.99, 10.0, np.nan])).tolist() == [False, True, False]
    at_most = RuleCondition("days_since_last", "<=", 30.0)
    assert at_most.holds(np.array([30.0, 31.0, np.nan])).tolist() == [True, False, False]
