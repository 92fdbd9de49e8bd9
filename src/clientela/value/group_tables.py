"""Tables and sentences of the revenue forecasts of groups."""

import pyarrow as pa

from clientela.contract.programme import MONTH_DAYS
from clientela.i18n import LANGS, Lang, format_amount, format_number, format_share, t
from clientela.store.arrow_schemas import arrow_table
from clientela.value.groups import MONTHS, GroupForecast, GroupForecaster, MembersAt, PartErrors


def build_value_forecast(forecaster: GroupForecaster, currency: str | None) -> pa.Table:
    """Build ``value_forecast``: known customers, newcomers and everyone, over one horizon."""
    forecasts = forecaster.forecast_base(forecaster.horizon_days)
    rows = [{"days": forecast.days, **_row(forecast, "", currency)} for forecast in forecasts]
    return arrow_table("value_forecast", rows)


def build_programme_forecast(
    forecaster: GroupForecaster,
    members_at: MembersAt,
    programme: str,
    currency: str | None,
    learnt_then: MembersAt | None = None,
    *,
    errors: PartErrors | None = None,
    launched: bool = True,
) -> pa.Table:
    """Build ``programme_forecast``: members, the rest and known customers over some months.

    Parameters
    ----------
    forecaster : GroupForecaster
        Of the run's scores.
    members_at, learnt_then, errors : callable, callable and PartErrors
        As for :meth:`GroupForecaster.forecast_parts`.
    programme : str
        The programme's name.
    currency : str or None
        ISO 4217 code of the amounts.
    launched : bool
        Whether there are members; else they are called those of the launch list.

    Returns
    -------
    pa.Table
        A row a group and horizon; members and rest add up to known.
    """
    by_months = {
        months: [
            *forecaster.forecast_parts(months * MONTH_DAYS, members_at, learnt_then, errors),
            forecaster.forecast_base(months * MONTH_DAYS)[0],
        ]
        for months in MONTHS
    }
    rows = [
        {"months": months, **_row(by_months[months][position], programme, currency, launched)}
        for position in range(3)
        for months in MONTHS
    ]
    return arrow_table("programme_forecast", rows)


def write_forecast(
    forecast: GroupForecast,
    programme: str,
    lang: Lang,
    currency: str | None,
    *,
    launched: bool = True,
) -> str:
    """Write a forecast as sentences, with the errors of past ones."""
    days = format_number(forecast.days, lang)
    name = "launch" if forecast.group == "members" and not launched else forecast.group
    group = t(f"forecast.group.{name}", lang, programme=programme)
    if forecast.expected is None:
        return t("forecast.none", lang, group=group, days=days)
    expected = format_amount(forecast.expected, lang, currency)
    parts = [
        t("forecast.expected", lang, group=group, days=days, expected=expected),
        _write_interval(forecast, lang, currency),
    ]
    if forecast.group in ("members", "rest", "known"):
        parts.append(t(f"forecast.season.{'known' if forecast.season else 'unknown'}", lang))
    if forecast.naive is not None and forecast.naive_error is not None:
        parts.append(
            t(
                f"forecast.naive.{'hindsight' if forecast.hindsight else 'known'}",
                lang,
                naive=format_amount(forecast.naive, lang, currency),
                error=format_share(forecast.naive_error, lang),
                dates=format_number(forecast.naive_dates, lang),
            )
        )
    return " ".join(parts)


def _write_interval(forecast: GroupForecast, lang: Lang, currency: str | None) -> str:
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
    hits = format_number(forecast.hits or 0, lang)
    return t("forecast.interval", lang, hits=hits, **values)


def _row(
    forecast: GroupForecast, programme: str, currency: str | None, launched: bool = True
) -> dict[str, object]:
    measures = ("expected", "low", "high", "level", "method", "hits", "dates", "bias")
    beside = ("last_period", "last_year")
    return {
        "customer_group": forecast.group,
        **{name: getattr(forecast, name) for name in (*measures, *beside)},
        "measurable": forecast.level is not None,
        **{
            f"sentence_{lang.lower()}": write_forecast(
                forecast, programme, lang, currency, launched=launched
            )
            for lang in LANGS
        },
    }
