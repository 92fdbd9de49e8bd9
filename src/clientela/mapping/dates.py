"""Dates as people write them, read by expressions that run on every engine.

Every form is rearranged into ISO text and cast; nothing depends on an engine's own formats.
"""

import datetime as dt
import re
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir

from clientela.mapping.formats import DateFormat, Shape

STAMP = "timestamp(6)"
YEAR4, ANY_YEAR = "([129][0-9]{3})", "([129][0-9]{3}|[0-9]{2})"
PART = "([0-9]{1,2})"
# A day of the week before a date says nothing that the date does not.
DAY_NAME = (
    "(?:(?i:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
    "|(?:segunda|ter[çc]a|quarta|quinta|sexta)(?:-feira)?|s[áa]bado|domingo"
    "|lunes|martes|mi[ée]rcoles|jueves|viernes"
    "|(?:seg|ter|qua|qui|sex|s[áa]b|dom|lun|mar|mi[ée]|jue|vie)[.]?,)[.]?,? +)?"
)
AT = r"(?:[T ]+|, *| *(?:,|-|@|[àÀaA][sS]|at|a las) +)"
HALF = "[ \u00a0\u202f]*([AaPp])[.]?[ \u00a0\u202f]?[Mm][.]?"
TIME = (
    rf"(?:{AT}((?:[01]?[0-9]|2[0-3])[.:hH][0-5][0-9](?:[.:mM][0-5][0-9](?:[.,][0-9]{{1,9}})?)?)"
    rf"(?:{HALF}| *(?:hs|hrs?|h|horas|min|Uhr)[.]?)?)?"
)
POINTED = "^[0-9]{1,2}[.][0-9]{2}(?:[.][0-9]{2})?"  # a clock that is written 11.29.00
ZONE = "(?: ?(?:UTC|GMT)?(Z|UTC|GMT|[-+][0-9]{2}(?::?[0-9]{2})?))"
ANY_ZONE = rf"{ZONE}?(?: *\([^()]+\))?"
OF = r"(?:[-/. ]+|[.,]? +de +|[.]?, *)"  # between day, month and year; Portuguese writes «de»
NTH = "(?:st|nd|rd|th|º|°|er)?"
MONTH = "([A-Za-z]{3})[A-Za-zçÇ]*"

MONTHS = {
    "jan": "01", "ene": "01", "feb": "02", "fev": "02", "mar": "03", "apr": "04", "abr": "04",
    "may": "05", "mai": "05", "jun": "06", "jul": "07", "aug": "08", "ago": "08", "sep": "09",
    "set": "09", "oct": "10", "out": "10", "nov": "11", "dec": "12", "dez": "12", "dic": "12",
}  # fmt: skip


@dataclass(frozen=True)
class Form:
    """A pattern of a whole value and which of its groups is what; 0 where it has none."""

    pattern: str
    year: int
    month: int
    day: int
    time: int = 4
    half: int = 5
    zone: int = 0


ISO = Form(f"^{YEAR4}-{PART}-{PART}{TIME}$", 1, 2, 3)
ISO_ZONED = Form(f"^{YEAR4}-{PART}-{PART}{TIME}{ZONE}?$", 1, 2, 3, zone=6)


def _form(body: str, year: int, month: int, day: int) -> Form:
    return Form(f"^{DAY_NAME}{body}{TIME}{ANY_ZONE}$", year, month, day, zone=6)


FORMS: dict[tuple[str, str], Form] = {
    ("numeric", "ymd"): _form(f"{ANY_YEAR}[-/.]{PART}[-/.]{PART}", 1, 2, 3),
    ("numeric", "dmy"): _form(f"{PART}[-/.]{PART}[-/.]{ANY_YEAR}", 3, 2, 1),
    ("numeric", "mdy"): _form(f"{PART}[-/.]{PART}[-/.]{ANY_YEAR}", 3, 1, 2),
    ("compact", "ymd"): _form(f"{YEAR4}([01][0-9])([0-3][0-9])", 1, 2, 3),
    ("stamp", "ymd"): Form(
        f"^{YEAR4}([01][0-9])([0-3][0-9])[T ]?([0-2][0-9][0-5][0-9](?:[0-5][0-9])?){ZONE}?$",
        *(1, 2, 3),
        half=0,
        zone=5,
    ),
    ("named", "dmy"): _form(f"{PART}{NTH}{OF}{MONTH}{OF}{ANY_YEAR}", 3, 2, 1),
    ("named", "mdy"): _form(f"{MONTH}{OF}{PART}{NTH}{OF}{ANY_YEAR}", 3, 1, 2),
    ("named", "ymd"): _form(f"{YEAR4}{OF}{MONTH}{OF}{PART}{NTH}", 1, 2, 3),
}
# Days since 1899-12-30 as spreadsheets store them, from 1954 to 2119; seconds, milliseconds and
# microseconds since 1970, from 2001 on. Sources show clocks without a zone, hence the naive
# datetimes here.
COUNTS: dict[Shape, tuple[str, dt.datetime, float]] = {
    "serial": (r"^[2-7][0-9]{4}(?:[.,][0-9]+)?$", dt.datetime(1899, 12, 30), 86_400),  # noqa: DTZ001 - no zone
    "epoch": (r"^1[0-9]{9}(?:[.][0-9]+)?$", dt.datetime(1970, 1, 1), 1),  # noqa: DTZ001 - no zone
    "epoch_ms": (r"^1[0-9]{12}(?:[.]0+)?$", dt.datetime(1970, 1, 1), 0.001),  # noqa: DTZ001 - no zone
    "epoch_us": (r"^1[0-9]{15}(?:[.]0+)?$", dt.datetime(1970, 1, 1), 1e-6),  # noqa: DTZ001 - no zone
}
INSTANTS = ("epoch", "epoch_ms", "epoch_us")
# What is written in digits alone may as well be a number of something.
DIGITS: dict[Shape, str] = {
    "stamp": FORMS["stamp", "ymd"].pattern,
    **{shape: pattern for shape, (pattern, _, _) in COUNTS.items()},
}
# Thailand counts from 543 BC, exactly so since 1941 (its Calendar Act of 1940).
BUDDHIST_AHEAD, FIRST_BUDDHIST, LAST_BUDDHIST = 543, "2400", "2700"
# Years of other calendars, as a value writes them: first, last or the head of eight digits.
BUDDHIST_YEAR = r"^2[45][0-9]{2}[-/. ]|^2[45][0-9]{6}$|[-/. ]2[45][0-9]{2}(?:$|[T ,])"
ISLAMIC_YEAR = r"^1[34][0-9]{2}[-/. ]|^1[34][0-9]{6}$|[-/. ]1[34][0-9]{2}(?:$|[T ,])"
# A zone stands behind a time, never behind a date alone, whose day would look like one.
ZONE_SHOWN = (
    r"(?:[:hH][0-9]{2}|T[0-9]{4}(?:[0-9]{2})?)(?:[.,][0-9]+)?"
    r"(?: *[AaPp][.]? ?[Mm][.]?)? ?(?:UTC|GMT)?"
    r"(Z|UTC|GMT|[-+][0-9]{2}(?::?[0-9]{2})?)(?: *\([^()]+\))?$"
)
BARE_LENGTHS = (10, 16, 19)  # of a day, with a minute, with a second
# What a bare cast reads alike on every engine.
PLAIN = (
    f"^{YEAR4}-[0-9]{{2}}-[0-9]{{2}}"
    "(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?$"
)


def form_of(date: DateFormat) -> Form:
    """Return the pattern of a format."""
    if date.shape == "iso":
        return ISO_ZONED if date.zoned else ISO
    return FORMS[date.shape, date.order]


def moment(text: ir.StringValue, date: DateFormat) -> ir.TimestampValue:
    """Read the date and time that a value shows; null where unreadable."""
    if date.plain:
        return text.try_cast(STAMP)
    if date.further:
        first = moment(text, replace(date, further=()))
        return ibis.coalesce(first, *[moment(text, form) for form in date.further])
    if date.shape in COUNTS:
        return count_from(text, date.shape)
    if date.shape == "iso" and not date.buddhist:
        # Where some values are dressed up, most are plain: a cast costs a tenth of the pattern, and
        # to look at the length next to nothing.
        plain = text.re_search(PLAIN)
        if date.bare_lengths:
            plain = text.length().isin(date.bare_lengths).ifelse(ibis.literal(True), plain)
        bare = plain.ifelse(text.try_cast(STAMP), ibis.null(STAMP))
        return ibis.coalesce(bare, _rearrange(text, date))
    return _rearrange(text, date)


def _rearrange(text: ir.StringValue, date: DateFormat) -> ir.TimestampValue:
    """Bring the parts that a pattern finds into ISO order, and read that."""
    form = form_of(date)

    def group(number: int) -> ir.StringValue:
        return text.re_extract(form.pattern, number)

    month = group(form.month)
    if date.shape == "named":
        month = month.lower().substitute(MONTHS)
    year = group(form.year)
    if date.buddhist:
        year = _christian_year(year)
    day = (
        (_full_year(year) if ANY_YEAR in form.pattern else year)
        + "-"
        + month
        + "-"
        + group(form.day)
    )
    time = group(form.time)
    pointed = time.re_extract(POINTED, 0).replace(".", ":")
    time = (pointed != "").ifelse(pointed, time.re_replace("[hHmM]", ":").replace(",", "."))
    if date.shape == "stamp":
        time = time.left(2) + ":" + time.substr(2, 2) + ":" + (time.substr(4, 2) + "00").left(2)
    # Where the pattern does not fit, the parts are empty and the cast finds no date.
    read = (day + " " + time.nullif("").fill_null("00:00")).try_cast(STAMP)
    return _add_half_day(read, group(form.half).lower()) if date.halves else read


def read_moment(text: str, date: DateFormat) -> dt.datetime | None:
    """Read one value of a sample as :func:`moment` does for whole columns.

    Examples
    --------
    >>> str(read_moment("Apr 14, 2024", DateFormat("named", "mdy")))
    '2024-04-14 00:00:00'
    >>> str(read_moment("45295.478472", DateFormat("serial")))
    '2024-01-04 11:29:00'
    """
    forms = (replace(date, further=()), *date.further)
    moments = (_read_count(text, form) or _read_text(text, form) for form in forms)
    return next((value for value in moments if value is not None), None)


def _read_count(text: str, date: DateFormat) -> dt.datetime | None:
    if date.shape not in COUNTS:
        return None
    pattern, origin, seconds = COUNTS[date.shape]
    if not re.search(pattern, text):
        return None
    return origin + dt.timedelta(seconds=round(float(text.replace(",", ".")) * seconds))


def _read_text(text: str, date: DateFormat) -> dt.datetime | None:
    if date.shape in COUNTS:
        return None
    form = form_of(replace(date, zoned=True))
    match = re.search(form.pattern, text)
    if match is None:
        return None
    month, time = match[form.month].lower(), match[form.time] or "00:00"
    year = match[form.year]
    if len(year) == 2:
        year = ("20" if year < "69" else "19") + year
    if date.buddhist and FIRST_BUDDHIST <= year < LAST_BUDDHIST:
        year = str(int(year) - BUDDHIST_AHEAD)
    if date.shape == "stamp":
        time = f"{time[:2]}:{time[2:4]}:{time[4:] or '00'}"
    pointed = re.search(POINTED, time)
    time = pointed[0].replace(".", ":") if pointed else re.sub("[hHmM]", ":", time)
    clock = time.replace(",", ".").split(".")[0]
    hour, minute, second = ([int(part) for part in clock.split(":")] + [0])[:3]
    half = (match[form.half] or "").lower()
    hour += 12 if half == "p" and hour < 12 else -12 if half == "a" and hour == 12 else 0
    try:
        month = int(MONTHS.get(month, month))
        return dt.datetime(int(year), month, int(match[form.day]), hour, minute, second)  # noqa: DTZ001 - no zone
    except ValueError:
        return None


def count_from(text: ir.StringValue, shape: Shape) -> ir.TimestampValue:
    """Read counts of days or seconds; null where a value is none."""
    pattern, origin, seconds = COUNTS[shape]
    number = text.re_search(pattern).ifelse(text.replace(",", "."), ibis.null("string"))
    elapsed = (number.try_cast("float64") * seconds).round().cast("int64")
    return (ibis.literal(origin, STAMP) + elapsed.as_interval("s")).cast(STAMP)


def offset_minutes(text: ir.StringValue, date: DateFormat | None = None) -> ir.IntegerValue:
    """Read the UTC offset that a value names, in minutes; null where it names none."""
    if date is not None and date.shape in INSTANTS:
        return ibis.literal(0, "int64")
    zone = text.re_extract(ZONE_SHOWN, 1)
    sign = zone.startswith("-").ifelse(ibis.literal(-1), ibis.literal(1))
    digits = zone.re_replace("[-+:]", "")
    hours, minutes = digits.left(2).try_cast("int64"), digits.substr(2, 2).try_cast("int64")
    offset = sign * (hours * 60 + minutes.fill_null(0))
    return ibis.cases(
        (zone.isin(["Z", "UTC", "GMT"]), ibis.literal(0, "int64")),
        (zone == "", ibis.null("int64")),
        else_=offset,
    )


def _christian_year(year: ir.StringValue) -> ir.StringValue:
    """Count a year of Thailand from Christ's birth; placeholders such as 9999 stay."""
    counted = year.try_cast("int64")
    theirs = (year >= FIRST_BUDDHIST) & (year < LAST_BUDDHIST)
    return theirs.ifelse((counted - BUDDHIST_AHEAD).cast("string"), year)


def _full_year(year: ir.StringValue) -> ir.StringValue:
    """Complete years of two digits, 69 to 99 in the last century, as POSIX does."""
    century = (year < "69").ifelse("20", "19")
    return (century + year).right(4)


def _add_half_day(read: ir.TimestampValue, half: ir.StringValue) -> ir.TimestampValue:
    """Move hours by the half of the day: 12 AM is midnight, 1 PM is 13."""
    twelve = ibis.interval(hours=12)
    return ibis.cases(
        ((half == "p") & (read.hour() < 12), read + twelve),
        ((half == "a") & (read.hour() == 12), read - twelve),
        else_=read,
    )
