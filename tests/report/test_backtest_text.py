"""The backtest on a terminal, whatever of it there is."""

import datetime as dt
from typing import Any

from clientela.report.terminal.backtest import format_backtest, format_claims

HOLDOUT = dict.fromkeys(
    ("purchases", "total_error", "mae", "rmse", "spearman", "auc_active"), 0.25
) | {"total_error": None}
FIT = {
    "model": "bg_nbd",
    "identified": False,
    "note": "no_dropout",
    "log_likelihood": -9582.429,
    "parameters": {"r": {"value": 0.2426, "standard_error": None}},
    "holdout": HOLDOUT,
}


def facts(**given: Any) -> dict[str, Any]:
    dates = {"first_day": "1997-01-01", "as_of": "1997-09-30", "upto": "1998-06-30"}
    nothing: dict[str, Any] = {"judged": [], "tables": {}, "btyd": None, "truth": None}
    return dates | {"horizon_days": 273, "customers": 2_357} | nothing | given


def metric(model: str, name: str, value: float, **compared: Any) -> dict[str, Any]:
    row = dict.fromkeys(("baseline", "difference", "difference_low", "difference_high"))
    return {"purpose": "churn", "model": model, "metric": name, "value": value} | row | compared


def candidate(model: str, role: str) -> dict[str, Any]:
    told = {"family": "simple", "trials": 6, "verdict_en": f"{model} it is."}
    return {"purpose": "churn", "model": model, "role": role} | told


def contact(number: int) -> dict[str, Any]:
    money = dict.fromkeys(("threshold", "at_stake", "at_stake_random", "at_stake_revenue"), 1.5)
    return {"contacts": number, "chosen": number == 37} | money


def test_the_opening_says_what_was_known_and_judged() -> None:
    assert format_backtest(facts()) == (
        "Learnt from 1997-01-01 to 1997-09-30; judged once on the 273 days up to 1998-06-30: "
        "2,357 customers."
    )
    assert "without dates" in format_backtest(facts(as_of=None))


def test_scores_stand_in_columns_and_differences_are_those_that_serve() -> None:
    judged = [
        metric("tree", "roc_auc", 0.8277, baseline="logistic", difference=-0.0159),
        metric(
            "lightgbm",
            "roc_auc",
            0.8491,
            baseline="logistic",
            difference=0.0055,
            difference_low=0.0026,
            difference_high=0.0084,
        ),
        metric("lightgbm", "threshold", float("nan")),
    ]
    tables = {
        "model_candidates": [candidate("lightgbm", "champion"), candidate("tree", "compared")]
    }
    text = format_backtest(facts(judged=judged, tables=tables)).splitlines()
    assert "model     roc_auc  threshold" in text
    assert "tree       0.8277          -" in text
    assert "lightgbm  roc_auc  logistic  0.0055      [0.0026, 0.0084]" in text
    assert not any(line.startswith("tree") and "roc_auc" in line for line in text)


def test_few_contacts_are_shown_and_the_chosen_one_always() -> None:
    tables = {"churn_contacts": [contact(number) for number in range(100)]}
    lines = format_backtest(facts(tables=tables)).splitlines()
    shown = [line.split()[0] for line in lines if line.count("1.5") == 4]
    assert len(shown) == 11
    assert "37" in shown


def test_a_fit_that_the_data_do_not_tell_is_shown_with_the_reason() -> None:
    chosen = {"model": "nbd", "rule": "fallback", "mean_factor": 1.0}
    btyd = {
        "unit": "weeks",
        "purchases": 1_882,
        "models": [FIT, FIT | {"model": "gamma_gamma", "holdout": None}],
        "chosen": chosen | {"mean": HOLDOUT, "median": HOLDOUT},
        "simulations": [{"model": "bg_nbd", "simulations": 0, "failed": 0}],
    }
    text = format_backtest(facts(btyd=btyd))
    assert "-9582.429" in text
    assert "no_dropout" in text
    assert "Chosen by fallback: nbd" in text
    assert "time in weeks" in text


def test_the_flattering_figure_is_named_as_such() -> None:
    leaving = {"customers": 900, "left": 90, "deployed_auc": 0.67, "oracle_auc": 0.69}
    text = format_backtest(facts(truth={"leaving": leaving | {"flattering_auc": 0.965}}))
    assert "deployed AUC 0.6700, the oracle's 0.6900" in text
    assert "flattering figure of the undated flag: 0.9650" in text


def test_claims_are_counted_as_they_held() -> None:
    claim = {
        "claimed_on": dt.date(2011, 9, 9), "claim": "beats", "subject": "value_median",
        "model": "blend", "baseline": "last_period", "metric": "mae", "level": 0.95,
        "value": -20.0, "low": -30.0, "high": -10.0, "came": -5.0, "held": True,
    }  # fmt: skip
    missed = {**claim, "came": 5.0, "held": False}
    facts = {"days": [claim["claimed_on"]], "horizon_days": 91, "claims": [claim, missed]}
    assert "of 2 claims 1 held; 95% were promised." in format_claims(facts)
    assert "nothing was claimed" in format_claims(facts | {"claims": []})


def test_numbers_and_sentences_are_those_of_the_language() -> None:
    judged = [metric("lightgbm", "roc_auc", 0.8491), metric("lightgbm", "mae", 12_345.6)]
    verdict = candidate("lightgbm", "champion") | {"verdict_pt_br": "É o escolhido."}
    text = format_backtest(facts(judged=judged, tables={"model_candidates": [verdict]}), "pt_BR")
    assert "julgado uma única vez nos 273 dias até 1998-06-30: 2.357 clientes." in text
    assert "0,8491" in text
    assert "12.346" in text
    assert "É o escolhido." in text
    assert "Candidatos\n" in text
    assert "0.8491" not in text
