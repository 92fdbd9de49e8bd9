"""Hypotheses: Holm's rule, planted truths, what cannot be measured, and files with slips."""

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from clientela.config import Programme
from clientela.engine import Engine
from clientela.errors import ConfigError
from clientela.hypotheses import HYPOTHESES, Hypothesis, load_hypotheses, table
from clientela.hypotheses.compare import compare_groups
from clientela.hypotheses.outcomes import Outcome
from clientela.statistics.arrays import Mask
from clientela.statistics.significance import adjust_p_values
from tests.actions.shop import history
from tests.conftest import ROOT
from tests.docs.markdown import blocks
from tests.features.rows import Row, at, sale

SETTINGS = Programme(resamples=400)


def claim(**given: Any) -> Hypothesis:
    usual: dict[str, Any] = {
        "key": "k",
        "text_en": "x",
        "text_pt_br": "x",
        "compare": "ratio_of_means",
        "measure": "revenue",
        "relation": ">=",
        "threshold": 1.0,
    }
    return Hypothesis(**usual | given)


def groups(
    members: np.ndarray[Any, Any], rest: np.ndarray[Any, Any], measure: Any
) -> tuple[Mask, dict[Any, Outcome]]:
    values = np.concatenate([members, rest]).astype(np.float64)
    chosen = np.arange(len(values)) < len(members)
    return chosen, {measure: (values, None)}


def test_holm_agrees_with_published_examples() -> None:
    """As R's p.adjust(c(.01, .02, .03, .04, .05), "holm") gives, and with ties and ends."""
    assert adjust_p_values([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx(
        [0.05, 0.08, 0.09, 0.09, 0.09]
    )
    assert adjust_p_values([0.5, 0.5, 0.9]) == [1.0, 1.0, 1.0]
    assert adjust_p_values([]) == []


def test_holm_keeps_the_chance_of_one_false_finding() -> None:
    rng = np.random.default_rng(0)
    false = sum(min(adjust_p_values(list(draw))) < 0.05 for draw in rng.random((4000, 7)))
    assert 0.035 < false / 4000 < 0.062


def test_welch_is_that_of_scipy_at_a_ratio_of_one() -> None:
    rng = np.random.default_rng(1)
    mine, rest = rng.normal(11, 2, 60), rng.normal(10, 4, 300)
    (found,) = compare_groups(*groups(mine, rest, "revenue"), [claim()], SETTINGS)
    expected = stats.ttest_ind(mine, rest, equal_var=False, alternative="greater").pvalue
    assert found.test == "welch"
    assert found.p_value == pytest.approx(expected)
    assert found.effect == pytest.approx(mine.mean() / rest.mean())
    assert found.low < found.effect < found.high


@pytest.mark.slow
def test_the_interval_covers_a_planted_ratio() -> None:
    rng, inside = np.random.default_rng(2), 0
    for _ in range(120):
        mine, rest = rng.exponential(3, 80), rng.exponential(2, 200)
        (found,) = compare_groups(*groups(mine, rest, "revenue"), [claim()], SETTINGS)
        inside += found.low <= 1.5 <= found.high
    assert inside / 120 > 0.88


def test_being_ahead_is_the_mann_whitney_probability() -> None:
    asked = claim(compare="probability_of_more", measure="recency", threshold=0.5)
    mine, rest = np.arange(10) + 5.0, np.arange(20) / 2
    (found,) = compare_groups(*groups(mine, rest, "recency"), [asked], SETTINGS)
    expected = stats.mannwhitneyu(mine, rest, alternative="greater")
    assert found.effect == pytest.approx(expected.statistic / (10 * 20))
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.low <= found.effect <= found.high


def test_a_share_of_the_total_is_resampled() -> None:
    asked = claim(compare="share_of_total", threshold=0.5)
    (found,) = compare_groups(
        *groups(np.full(10, 30.0), np.full(20, 10.0), "revenue"), [asked], SETTINGS
    )
    assert (found.effect, found.test) == (0.6, "bootstrap")
    assert found.p_value == pytest.approx(1 / 401)


def test_two_few_or_nothing_to_compare_is_not_measured() -> None:
    few = groups(np.ones(9), np.ones(100), "revenue")
    nothing = groups(np.ones(50), np.zeros(50), "revenue")
    for each in (few, nothing):
        assert not compare_groups(*each, [claim()], SETTINGS)[0].measurable


def shop() -> list[Row]:
    """Twenty members buy two products for 60 after the choice, forty others one for 10 or none."""
    rows = [
        sale("5", at("2011-09-01"), customer_id=f"c{i:02d}", order_id=f"{i} first")
        for i in range(60)
    ]
    for i in range(20):
        later = {"customer_id": f"c{i:02d}", "order_id": f"{i} later"}
        rows += [sale("30", at(f"2011-11-{i + 1:02d}"), product_id=p, **later) for p in "pq"]
    for i in range(20, 50):
        later = {"customer_id": f"c{i:02d}", "order_id": f"{i} later"}
        rows.append(sale(str(8 + i % 5), at(f"2011-12-{i - 19:02d}"), **later))
    return rows


CHOSEN = {dt.date(2011, 10, 2): [f"c{i:02d}" for i in range(20)]}


def test_ours_are_tested_after_the_day_of_the_choice(engine: Engine) -> None:
    found = table.test_hypotheses(history(engine, shop()), CHOSEN, SETTINGS, load_hypotheses(None))
    assert found.schema.equals(HYPOTHESES)
    rows = {row["key"]: row for row in found.to_pylist()}
    assert list(rows)[:3] == ["variety", "half_of_revenue", "fewer_returns"]
    assert {row["tested_on"] for row in rows.values()} == {dt.date(2011, 12, 31)}
    assert rows["half_of_revenue"]["effect"] == 1200 / (1200 + 300)
    assert rows["half_of_revenue"]["verdict"] == "holds"
    assert rows["variety"]["effect"] == pytest.approx(2 / 0.75)
    assert rows["fewer_returns"]["verdict"] == "not_measurable"
    assert rows["fewer_returns"]["effect"] is None
    tested = [row for row in rows.values() if row["p_value"] is not None]
    assert [row["p_holm"] for row in tested] == adjust_p_values([row["p_value"] for row in tested])
    assert rows["buy_again"]["verdict"] == "does_not_hold"
    assert rows["buy_again"]["sentence_en"].startswith("Does not hold.")
    for row in rows.values():
        assert "Insiders" in row["text_en"] + row["text_pt_br"]
        assert "{" not in row["text_en"] + row["sentence_en"] + row["sentence_pt_br"]


def test_the_same_input_gives_the_same_bytes_in_any_order(engine: Engine) -> None:
    one = table.test_hypotheses(history(engine, shop()), CHOSEN, SETTINGS, load_hypotheses(None))
    other = table.test_hypotheses(
        history(engine, shop()[::-1]), CHOSEN, SETTINGS, load_hypotheses(None)
    )
    assert one.equals(other)


@pytest.mark.parametrize(
    "chosen",
    [{dt.date(2011, 10, 2): []}, {}, {dt.date(2011, 10, 3): ["c00"]}],
    ids=["nobody", "never", "too late"],
)
def test_without_members_nothing_is_measured(engine: Engine, chosen: Any) -> None:
    found = table.test_hypotheses(history(engine, shop()), chosen, SETTINGS, load_hypotheses(None))
    assert set(found["verdict"].to_pylist()) == {"not_measurable"}
    assert all(text.startswith("Cannot be measured") for text in found["sentence_en"].to_pylist())
    assert set(found["chosen_on"].to_pylist()) == {dt.date(2011, 10, 2)}


def test_days_are_those_after_the_last_choice_a_horizon_before_the_end(engine: Engine) -> None:
    """Chosen on 22 September and tested up to 21 December: later orders are not counted."""
    ids = CHOSEN[dt.date(2011, 10, 2)]
    days = {
        dt.date(2011, 9, 12): ids[:5],
        dt.date(2011, 9, 22): ids,
        dt.date(2011, 10, 12): ids[:7],
    }
    found = table.test_hypotheses(history(engine, shop()), days, SETTINGS, load_hypotheses(None))
    assert set(found["chosen_on"].to_pylist()) == {dt.date(2011, 9, 22)}
    assert set(found["tested_on"].to_pylist()) == {dt.date(2011, 12, 21)}
    rows = {row["key"]: row for row in found.to_pylist()}
    counted = sum(8 + i % 5 for i in range(20, 50) if i - 19 <= 21)
    assert rows["half_of_revenue"]["effect"] == pytest.approx(1200 / (1200 + counted))
    mine = np.arange(1, 21) - 51.0  # days before 21 December, turned round
    rest = np.array([d - 21.0 if d <= 21 else -111.0 for d in range(1, 31)] + [-111.0] * 10)
    ahead = ((mine[:, None] > rest) + 0.5 * (mine[:, None] == rest)).mean()
    assert rows["more_recent"]["effect"] == pytest.approx(ahead)


def test_a_month_of_history_measures_nothing(engine: Engine) -> None:
    rows = [row for row in shop() if row["ordered_local"] >= at("2011-12-01")]
    found = table.test_hypotheses(history(engine, rows), CHOSEN, SETTINGS, load_hypotheses(None))
    assert set(found["verdict"].to_pylist()) == {"not_measurable"}


GOOD = """
[[hypothesis]]
key = "mine"
text_en = "a"
text_pt_br = "b"
compare = "ratio_of_means"
measure = "orders"
relation = ">="
threshold = 2
"""


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    file = tmp_path / "hypotheses.toml"
    file.write_text(GOOD, "utf-8")
    assert [one.key for one in load_hypotheses(file)] == ["mine"]


def test_the_guide_states_a_hypothesis_as_a_file_does(tmp_path: Path) -> None:
    file = tmp_path / "hypotheses.toml"
    file.write_text(blocks(ROOT / "docs" / "guide" / "experiments.md", "text")[0], "utf-8")
    assert load_hypotheses(file) == load_hypotheses(None)[:1]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (GOOD + GOOD, "stands twice"),
        (GOOD.replace('"orders"', '"recency"'), "cannot compare recency"),
        (GOOD.replace('"orders"', '"weight"'), "weight"),
        (GOOD.replace("threshold = 2", "threshold = -1"), "threshold"),
        (GOOD + "more = 1", "more"),
        ("", "hypothesis"),
        ("[[hypothesis", "not a file of hypotheses"),
        (None, "cannot be read"),
    ],
)
def test_a_slip_in_a_file_is_told(tmp_path: Path, content: str | None, told: str) -> None:
    file = tmp_path / "hypotheses.toml"
    if content is not None:
        file.write_text(content, "utf-8")
    with pytest.raises(ConfigError, match=told) as raised:
        load_hypotheses(file)
    assert raised.value.where == str(file)
