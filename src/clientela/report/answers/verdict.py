"""Whether the model of churn is worth having, for readers who know no scores."""

from typing import Any

from clientela.report.answers.modelled import candidates, champion, metric
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

DECIMALS = 1


def verdict(material: ReportData, words: Formatter) -> str:
    """Say whether the model beats the best simple one, and what its order is worth.

    Scores such as log loss stand in the model report; here the reader is told the finding, and how
    much more often than the average those left who were put first.

    Returns
    -------
    str
        Sentences, or nothing where no model was judged.
    """
    model = champion(material, "churn")
    score = metric(material, "churn", model, "log_loss")
    if model is None or score.get("difference_high") is None:
        return ""
    return f"{words.say(f'verdict.{_found(material, score)}')} {_first(material, words)}".strip()


def _found(material: ReportData, score: dict[str, Any]) -> str:
    families = {row["model"]: row["family"] for row in candidates(material, "churn")}
    if families[score["model"]] != "learned":
        return "simple"
    return "beats" if score["difference_high"] < 0 else "beats_not"


def _first(material: ReportData, words: Formatter) -> str:
    """Say how much more often those left who were at the highest risk."""
    lift = metric(material, "churn", champion(material, "churn"), "lift_top_decile")
    if any(lift.get(name) is None for name in ("value", "low", "high")):
        return ""
    told = {name: words.number(lift[name], DECIMALS) for name in ("value", "low", "high")}
    return words.say("verdict.first", **told)
