"""The sentence of a forecast."""

from dataclasses import dataclass

from clientela.decisions.amount import amount_text
from clientela.i18n import Lang, number, share, t


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What is expected of a group, and what its past errors show.

    Parameters
    ----------
    group : 'members', 'rest' or 'everyone'
        Whom it is of, as known on the day of the forecast.
    months, days : int
        The horizon.
    expected, low, high : float or None
        In money.
    level : float or None
        How often such an interval holds; None where the history is too short to claim it.
    method : str
        Name of the forecaster.
    hits : int or None
        Past outcomes inside the interval made of the other dates' errors.
    dates : int
        Past dates it was measured on.
    bias : float or None
        All forecasts over all outcomes, less 1.
    error, naive_error : float or None
        Mean absolute error as a share of the outcome, and that of the last period again.
    """

    group: str
    months: int
    days: int
    expected: float | None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str
    hits: int | None = None
    dates: int = 0
    bias: float | None = None
    error: float | None = None
    naive_error: float | None = None

    @property
    def measurable(self) -> bool:
        """Whether the history is long enough to claim a level."""
        return self.level is not None


def sentence(forecast: Forecast, programme: str, lang: Lang, currency: str | None) -> str:
    """Tell a forecast, and how far such forecasts were out."""
    group = _group(forecast.group, programme, lang)
    if forecast.expected is None:
        return t("forecast.none", lang, group=group, days=forecast.days)
    said = t(
        "forecast.expected",
        lang,
        group=group,
        days=number(forecast.days, lang),
        expected=amount_text(forecast.expected, lang, currency),
    )
    return " ".join([said, _error(forecast, lang, currency), _season(forecast, lang)])


def _group(group: str, programme: str, lang: Lang) -> str:
    if group == "members":
        return t("forecast.group.members", lang, programme=programme)
    return t("forecast.group.rest" if group == "rest" else "forecast.group.everyone", lang)


def _error(forecast: Forecast, lang: Lang, currency: str | None) -> str:
    if forecast.low is None or forecast.high is None:
        return t("forecast.unmeasured", lang)
    low, high = (amount_text(end, lang, currency) for end in (forecast.low, forecast.high))
    dates = number(forecast.dates, lang)
    if forecast.level is None:
        return t("forecast.range", lang, low=low, high=high, dates=dates)
    level, hits = share(forecast.level, lang), number(forecast.hits or 0, lang)
    told = t("forecast.interval", lang, low=low, high=high, level=level, hits=hits, dates=dates)
    return f"{told} {_mean_error(forecast, lang)}"


def _mean_error(forecast: Forecast, lang: Lang) -> str:
    error = share(forecast.error or 0.0, lang)
    if forecast.naive_error is None:
        return t("forecast.error", lang, error=error)
    naive = share(forecast.naive_error, lang)
    return t("forecast.error.naive", lang, error=error, naive=naive)


def _season(forecast: Forecast, lang: Lang) -> str:
    if forecast.method == "last_period":
        return t("forecast.season.unknown", lang)
    return t("forecast.season.known", lang)
