"""Dates told in columns of their parts: year, month and day; and periods that tell no day."""

import re
from collections.abc import Mapping
from dataclasses import replace

from clientela.mapping import dates
from clientela.mapping.formats import DateFormat
from clientela.mapping.headings import words
from clientela.mapping.profile import ColumnProfile

YEAR = frozenset({"year", "ano", "anio", "jahr", "annee", "anno", "yyyy", "yr"})
MONTH = frozenset({"month", "mes", "monat", "mois", "mese", "mm", "mth"})
DAY = frozenset({"day", "dia", "tag", "jour", "giorno", "dd", "dom"})
STARTS = frozenset({"start", "started", "begin", "inicio", "comeco", "beginn", "debut", "from"})
ENDS = frozenset(
    {"end", "ended", "fim", "fin", "final", "ende", "termino", "until", "to", "expiry"}
)
YEARS = r"(19|20)[0-9]{2}(\.0+)?"
MONTHS = r"(0?[1-9]|1[0-2])(\.0+)?|[A-Za-zçÇ]{3,9}\.?"
DAYS = r"(0?[1-9]|[12][0-9]|3[01])(\.0+)?"
MONTH_NAME = rf"(?i:{'|'.join(dates.MONTHS)})[a-zç]*\.?"
# Months without a day, as values and as headings: 2024-01, 01/2024, Jan 2024, 2024-W07.
PERIOD = re.compile(
    r"(19|20)[0-9]{2}[-/. ]?(0[1-9]|1[0-2])|(0?[1-9]|1[0-2])[-/.](19|20)[0-9]{2}"
    rf"|{MONTH_NAME}[-/. ]*(de )?([0-9]{{2}}|(19|20)[0-9]{{2}})"
    r"|(19|20)[0-9]{2}[-/ ]?(W|S|KW|sem|week|Q|T) ?[0-9]{1,2}"
    r"|(Q|T)?[1-4][-/ ]?T?[-/ ]?(19|20)[0-9]{2}"
)
LEAST_PERIODS = 3  # by convention: fewer headings of months or years may be anything


def join_date_parts(
    profiles: Mapping[str, ColumnProfile],
) -> tuple[dict[str, ColumnProfile], dict[str, str]]:
    """Join year, month and day to one column of dates, where a file has no other.

    Returns
    -------
    dict, dict
        The columns, with the dates in the place of the years; and role -> column of the parts,
        empty where there are none.
    """
    joined = dict(profiles)
    if any(profile.date is not None for profile in profiles.values()):
        return joined, {}
    parts = {
        "ordered_local": _find_part(profiles, YEAR, YEARS),
        "ordered_month": _find_part(profiles, MONTH, MONTHS),
        "ordered_day": _find_part(profiles, DAY, DAYS),
    }
    columns = {role: name for role, name in parts.items() if name is not None}
    if len(columns) < len(parts):
        return joined, {}
    year, month, day = (joined.pop(name) for name in columns.values())
    rows = zip(year.values, month.values, day.values, strict=True)
    texts = tuple(None if None in row else _write_date(*map(str, row)) for row in rows)
    named = any(text and " " in text for text in texts)
    form = DateFormat("named", "dmy") if named else DateFormat()
    joined[year.name] = replace(year, values=texts, date=form, decimal=None)
    return joined, columns


def _write_date(year: str, month: str, day: str) -> str:
    """Write a date as :func:`clientela.mapping.lines.join_dates` does."""
    year, month, day = (re.sub(r"\.0+$", "", part) for part in (year, month, day))
    return f"{year}-{month}-{day}" if month.isdigit() else f"{day} {month} {year}"


def _find_part(
    profiles: Mapping[str, ColumnProfile], named: frozenset[str], form: str
) -> str | None:
    """Find the one column of a part of dates, by heading and values."""
    able = [
        name
        for name, profile in profiles.items()
        if words(name) & named
        and profile.distinct
        and all(re.fullmatch(form, value) for value in profile.distinct)
    ]
    return able[0] if len(able) == 1 else None


def explain_no_date(profiles: Mapping[str, ColumnProfile]) -> str:
    """Say which columns or headings tell periods, where none tells a purchase's day."""
    wide = [name for name in profiles if tells_period(profiles, name)]
    if len(wide) >= LEAST_PERIODS:
        return (
            f"each period has a column of its own ({', '.join(wide[:3])}, …), and no column tells "
            "the day of a purchase: give a file with a row a purchase"
        )
    periods = [
        (name, min(profile.distinct))
        for name, profile in profiles.items()
        if profile.distinct and all(PERIOD.fullmatch(value) for value in profile.distinct)
    ]
    year, month = _find_part(profiles, YEAR, YEARS), _find_part(profiles, MONTH, MONTHS)
    if year and month:
        periods.append((f"{year}, {month}", min(profiles[year].distinct)))
    if periods:
        name, example = periods[0]
        return (
            f"{name} tells periods such as {example}, and no column the day of a purchase: give a "
            "file with the day of each"
        )
    dated = [profile for profile in profiles.values() if profile.date is not None]
    begins = [profile.name for profile in dated if profile.words & STARTS]
    ends = [profile.name for profile in dated if profile.words & ENDS]
    if begins and ends:
        return (
            f"{begins[0]} and {ends[0]} tell contracts, and no column the day of a payment: give a "
            "file with a row a payment"
        )
    return ""


def tells_period(profiles: Mapping[str, ColumnProfile], column: str | None) -> bool:
    """Tell whether a heading of figures names a year or month, as Jan 2023 and sales_2023 do."""
    if column is None or profiles[column].decimal is None:
        return False
    year = re.search(r"(?<![0-9])(19|20)[0-9]{2}(?![0-9])", column)
    return year is not None or PERIOD.fullmatch(column.strip()) is not None
