"""The sentences of a design and of a read-out."""

from clientela.experiments.design import ExperimentDesign
from clientela.experiments.readout import Readout
from clientela.i18n import Lang, format_amount, format_date, format_number, format_share, t


def describe_design(design: ExperimentDesign, lang: Lang, currency: str | None) -> str:
    """Return the sentences of a design: customers needed, and the uplift to be seen."""
    if design.needed is None or design.needed_cuped is None:
        days = format_number(design.days, lang)
        return t("experiment.design.nothing", lang, days=days)
    customers = format_number(design.spread.customers, lang)
    values = {
        "customers": customers,
        "days": format_number(design.days, lang),
        "uplift": format_share(design.plan.uplift, lang),
        "power": format_share(design.plan.power, lang),
        "alpha": format_share(design.plan.alpha, lang),
        "mean": format_amount(design.spread.mean, lang, currency),
        "needed": format_number(design.needed.customers, lang),
        "cuped": format_number(design.needed_cuped.customers, lang),
        "held_out": format_number(design.needed_cuped.control, lang),
        "detectable": format_share(design.detectable_cuped or 0.0, lang),
        "reduction": format_share(design.spread.correlation**2, lang),
    }
    enough = "enough" if design.enough else "too_small"
    texts = (
        t("experiment.design.group", lang, **values),
        t("experiment.design.needed", lang, **values),
        t(f"experiment.design.{enough}", lang, **values),
    )
    return " ".join(texts)


def describe_readout(readout: Readout, lang: Lang, currency: str | None) -> str:
    """Describe what the treatment changed, in money and percent, and whether it can be chance."""
    sure = readout.cuped
    verdict = "chance"
    if sure.certain:
        verdict = "gain" if sure.difference > 0 else "loss"
    period = t(
        "experiment.read.period",
        lang,
        after=format_date(readout.after, lang),
        upto=format_date(readout.upto, lang),
        treated=format_number(readout.treated, lang),
        control=format_number(readout.control, lang),
        treated_mean=format_amount(readout.treated_mean, lang, currency),
        control_mean=format_amount(readout.control_mean, lang, currency),
    )
    change = t(
        f"experiment.read.{verdict}",
        lang,
        difference=format_amount(sure.difference, lang, currency),
        low=format_amount(sure.low, lang, currency),
        high=format_amount(sure.high, lang, currency),
        level=format_share(1 - readout.alpha, lang),
        total=format_amount(sure.difference * readout.treated, lang, currency),
    )
    parts = [period, change, _percent(readout, lang), _plain(readout, lang, currency)]
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
    return t(
        "experiment.read.plain",
        lang,
        difference=format_amount(plain.difference, lang, currency),
        low=format_amount(plain.low, lang, currency),
        high=format_amount(plain.high, lang, currency),
        reduction=format_share(readout.variance_reduction, lang),
    )
