"""The sentences of a design and of a read-out."""

from clientela.experiments.design import ExperimentDesign, OutcomeDesign, OutcomeName
from clientela.experiments.readout import Readout
from clientela.i18n import Lang, format_amount, format_date, format_number, format_share, t

MONEY = ("revenue", "winsorised")


def describe_design(design: ExperimentDesign, lang: Lang, currency: str | None) -> str:
    """Return the sentences of a design: what each outcome can show, and the customers needed."""
    deciding = design.deciding
    parts = [_list_outcomes(design, lang, currency)]
    if deciding.needed_cuped is None:
        days = format_number(design.days, lang)
        outcome = t(f"experiment.outcome.{design.primary}", lang)
        parts.append(t("experiment.design.nothing", lang, days=days, outcome=outcome))
        return " ".join(part for part in parts if part)
    parts.append(_say_needed(design, deciding, lang))
    return " ".join(part for part in parts if part)


def _list_outcomes(design: ExperimentDesign, lang: Lang, currency: str | None) -> str:
    """List the outcomes by the smallest uplift that the group can show in each."""
    shown = [
        outcome for outcome in design.outcomes.values() if outcome.detectable_cuped is not None
    ]
    if not shown:
        return ""
    ranking = sorted(shown, key=lambda outcome: outcome.detectable_cuped or 0.0)
    listed = "; ".join(
        t(
            "experiment.design.outcome",
            lang,
            outcome=t(f"experiment.outcome.{outcome.outcome}", lang),
            base=write_value(outcome.outcome, outcome.spread.mean, lang, currency),
            uplift=format_share(outcome.detectable_cuped or 0.0, lang),
        )
        for outcome in ranking
    )
    return t(
        "experiment.design.shows",
        lang,
        customers=format_number(design.deciding.spread.customers, lang),
        days=format_number(design.days, lang),
        power=format_share(design.plan.power, lang),
        listed=listed,
    )


def _say_needed(design: ExperimentDesign, deciding: OutcomeDesign, lang: Lang) -> str:
    needed, cuped = deciding.needed or deciding.needed_cuped, deciding.needed_cuped
    if needed is None or cuped is None:
        return ""
    values = {
        "outcome": t(f"experiment.outcome.{deciding.outcome}", lang),
        "uplift": format_share(design.plan.uplift, lang),
        "power": format_share(design.plan.power, lang),
        "alpha": format_share(design.plan.alpha, lang),
        "needed": format_number(sum(needed), lang),
        "cuped": format_number(sum(cuped), lang),
        "held_out": format_number(cuped[1], lang),
        "reduction": format_share(deciding.spread.correlation**2, lang),
        "detectable": format_share(deciding.detectable_cuped or 0.0, lang),
    }
    verdict = "enough" if deciding.enough else "too_small"
    if deciding.detectable_cuped is None:
        verdict = "hopeless"
    return " ".join(t(f"experiment.design.{key}", lang, **values) for key in ("needed", verdict))


def write_value(outcome: OutcomeName, value: float, lang: Lang, currency: str | None) -> str:
    """Write a value of an outcome, or a difference of two: money, orders or a share."""
    if outcome in MONEY:
        return format_amount(value, lang, currency)
    return format_share(value, lang) if outcome == "repeat" else format_number(value, lang, 2)


def describe_readout(readout: Readout, lang: Lang, currency: str | None) -> str:
    """Describe what the treatment changed, and whether it can be chance."""
    sure, outcome = readout.cuped, readout.outcome
    verdict = "chance"
    if sure.certain:
        verdict = "gain" if sure.difference > 0 else "loss"
    kind = "money" if outcome in MONEY else "other"
    key = (
        f"experiment.read.{verdict}" if verdict == "chance" else f"experiment.read.{verdict}.{kind}"
    )
    values = {
        name: write_value(outcome, value, lang, currency)
        for name, value in (
            ("difference", sure.difference),
            ("low", sure.low),
            ("high", sure.high),
            ("total", sure.difference * readout.treated),
            ("treated_mean", readout.treated_mean),
            ("control_mean", readout.control_mean),
        )
    }
    values |= {
        "outcome": t(f"experiment.outcome.{outcome}", lang),
        "level": format_share(1 - readout.alpha, lang),
        "after": format_date(readout.after, lang),
        "upto": format_date(readout.upto, lang),
        "treated": format_number(readout.treated, lang),
        "control": format_number(readout.control, lang),
    }
    parts = [t("experiment.read.period", lang, **values), t(key, lang, **values)]
    parts += [_percent(readout, lang), _plain(readout, lang, currency)]
    if readout.missing:
        parts.append(
            t("experiment.read.missing", lang, missing=format_number(readout.missing, lang))
        )
    return " ".join(part for part in parts if part)


def _percent(readout: Readout, lang: Lang) -> str:
    sure = readout.cuped
    if sure.share is None or sure.share_low is None or sure.share_high is None:
        return ""
    low, high = format_share(sure.share_low, lang), format_share(sure.share_high, lang)
    return t(
        "experiment.read.percent", lang, share=format_share(sure.share, lang), low=low, high=high
    )


def _plain(readout: Readout, lang: Lang, currency: str | None) -> str:
    plain = readout.plain
    difference, low, high = (
        write_value(readout.outcome, value, lang, currency)
        for value in (plain.difference, plain.low, plain.high)
    )
    return t(
        "experiment.read.plain",
        lang,
        difference=difference,
        low=low,
        high=high,
        reduction=format_share(readout.variance_reduction, lang),
    )
