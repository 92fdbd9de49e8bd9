"""The sentence of a forecast."""

from dataclasses import dataclass

from clientela.i18n import Lang, format_amount, format_number, format_share, t


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
    error : float or None
        Mean absolute error as a share of the outcome.
    hindsight : bool
        Whether past groups, but for those behind a level, were simulated with today's rules.
    naive, naive_error, naive_dates : float or None, float or None, int
        The last period once more, its mean error and the past dates behind it.
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
    hindsight: bool = False
    naive: float | None = None
    naive_error: float | None = None
    naive_dates: int = 0

    @property
    def measurable(self) -> bool:
        """Whether a level can be claimed."""
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
        days=format_number(forecast.days, lang),
        expected=format_amount(forecast.expected, lang, currency),
    )
    parts = (
        said,
        _interval(forecast, lang, currency),
        _season(forecast, lang),
        _naive(forecast, lang, currency),
    )
    return " ".join(part for part in parts if part)


def _group(group: str, programme: str, lang: Lang) -> str:
    if group == "members":
        return t("forecast.group.members", lang, programme=programme)
    return t("forecast.group.rest" if group == "rest" else "forecast.group.everyone", lang)


def _interval(forecast: Forecast, lang: Lang, currency: str | None) -> str:
    if forecast.low is None or forecast.high is None:
        return t("forecast.unmeasured", lang)
    values = {
        "low": format_amount(forecast.low, lang, currency),
        "high": format_amount(forecast.high, lang, currency),
        "dates": format_number(forecast.dates, lang),
        "error": format_share(forecast.error or 0.0, lang),
    }
    if forecast.level is None:
        return t(f"forecast.{'hindsight' if forecast.hindsight else 'range'}", lang, **values)
    level, held = format_share(forecast.level, lang), format_number(forecast.hits or 0, lang)
    return t("forecast.interval", lang, level=level, hits=held, **values)


def _season(forecast: Forecast, lang: Lang) -> str:
    known = "unknown" if forecast.method == "last_period" else "known"
    return t(f"forecast.season.{known}", lang)


def _naive(forecast: Forecast, lang: Lang, currency: str | None) -> str:
    if forecast.naive is None or forecast.naive_error is None:
        return ""
    return t(
        f"forecast.naive.{'hindsight' if forecast.hindsight else 'known'}",
        lang,
        naive=format_amount(forecast.naive, lang, currency),
        error=format_share(forecast.naive_error, lang),
        dates=format_number(forecast.naive_dates, lang),
    )
