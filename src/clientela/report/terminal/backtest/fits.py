"""The fits of the Buy Till You Die models, and how they did in the days after."""

from collections.abc import Mapping
from typing import Any

from clientela.report.terminal.grid import figure, grid, titled

HOLDOUT = ("purchases", "total_error", "mae", "rmse", "spearman", "auc_active")


def btyd_text(facts: Mapping[str, Any]) -> str:
    """Lay out parameters, standard errors, log-likelihoods and the days after."""
    found = facts.get("btyd")
    if not found:
        return ""
    title = f"Buy Till You Die models (time in {found['unit']})"
    parts = [f"{title}\n{'-' * len(title)}", _fits(found), titled("The days after", _after(found))]
    return "\n\n".join(part for part in parts if part)


def _fits(found: Mapping[str, Any]) -> str:
    chosen = found["chosen"]
    listed = [
        [
            each["model"],
            f"{each['log_likelihood']:.3f}",
            "  ".join(_parameter(name, held) for name, held in each["parameters"].items()),
            each["note"],
        ]
        for each in found["models"]
    ]
    header = ["model", "log-likelihood", "parameters (standard error)", "note"]
    factor = f"its mean times {chosen['mean_factor']:.3f}"
    return f"{grid(header, listed)}\nChosen by {chosen['rule']}: {chosen['model']}, {factor}."


def _parameter(name: str, held: Mapping[str, Any]) -> str:
    error = held["standard_error"]
    return f"{name} {figure(held['value'])}" + (f" ({figure(error)})" if error else "")


def _after(found: Mapping[str, Any]) -> str:
    chosen = found["chosen"]
    rows = [(each["model"], each["holdout"]) for each in found["models"] if each["holdout"]]
    for name in ("mean", "median"):
        rows.append((f"chosen, {name}: {chosen['model']}", chosen[name]))
    listed = [[model, *(figures[name] for name in HOLDOUT)] for model, figures in rows]
    told = f"These customers bought on {found['purchases']:,} days."
    return f"{told}\n{grid(['model', *HOLDOUT], listed)}"
