"""Text of ``clientela backtest``: what was known, how the models did, what it means."""

from collections.abc import Mapping, Sequence
from typing import Any

from clientela.i18n import Lang, translate
from clientela.report.terminal.tables import (
    format_decimals,
    format_figure,
    format_interval,
    format_records,
    format_section,
    format_table,
    write_numbers_in,
)

BacktestFacts = Mapping[str, Any]
Rows = Sequence[Mapping[str, Any]]
MOST_CONTACTS = 10  # rows; all are in the JSON
PURPOSES = {
    "value_mean": "Value: forecasts of the mean (judged on the total)",
    "value_median": "Value: forecasts of the median (judged on the single customer)",
    "churn": "Churn",
}
HOLDOUT = ("purchases", "total_error", "mae", "rmse", "spearman", "auc_active")
GROUPS = {name: name for name in ("customers", "expected", "came")}


def format_backtest(facts: BacktestFacts, lang: Lang = "en") -> str:
    """Write the facts of a backtest as sentences and tables; names of columns stay the JSON's."""
    with write_numbers_in(lang):
        return translate(_format_sections(facts, lang), lang)


def _format_sections(facts: BacktestFacts, lang: Lang) -> str:
    tables = facts["tables"]
    sections = (
        _format_opening(facts),
        _format_purpose(facts, "value_mean", lang),
        _format_purpose(facts, "value_median", lang),
        _format_forecast(tables.get("value_forecast", ()), lang),
        _format_purchase_models(facts.get("btyd")),
        _format_simulations(facts.get("btyd")),
        _format_horizons(tables.get("churn_horizons", ())),
        _format_purpose(facts, "churn", lang),
        _format_contacts(tables.get("churn_contacts", ())),
        _format_truth(facts.get("truth")),
    )
    return "\n\n".join(section for section in sections if section)


def format_claims(facts: BacktestFacts, lang: Lang = "en") -> str:
    """Write how many claims of past days held, and each of them."""
    with write_numbers_in(lang):
        return translate(_format_claims(facts), lang)


def _format_claims(facts: BacktestFacts) -> str:
    claims, days = facts["claims"], len(facts["days"])
    judged = [claim for claim in claims if claim["held"] is not None]
    true_claims = sum(claim["held"] for claim in judged)
    opening = f"As of {days} past days, {facts['horizon_days']} days apart: "
    opening += (
        f"of {len(judged)} claims {true_claims} held; "
        f"{sum(claim['level'] for claim in judged) / max(len(judged), 1):.0%} were promised."
        if claims
        else "nothing was claimed. A claim needs four dates that share no day, and an interval "
        "below 0."
    )
    names = (
        *("claimed_on", "claim", "subject", "model", "metric", "baseline", "level"),
        *("value", "low", "high", "came", "held"),
    )
    return f"{opening}\n\n{format_records({name: name for name in names}, claims)}".strip()


def select_rows(rows: Rows, **values: object) -> list[Mapping[str, Any]]:
    """Return the rows with these values.

    Examples
    --------
    >>> select_rows([{"a": 1}, {"a": 2}], a=2)
    [{'a': 2}]
    """
    return [row for row in rows if all(row[name] == value for name, value in values.items())]


def _format_opening(facts: BacktestFacts) -> str:
    if facts["as_of"] is None:
        return f"{facts['customers']:,} customers without dates: repeated stratified folds."
    return (
        f"Learnt from {facts['first_day']} to {facts['as_of']}; judged once on the "
        f"{facts['horizon_days']} days up to {facts['upto']}: {facts['customers']:,} customers."
    )


def _format_purpose(facts: BacktestFacts, purpose: str, lang: Lang) -> str:
    metrics = select_rows(facts["judged"], purpose=purpose)
    notes = select_rows(facts["tables"].get("model_notes", ()), purpose=purpose)
    candidates = select_rows(facts["tables"].get("model_candidates", ()), purpose=purpose)
    serving = {row["model"] for row in candidates if row["role"] != "compared"}
    parts = (
        "\n".join(f"- {note[f'text_{lang.lower()}']}" for note in notes),
        format_section("Candidates", _format_candidates(candidates, f"verdict_{lang.lower()}")),
        format_section("Figures", _format_scores(metrics)),
        format_section(
            "Paired differences",
            _format_differences([row for row in metrics if row["model"] in serving]),
        ),
    )
    body = "\n\n".join(part for part in parts if part)
    return format_section(PURPOSES[purpose], body, underline=True)


def _format_candidates(rows: Rows, verdict: str) -> str:
    columns = {name: name for name in ("model", "family", "role")} | {verdict: "verdict"}
    return format_records(columns, [{**row, verdict: row[verdict] or ""} for row in rows])


def _format_scores(rows: Rows) -> str:
    """Lay out metrics: a row a model, a column a metric."""
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    models = list(dict.fromkeys(row["model"] for row in rows))
    values = {(row["model"], row["metric"]): row["value"] for row in rows}
    lines = [[model, *(values.get((model, metric)) for metric in metrics)] for model in models]
    return format_table(["model", *metrics], lines)


def _format_differences(rows: Rows) -> str:
    """Lay out the paired differences against the baseline of each metric."""
    lines = [
        {
            **row,
            "difference": format_figure(row["difference"]),
            "interval": format_interval(row["difference_low"], row["difference_high"]),
        }
        for row in rows
        if row["baseline"] and row["difference"] is not None
    ]
    columns = {"model": "model", "metric": "metric", "baseline": "against"}
    return format_records(columns | {"difference": "difference", "interval": "interval"}, lines)


def _format_forecast(rows: Rows, lang: Lang) -> str:
    names = ("days", "expected", "low", "high", "hits", "dates", "method")
    table = format_records({"customer_group": "group"} | {name: name for name in names}, rows)
    sentence = f"sentence_{lang.lower()}"
    sentences = "\n".join(f"- {row[sentence]}" for row in rows if row[sentence])
    body = f"{table}\n{sentences}" if rows else ""
    return format_section("Value: forecast of groups", body, underline=True)


def _format_horizons(rows: Rows) -> str:
    names = ("horizon_days", "customers", "churn_share", "returned_share", "chosen")
    table = format_records({name: name for name in names}, rows)
    return format_section("Churn: sensitivity to the horizon", table, underline=True)


def _format_contacts(rows: Rows) -> str:
    step = max(len(rows) // MOST_CONTACTS, 1)
    shown = [row for i, row in enumerate(rows) if i % step == 0 or row["chosen"]]
    names = ("contacts", "threshold", "at_stake", "at_stake_random", "at_stake_revenue")
    table = format_records({name: name for name in names}, shown)
    return format_section("Churn: leavers' revenue among those contacted", table, underline=True)


def _format_purchase_models(btyd: Mapping[str, Any] | None) -> str:
    """Lay out parameters, standard errors, log-likelihoods and the days after."""
    if not btyd:
        return ""
    body = f"{_format_fits(btyd)}\n\n{format_section('The days after', _format_holdout(btyd))}"
    title = f"Buy Till You Die models (time in {btyd['unit']})"
    return f"{title}\n{'-' * len(title)}\n\n{body}"


def _format_fits(btyd: Mapping[str, Any]) -> str:
    serving = btyd["chosen"]
    lines = [
        [
            fit["model"],
            format_decimals(fit["log_likelihood"], 3),
            "  ".join(_format_parameter(name, value) for name, value in fit["parameters"].items()),
            fit["note"],
        ]
        for fit in btyd["models"]
    ]
    header = ["model", "log-likelihood", "parameters (standard error)", "note"]
    factor = f"its mean times {format_decimals(serving['mean_factor'], 3)}"
    table = format_table(header, lines)
    return f"{table}\nChosen by {serving['rule']}: {serving['model']}, {factor}."


def _format_parameter(name: str, estimate: Mapping[str, Any]) -> str:
    error = estimate["standard_error"]
    return f"{name} {format_figure(estimate['value'])}" + (
        f" ({format_figure(error)})" if error else ""
    )


def _format_holdout(btyd: Mapping[str, Any]) -> str:
    serving = btyd["chosen"]
    metrics = {fit["model"]: fit["holdout"] for fit in btyd["models"] if fit["holdout"]}
    metrics |= {f"chosen, {name}: {serving['model']}": serving[name] for name in ("mean", "median")}
    lines = [[model, *(values[name] for name in HOLDOUT)] for model, values in metrics.items()]
    opening = f"These customers bought on {btyd['purchases']:,} days."
    return f"{opening}\n{format_table(['model', *HOLDOUT], lines)}"


def _format_simulations(btyd: Mapping[str, Any] | None) -> str:
    """Say whether the fits find again what they were simulated from."""
    simulations = [row for row in (btyd or {}).get("simulations", ()) if "z" in row]
    body = "\n\n".join(_format_recovery(simulation) for simulation in simulations)
    return format_section("Fits of customers simulated from each model", body, underline=True)


def _format_recovery(simulation: Mapping[str, Any]) -> str:
    columns = {"parameter": "parameter", "mean": "mean z", "spread": "spread of z"}
    return (
        f"{simulation['model']}, {simulation['simulations']} simulations, "
        f"{simulation['failed']} not identified; customers' 80 % intervals cover "
        f"{simulation['coverage']:.1%}\n{format_records(columns, simulation['z'])}\n"
        f"{format_records(GROUPS, simulation['calibration'])}"
    )


def _format_truth(truth: Mapping[str, Any] | None) -> str:
    """Compare with the simulator's truth, where there is one."""
    alive, leaving = ((truth or {}).get(topic) for topic in ("alive", "leaving"))
    parts = []
    if alive:
        parts.append(
            f"P(alive): {format_figure(alive['expected'])} expected, "
            f"{format_figure(alive['alive'])} alive of {alive['customers']:,} customers; "
            f"AUC {format_figure(alive['auc'])}.\n{format_records(GROUPS, alive['calibration'])}"
        )
    if leaving:
        flattering = format_figure(leaving["flattering_auc"])
        trap = f" The flattering figure of the undated flag: {flattering}."
        parts.append(
            f"Leaving: deployed AUC {format_figure(leaving['deployed_auc'])}, the oracle's "
            f"{format_figure(leaving['oracle_auc'])}, of {leaving['customers']:,} customers, "
            f"{leaving['left']:,} of whom left.{trap if leaving['flattering_auc'] else ''}"
        )
    return format_section("Against the simulator's truth", "\n\n".join(parts), underline=True)
