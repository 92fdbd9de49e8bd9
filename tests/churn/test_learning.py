import datetime as dt
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clientela.churn.fit.learning import ChurnTraining, judge, learn_from_dates, learn_without_time
from clientela.churn.fit.training_data import LabelledSnapshot
from clientela.config.churn import Churn
from clientela.store.arrow_schemas import TABLES
from tests.churn.crowd import TODAY, framing, past, snapshot

pytestmark = pytest.mark.slow

QUICK = Churn(models=("logistic", "spline_logistic"), trials=4, resamples=200)


@pytest.fixture(scope="module")
def learnt() -> ChurnTraining:
    return learn_from_dates(past(dates=12), QUICK, framing(gone_after_days=100, gone_share=0.9))


def figure(table: pa.Table, model: str, metric: str) -> float:
    rows = [row for row in table.to_pylist() if (row["model"], row["metric"]) == (model, metric)]
    assert len(rows) == 1
    return float(rows[0]["value"])


def test_curves_beat_lines_where_the_risk_is_curved(learnt: ChurnTraining) -> None:
    assert learnt.facts["champion"] == "spline_logistic"
    assert learnt.facts["gain"]["high"] < 0.0
    opening = learnt.tables["model_notes"].to_pylist()[0]
    assert opening["code"] == "opening"
    assert opening["text_en"].startswith("Beats the best simple model")
    assert opening["text_pt_br"].startswith("Supera o melhor modelo simples")


def test_tables_are_those_agreed_upon(learnt: ChurnTraining) -> None:
    for name, table in learnt.tables.items():
        assert table.schema == TABLES[name], name
    curves = learnt.tables["model_curves"].to_pylist()
    assert {row["curve"] for row in curves} == {"roc", "pr", "gain", "calibration", "learning"}
    assert max(row["position"] for row in curves) <= 50
    contacts = learnt.tables["churn_contacts"].to_pylist()
    assert len(contacts) <= 50
    assert contacts[-1]["at_stake"] == pytest.approx(contacts[-1]["at_stake_random"])
    shares = learnt.tables["model_importance"].column("importance").to_pylist()
    assert sum(shares) == pytest.approx(1.0)


def test_roles_of_the_dates_differ(learnt: ChurnTraining) -> None:
    facts = learnt.facts
    dates = [facts["tuning"], *facts["choosing"], facts["calibrating"]]
    assert len(set(dates)) == len(dates) >= 4


def test_the_question_is_told_in_numbers_and_days(learnt: ChurnTraining) -> None:
    told = learnt.facts["framing"]
    assert (told["kind"], told["as_of"]) == ("non_contractual", TODAY.isoformat())
    assert (told["horizon_days"], told["gone_after_days"], told["gone_share"]) == (60, 100, 0.9)
    assert told["ripe_from"] is None


def test_a_later_date_is_judged_near_the_truth(learnt: ChurnTraining) -> None:
    everyone = snapshot(TODAY, 3000, 99)
    near = everyone.table.column("days_since_last").to_numpy() <= 100
    asked = everyone.table.filter(pa.array(near))
    test = replace(everyone, table=asked, left=everyone.left[near], worth=everyone.worth[near])
    found = judge(learnt, test, QUICK)["model_metrics"]
    assert figure(found, "spline_logistic", "roc_auc") == pytest.approx(0.755, abs=0.03)
    assert figure(found, "spline_logistic", "ece") < 0.05
    assert figure(found, "base_rate", "roc_auc") == pytest.approx(0.5, abs=1e-9)
    assert set(found.column("as_of").to_pylist()) == {TODAY}


def test_the_order_of_rows_and_columns_changes_no_byte(learnt: ChurnTraining) -> None:
    turned = []
    for one in past(dates=12):
        order = np.random.default_rng(1).permutation(one.customers)
        table = one.table.take(order).select(sorted(one.table.column_names, reverse=True))
        turned.append(replace(one, table=table, left=one.left[order], worth=one.worth[order]))
    again = learn_from_dates(turned, QUICK, framing(gone_after_days=100, gone_share=0.9))
    assert learnt.model is not None
    assert again.model is not None
    first, second = learnt.model.artifact(), again.model.artifact()
    assert first.payload == second.payload
    assert {name: array.tobytes() for name, array in first.arrays.items()} == {
        name: array.tobytes() for name, array in second.arrays.items()
    }
    assert again.tables["model_metrics"].equals(learnt.tables["model_metrics"])


def test_what_is_known_only_later_is_refused() -> None:
    with pytest.raises(ValueError, match="known only on"):
        learn_from_dates(past(), QUICK, framing(as_of=TODAY - dt.timedelta(days=1)))


def test_every_candidate_of_the_default_takes_part() -> None:
    settings = Churn(trials=0, resamples=100)
    found = (
        learn_from_dates(past(500, 5), settings, framing()).tables["model_candidates"].to_pylist()
    )
    assert {row["model"] for row in found} >= {*settings.models, "btyd", "base_rate"}
    roles = {row["model"]: row["role"] for row in found}
    assert list(roles.values()).count("champion") == 1
    for row in found:
        if not row["exportable"]:
            assert row["role"] == "compared"
            assert row["verdict"] == "not_exportable"


def test_two_hundred_customers_are_enough_for_few_candidates() -> None:
    found = learn_from_dates(past(200, 6), Churn(resamples=100, trials=4), framing())
    assert found.model is not None
    models = found.tables["model_candidates"].column("model").to_pylist()
    assert "random_forest" not in models
    codes = found.tables["model_notes"].column("code").to_pylist()
    assert "small" in codes


def test_a_short_history_is_judged_on_customers_left_out() -> None:
    found = learn_from_dates(
        past(400, 1), Churn(models=("logistic",), trials=0, resamples=100), framing()
    )
    assert found.model is not None
    assert found.tables["model_notes"].column("code").to_pylist()[-1] == "too_short"


def one_class(value: bool) -> list[LabelledSnapshot]:
    return [replace(one, left=np.full(one.customers, value)) for one in past(100, 4)]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ([], "no_past"),
        (one_class(True), "one_class"),
        (one_class(False), "one_class"),
        (list(past(10, 4)), "too_few"),
    ],
)
def test_what_cannot_be_learnt_is_said(given: list[LabelledSnapshot], reason: str) -> None:
    found = learn_from_dates(given, QUICK, framing())
    assert found.model is None
    assert found.facts["reason"] == reason
    note = found.tables["model_notes"].to_pylist()[0]
    assert note["code"] == reason
    assert note["text_en"] != note["text_pt_br"]


def test_constant_features_leave_the_same_risk_for_everyone() -> None:
    same = [replace(one, table=one.table.select(["customer_id", "flat"])) for one in past(300, 5)]
    found = learn_from_dates(same, QUICK, framing())
    assert found.model is not None
    scores = found.model.score(same[0].table)
    chances = np.unique(scores.column("churn_probability").to_numpy().round(9))
    assert len(chances) == 1
    assert chances[0] == pytest.approx(found.facts["level"]["share"], abs=1e-6)
    assert not any(scores.column("churn_reasons").to_pylist())


def test_undated_customers_are_judged_in_folds() -> None:
    one = snapshot(None, 1200, 5)
    found = learn_without_time(one, QUICK, framing(kind="undated", horizon_days=0))
    assert found.model is not None
    assert found.facts["champion"] == "spline_logistic"
    assert figure(found.tables["model_metrics"], "spline_logistic", "ece") < 0.04
    mean = found.model.score(one.table).column("churn_probability").to_numpy().mean()
    assert mean == pytest.approx(one.left.mean(), abs=0.01)


def test_calls_are_measured_at_thresholds_people_use(learnt: ChurnTraining) -> None:
    assert learnt.model is not None
    found, name = learnt.tables["model_metrics"], learnt.model.card.parameters["model"]
    usual = {metric: figure(found, name, f"{metric}_prevalence") for metric in ("threshold", "f1")}
    assert usual["threshold"] == pytest.approx(figure(found, name, "base_rate"))
    assert 0.0 < usual["f1"] < 1.0
    assert figure(found, name, "f1_f1_best") > figure(found, name, "f1") - 0.02
