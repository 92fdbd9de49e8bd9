import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pytest

from clientela.churn.fit.learners.candidates import LEARNERS, list_candidates
from clientela.churn.fit.learning import learn_from_dates
from clientela.churn.fit.training_data import stack_rows
from clientela.churn.score import model as score_model
from clientela.churn.score.encoding import Encoding, learn_encoding
from clientela.churn.score.model import KIND, SCORES, ChurnModel, Core, from_artifact
from clientela.churn.score.reasons import (
    BETWEEN,
    FeatureEffect,
    find_usual_gaps,
    write_reason,
    write_reasons,
)
from clientela.churn.score.themes import find_theme, group_effects
from clientela.config.churn import Churn
from clientela.errors import ArtifactError
from clientela.registry.artifacts import load, save
from clientela.registry.card import FeatureType
from clientela.statistics.arrays import Doubles
from tests.churn.crowd import HORIZON, framing, past, snapshot

SETTINGS = Churn(models=("logistic", "spline_logistic"), trials=0, resamples=100)
CUSTOMERS = snapshot(dt.date(2025, 6, 1), 150, 8).table


@pytest.fixture(scope="module")
def curves() -> ChurnModel:
    found = learn_from_dates(past(), SETTINGS, framing(gone_after_days=100, gone_share=0.9)).model
    assert found is not None
    return found


@pytest.fixture(scope="module", params=["spline_logistic", "lightgbm", "btyd", "recency_rule"])
def model(request: pytest.FixtureRequest, curves: ChurnModel) -> ChurnModel:
    names = [name for name in CUSTOMERS.column_names if name != "customer_id"]
    encoding = learn_encoding([one.table for one in past()], names)
    learners = {one.name: one for one in list_candidates(encoding, ("lightgbm",), HORIZON)}
    learners |= {one.name: one for one in LEARNERS.values()}
    learner = learners[request.param]
    rows = stack_rows(past(), encoding, 2000, 1)
    core = cast(Core, learner.fit(rows, learner.defaults, 1))
    return replace(curves, encoding=encoding, core=core, slope=0.9, shift=0.2)


def chances(model: ChurnModel, customers: pa.Table) -> Doubles:
    found: Doubles = model.score(customers).column("churn_probability").to_numpy()
    return found


def test_contributions_add_up_to_the_log_odds(model: ChurnModel) -> None:
    matrix = model.encoding.matrix(CUSTOMERS)
    summed = model.core.intercept + model.core.contributions(matrix).sum(axis=1)
    assert summed == pytest.approx(model.core.logits(matrix), abs=1e-9)


def test_one_row_scores_as_in_the_batch(model: ChurnModel) -> None:
    together = chances(model, CUSTOMERS)
    alone = [chances(model, CUSTOMERS.slice(row, 1))[0] for row in range(60)]
    assert np.abs(together[:60] - alone).max() < 1e-9


def test_batches_score_as_all_at_once(model: ChurnModel, monkeypatch: pytest.MonkeyPatch) -> None:
    together = model.score(CUSTOMERS)
    monkeypatch.setattr(score_model, "BATCH_ROWS", 37)
    parts = model.score(CUSTOMERS)
    assert parts.num_rows == 150
    for name in ("customer_id", "churn_band"):
        assert parts[name].equals(together[name])
    for part, whole in zip(parts.to_pylist(), together.to_pylist(), strict=True):
        assert part["churn_probability"] == pytest.approx(whole["churn_probability"], abs=1e-9)
        for mine, theirs in zip(part["churn_reasons"], whole["churn_reasons"], strict=True):
            assert mine["feature"] == theirs["feature"]
            assert mine["effect"] == pytest.approx(theirs["effect"], abs=1e-9)
    assert model.score(CUSTOMERS.slice(0, 0)).schema == SCORES


def test_what_is_stored_scores_the_same(model: ChurnModel, tmp_path: Path) -> None:
    stored = from_artifact(load(tmp_path, KIND, save(tmp_path, model.artifact())))
    assert stored.score(CUSTOMERS).equals(model.score(CUSTOMERS))
    assert save(tmp_path, stored.artifact()) == save(tmp_path, model.artifact())


def test_features_that_change_nothing_are_not_asked_for(model: ChurnModel, tmp_path: Path) -> None:
    spared = model.strip_unused_features()
    read = {feature.name for feature in spared.features}
    unread = {feature.name for feature in model.features} - read
    assert "flat" in unread
    assert "days_since_last" in read
    assert spared.card.features == spared.features
    found, every = spared.score(CUSTOMERS.drop_columns(sorted(unread))), model.score(CUSTOMERS)
    assert np.abs(chances(spared, CUSTOMERS) - chances(model, CUSTOMERS)).max() < 1e-12
    assert found["churn_band"].equals(every["churn_band"])
    for some, all_of_them in zip(
        found["churn_reasons"].to_pylist(), every["churn_reasons"].to_pylist(), strict=True
    ):
        assert [one["feature"] for one in some] == [one["feature"] for one in all_of_them]
    stored = from_artifact(load(tmp_path, KIND, save(tmp_path, spared.artifact())))
    assert stored.score(CUSTOMERS).equals(spared.score(CUSTOMERS))


def test_a_learnt_model_asks_for_no_constant_feature(curves: ChurnModel) -> None:
    assert "flat" not in {feature.name for feature in curves.card.features}


def test_scores_have_their_schema_and_three_reasons_at_most(curves: ChurnModel) -> None:
    scores = curves.score(CUSTOMERS)
    assert scores.schema == SCORES
    effects = curves.contributions(CUSTOMERS)
    names = [feature.name for feature in curves.features]
    for row, (band, reasons) in enumerate(
        zip(scores["churn_band"].to_pylist(), scores["churn_reasons"].to_pylist(), strict=True)
    ):
        if band == "gone":
            continue
        sizes = [reason["effect"] for reason in reasons]
        assert sizes == sorted(sizes, reverse=True)
        assert all(size > 0.0 for size in sizes)
        themes = [find_theme(reason["feature"]) or reason["feature"] for reason in reasons]
        assert len(set(themes)) == len(themes)
        for reason, theme in zip(reasons, themes, strict=True):
            columns = [at for at, name in enumerate(names) if (find_theme(name) or name) == theme]
            if theme not in ("rhythm", "lately"):  # these two share the silent windows
                assert reason["effect"] == pytest.approx(effects[row, columns].sum())


def test_the_silent_are_gone_with_the_measured_share(curves: ChurnModel) -> None:
    scores = curves.score(CUSTOMERS)
    late = CUSTOMERS.column("days_since_last").to_numpy() > 100
    assert late.any()
    gone = np.asarray(scores.column("churn_band").to_pylist()) == "gone"
    assert (gone == late).all()
    assert scores.column("churn_probability").to_numpy()[late] == pytest.approx(0.9)
    reasons = scores.column("churn_reasons").to_pylist()[int(np.flatnonzero(late)[0])]
    assert [reason["feature"] for reason in reasons] == ["days_since_last"]


def test_bands_are_twice_and_half_the_average_odds(curves: ChurnModel) -> None:
    scores = replace(curves, gone_after_days=None).score(CUSTOMERS)
    chance = scores.column("churn_probability").to_numpy()
    odds = chance / (1.0 - chance) / np.exp(curves.average)
    band = np.asarray(scores.column("churn_band").to_pylist())
    assert (band == np.where(odds >= 2.0, "high", np.where(odds >= 0.5, "medium", "low"))).all()


def test_unseen_unknown_and_infinite_values_score(model: ChurnModel) -> None:
    one = CUSTOMERS.slice(0, 1)
    plan = one.column_names.index("plan")
    odd = one.set_column(plan, "plan", pa.array(["never seen"]))
    odd = odd.set_column(odd.column_names.index("score"), "score", pa.array([np.inf]))
    assert 0.0 < chances(model, odd)[0] < 1.0
    assert model.unknown(odd)["score"] == 1
    empty = one.set_column(plan, "plan", pa.nulls(1, pa.string()))
    assert 0.0 < chances(model, empty)[0] < 1.0


def test_a_missing_feature_is_named(curves: ChurnModel) -> None:
    with pytest.raises(ArtifactError, match="'revenue'"):
        curves.score(CUSTOMERS.drop_columns(["revenue"]))


def test_a_feature_of_another_type_is_named(curves: ChurnModel) -> None:
    texts = pa.array(["many"] * CUSTOMERS.num_rows)
    odd = CUSTOMERS.set_column(CUSTOMERS.column_names.index("orders"), "orders", texts)
    with pytest.raises(ArtifactError, match="numeric feature 'orders'"):
        curves.score(odd)


def test_an_artifact_of_other_features_is_refused(curves: ChurnModel) -> None:
    whole = curves.artifact()
    fewer = whole.payload | {"numbers": whole.payload["numbers"][:-1]}
    with pytest.raises(ArtifactError, match="does not hold together"):
        from_artifact(whole._replace(payload=fewer))
    nothing = {name: value for name, value in whole.payload.items() if name != "slope"}
    with pytest.raises(ArtifactError, match="does not hold together"):
        from_artifact(whole._replace(payload=nothing))


def test_nobody_is_scored_as_nobody(curves: ChurnModel) -> None:
    assert curves.score(CUSTOMERS.slice(0, 0)).num_rows == 0
    assert (
        replace(curves, gone_after_days=1, gone_share=0.5).score(CUSTOMERS.slice(0, 0)).num_rows
        == 0
    )


def test_reasons_in_words_are_those_of_each_reason(curves: ChurnModel) -> None:
    column = curves.score(CUSTOMERS).column("churn_reasons")
    for lang in ("en", "pt_BR"):
        written = write_reasons(column, lang, "BRL").to_pylist()
        expected = [
            BETWEEN.join(write_reason(FeatureEffect(**reason), lang, "BRL") for reason in reasons)
            or None
            for reasons in column.to_pylist()
        ]
        assert written == expected


@pytest.mark.parametrize(
    ("reason", "english", "portuguese"),
    [
        (
            FeatureEffect("days_since_last", "120", 0.8),
            "last bought 120 days ago",
            "última compra há 120 dias",
        ),
        (
            FeatureEffect("days_since_last", "80", 0.8, "35"),
            "usually buys every 35 days; last bought 80 days ago",
            "costuma comprar a cada 35 dias; última compra há 80 dias",
        ),
        (FeatureEffect("orders", "1", 0.8), "ordered only once", "fez um único pedido"),
        (FeatureEffect("contract", "monthly", 1.0), "contract: monthly", "contract: monthly"),
        (FeatureEffect("plan", "Infinity", 1.0), "plan: Infinity", "plan: Infinity"),
        (
            FeatureEffect("gap_regularity", "", 0.2),
            "Regularity: unknown",
            "Regularidade: desconhecido",
        ),
        (
            FeatureEffect("gap_days_mean", "", 0.2),
            "bought on one day only",
            "comprou em um único dia",
        ),
    ],
)
def test_a_reason_is_said_in_both_languages(
    reason: FeatureEffect, english: str, portuguese: str
) -> None:
    assert write_reason(reason, "en") == english
    assert write_reason(reason, "pt_BR") == portuguese


def test_amounts_are_written_as_money() -> None:
    reason = FeatureEffect("revenue", "1230", 0.3)
    assert write_reason(reason, "en", "GBP") == "spent £1,230 in all"


def test_nothing_in_a_window_says_the_same_as_the_silence() -> None:
    names = ("days_since_last", "revenue_90d", "products", "own")
    matrix = np.array([[100.0, 0.0, 3.0, 1.0], [100.0, 5.0, 3.0, 1.0]])
    effects = np.array([[0.2, 0.5, -0.1, 0.3], [0.2, 0.5, -0.1, 0.3]])
    sums, speakers = group_effects(names, matrix, effects)
    assert sums.tolist() == [
        pytest.approx([0.7, 0.0, -0.1, 0.3]),
        pytest.approx([0.2, 0.5, -0.1, 0.3]),
    ]
    assert speakers[0, 0] == 0  # the silence speaks for both


def test_days_and_hours_of_orders_are_no_reason() -> None:
    names = ("weekday_share_mon", "products", "hour_share_night")
    sums, speakers = group_effects(names, np.ones((1, 3)), np.array([[0.9, 0.1, 0.8]]))
    assert sums.tolist() == [pytest.approx([0.1, 0.0])]
    assert speakers[0, 0] == 1


def test_the_usual_gap_is_said_only_of_those_who_are_late() -> None:
    numbers = (FeatureType("days_since_last", "int64"), FeatureType("gap_days_mean", "double"))
    matrix = np.array([[80.0, 35.0], [20.0, 35.0], [80.0, np.nan]])
    gaps = find_usual_gaps(Encoding(numbers), matrix, np.zeros(3, dtype=np.intp))
    assert gaps.tolist() == pytest.approx([35.0, np.nan, np.nan], nan_ok=True)


def test_no_reasons_have_no_sentence() -> None:
    none = pa.array([[], None], SCORES.field("churn_reasons").type)
    assert write_reasons(none, "en").to_pylist() == [None, None]
