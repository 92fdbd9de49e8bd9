"""Events of commerce: a country's calendar and the firm's own promotions, as days.

Movable feasts are computed by dateutil: Easter by the Western rule, others as the nth weekday of a
month.
"""

import datetime as dt
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Literal

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from dateutil.easter import easter
from dateutil.relativedelta import FR, MO, SA, SU, TH, TU, WE, relativedelta

from clientela.config import Calendar
from clientela.errors import ConfigError

WEEKDAYS = {"MO": MO, "TU": TU, "WE": WE, "TH": TH, "FR": FR, "SA": SA, "SU": SU}
# Where a calendar is shipped: by zone first, for a currency may be of several countries.
BY_ZONE = {"America/Sao_Paulo": "BR", "Europe/London": "GB"}
BY_CURRENCY = {"BRL": "BR", "GBP": "GB"}


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An event: of each year by day, weekday or Easter, or once between two days."""

    en: str
    pt_BR: str
    month: int = 0
    day: int = 1
    weekday: Literal["", "MO", "TU", "WE", "TH", "FR", "SA", "SU"] = ""
    nth: int = 1
    easter_days: int | None = None
    shift_days: int = 0
    days: int = 1
    begins: dt.date | None = None
    ends: dt.date | None = None

    def find_span(self, year: int) -> tuple[dt.date, dt.date]:
        """Return its first and last day in a year."""
        if self.begins is not None:
            return self.begins, self.ends or self.begins
        if self.easter_days is not None:
            first = easter(year) + dt.timedelta(days=self.easter_days)
        else:
            first = dt.date(year, self.month, self.day)
            if self.weekday:
                first += relativedelta(weekday=WEEKDAYS[self.weekday](self.nth))
        first += dt.timedelta(days=self.shift_days)
        return first, first + dt.timedelta(days=self.days - 1)


def list_events(
    settings: Calendar, currency: str, zone: str, first: dt.date, last: dt.date
) -> list[Event]:
    """List the events between two days, those of a calendar in its order, own ones before.

    Parameters
    ----------
    settings : Calendar
        The country's calendar, guessed from zone and currency where none is named, and a file of
        own events.
    currency, zone : str
        ISO 4217 code of the amounts and IANA zone of the firm.
    first, last : date
        Both included.

    Returns
    -------
    list of Event
        One for each time that it took place, with ``begins`` and ``ends``.

    Raises
    ------
    ConfigError
        The file of own events cannot be read, or an event of it is impossible.

    Examples
    --------
    >>> days = dt.date(2023, 11, 1), dt.date(2023, 12, 31)
    >>> [f"{event.pt_BR} {event.begins}" for event in list_events(Calendar(), "BRL", "UTC", *days)]
    ['Black Friday 2023-11-24', 'Natal 2023-12-25']
    """
    country = _find_country(settings, currency, zone)
    events = _read_own(settings.file) if settings.file else []
    if country in ("BR", "GB"):
        shipped = resources.files("clientela.features.calendars") / f"{country}.toml"
        events += _parse(shipped.read_text("utf-8"), f"{country}.toml")
    occurrences = []
    for event in events:
        years = range(first.year, last.year + 1) if event.begins is None else (first.year,)
        for begins, ends in map(event.find_span, years):
            if ends >= first and begins <= last:
                occurrences.append(msgspec.structs.replace(event, begins=begins, ends=ends))
    return occurrences


def name_first_events(
    first_orders: pa.Array,
    events: Sequence[Event],
    settings: Calendar,
    currency: str,
    zone: str,
) -> pa.Array:
    """Name the event at which each customer bought first; null where at none.

    Parameters
    ----------
    first_orders : pa.Array of date
        The day of each customer's first order.
    events : sequence of Event
        What took place, from :func:`list_events`; of several on a day the first counts.
    settings, currency, zone
        As of :func:`list_events`: Brazil's calendar speaks Portuguese.

    Examples
    --------
    >>> day = dt.date(2023, 12, 25)
    >>> christmas = Event(en="Christmas", pt_BR="Natal", begins=day, ends=day)
    >>> days = pa.array([dt.date(2023, 12, 25), dt.date(2023, 12, 26)])
    >>> name_first_events(days, [christmas], Calendar(), "BRL", "UTC").to_pylist()
    ['Natal', None]
    """
    names = pa.nulls(len(first_orders), pa.string())
    lang = "pt_BR" if _find_country(settings, currency, zone) == "BR" else "en"
    for event in reversed(events):
        bought = pc.and_(
            pc.greater_equal(first_orders, pa.scalar(event.begins)),
            pc.less_equal(first_orders, pa.scalar(event.ends)),
        )
        names = pc.if_else(bought, getattr(event, lang), names)
    return names


def _find_country(settings: Calendar, currency: str, zone: str) -> str | None:
    return settings.country or BY_ZONE.get(zone) or BY_CURRENCY.get(currency)


def _read_own(path: str) -> list[Event]:
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the file of events cannot be read: {error}",
            where="calendar.file",
            do="correct the path, or leave it out",
        ) from None
    return _parse(text, path)


def _parse(text: str, where: str) -> list[Event]:
    try:
        events = msgspec.convert(tomllib.loads(text).get("event", []), list[Event])
        for event in events:
            event.find_span(2024)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, ValueError) as error:
        raise ConfigError(
            f"an event is not understood: {error}",
            where=where,
            do="write [[event]] with en, pt_BR and begins and ends, or month and day",
        ) from None
    return events
