"""The sentences of a design and of a read-out."""

from clientela.experiments.design import Design
from clientela.experiments.readout import Readout
from clientela.i18n import Lang, amount_text, date, number, share, t


def design_text(design: Design, lang: Lang, currency: str | None) -> str:
    """Say how many customers the plan needs, with and without the past, and what is possible."""
    if design.needed is None or design.needed_cuped is None:
        days = number(design.days, lang)
        return t("experiment.design.nothing", lang, days=days)
    customers = number(design.spread.customers, lang)
    values = {
        "customers": customers,
        "days": number(design.days, lang),
        "uplift": share(design.plan.uplift, lang),
        "power": share(design.plan.power, lang),
        "alpha": share(design.plan.alpha, lang),
        "mean": amount_text(design.spread.mean, lang, currency),
        "needed": number(design.needed.customers, lang),
        "cuped": number(design.needed_cuped.customers, lang),
        "held_out": number(design.needed_cuped.control, lang),
        "detectable": share(design.detectable_cuped or 0.0, lang),
        "reduction": share(design.spread.correlation**2, lang),
    }
    enough = "enough" if design.enough else "too_small"
    texts = (
        t("experiment.design.group", lang, **values),
        t("experiment.design.needed", lang, **values),
        t(f"experiment.design.{enough}", lang, **values),
    )
    return " ".join(texts)


def readout_text(readout: Readout, lang: Lang, currency: str | None) -> str:
    """Say what the treatment changed, in money and percent, and whether it can be chance."""
    sure = readout.cuped
    verdict = "chance"
    if sure.certain:
        verdict = "gain" if sure.difference > 0 else "loss"
    period = t(
        "experiment.read.period",
        lang,
        after=date(readout.after, lang),
        upto=date(readout.upto, lang),
        treated=number(readout.treated, lang),
        control=number(readout.control, lang),
        treated_mean=amount_text(readout.treated_mean, lang, currency),
        control_mean=amount_text(readout.control_mean, lang, currency),
    )
    told = t(
        f"experiment.read.{verdict}",
        lang,
        difference=amount_text(sure.difference, lang, currency),
        low=amount_text(sure.low, lang, currency),
        high=amount_text(sure.high, lang, currency),
        level=share(1 - readout.alpha, lang),
        total=amount_text(sure.difference * readout.treated, lang, currency),
    )
    parts = [period, told, _percent(readout, lang), _plain(readout, lang, currency)]
    if readout.missing:
        parts.append(t("experiment.read.missing", lang, missing=number(readout.missing, lang)))
    return " ".join(part for part in parts if part)


def _percent(readout: Readout, lang: Lang) -> str:
    sure = readout.cuped
    if sure.share is None or sure.share_low is None or sure.share_high is None:
        return ""
    low, high = share(sure.share_low, lang), share(sure.share_high, lang)
    return t("experiment.read.percent", lang, share=share(sure.share, lang), low=low, high=high)


def _plain(readout: Readout, lang: Lang, currency: str | None) -> str:
    plain = readout.plain
    return t(
        "experiment.read.plain",
        lang,
        difference=amount_text(plain.difference, lang, currency),
        low=amount_text(plain.low, lang, currency),
        high=amount_text(plain.high, lang, currency),
        reduction=share(readout.variance_reduction, lang),
    )
