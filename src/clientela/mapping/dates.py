"""Dates as people write them, read by expressions that run on every engine.

Every form is rearranged into ISO text and cast; nothing depends on an engine's own formats.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from clientela.mapping.formats import DateFormat

STAMP = "timestamp(6)"
YEAR4, ANY_YEAR = "([12][0-9]{3})", "([12][0-9]{3}|[0-9]{2})"
PART = "([0-9]{1,2})"
TIME = (
    r"(?:[T ]+((?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?)"
    r"(?: *([AaPp])\.?[Mm]\.?)?)?"
)
ZONE = "(?: ?(Z|UTC|[-+][0-9]{2}(?::?[0-9]{2})?))"
OF = r"(?:[-/. ]+|\.? +de +)"  # between day, month and year; Portuguese writes «de»

MONTHS = {
    "jan": "01", "feb": "02", "fev": "02", "mar": "03", "apr": "04", "abr": "04", "may": "05",
    "mai": "05", "jun": "06", "jul": "07", "aug": "08", "ago": "08", "sep": "09", "set": "09",
    "oct": "10", "out": "10", "nov": "11", "dec": "12", "dez": "12",
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
FORMS: dict[tuple[str, str], Form] = {
    ("numeric", "ymd"): Form(f"^{ANY_YEAR}[-/.]{PART}[-/.]{PART}{TIME}$", 1, 2, 3),
    ("numeric", "dmy"): Form(f"^{PART}[-/.]{PART}[-/.]{ANY_YEAR}{TIME}$", 3, 2, 1),
    ("numeric", "mdy"): Form(f"^{PART}[-/.]{PART}[-/.]{ANY_YEAR}{TIME}$", 3, 1, 2),
    ("compact", "ymd"): Form(f"^{YEAR4}([01][0-9])([0-3][0-9]){TIME}$", 1, 2, 3),
    ("named", "dmy"): Form(f"^{PART}{OF}([A-Za-z]{{3}})[A-Za-zçÇ]*{OF}{ANY_YEAR}{TIME}$", 3, 2, 1),
}
# What a bare cast reads alike on every engine.
PLAIN = (
    f"^{YEAR4}-[0-9]{{2}}-[0-9]{{2}}"
    "(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?)?$"
)


def form_of(date: DateFormat) -> Form:
    """Give the pattern of a format."""
    if date.shape == "iso":
        return ISO_ZONED if date.zoned else ISO
    return FORMS[date.shape, date.order]


def moment(text: ir.StringValue, date: DateFormat) -> ir.TimestampValue:
    """Read the date and time that a value shows; null where unreadable."""
    if date.plain:
        return text.try_cast(STAMP)
    form = form_of(date)

    def group(number: int) -> ir.StringValue:
        return text.re_extract(form.pattern, number)

    month = group(form.month)
    if date.shape == "named":
        month = month.lower().substitute(MONTHS)
    day = _full_year(group(form.year)) + "-" + month + "-" + group(form.day)
    time = group(form.time)
    iso = day + " " + (time == "").ifelse("00:00", time)
    read = text.re_search(form.pattern).ifelse(iso, ibis.null("string")).try_cast(STAMP)
    return _halved(read, group(form.half).lower()) if date.halves else read


def offset_minutes(text: ir.StringValue) -> ir.IntegerValue:
    """Read the UTC offset that a value names, in minutes; null where it names none."""
    zone = text.re_extract(ISO_ZONED.pattern, ISO_ZONED.zone)
    sign = zone.startswith("-").ifelse(ibis.literal(-1), ibis.literal(1))
    digits = zone.re_replace("[-+:]", "")
    hours, minutes = digits.left(2).try_cast("int64"), digits.substr(2, 2).try_cast("int64")
    told = sign * (hours * 60 + minutes.fill_null(0))
    return ibis.cases(
        (zone.isin(["Z", "UTC"]), ibis.literal(0, "int64")),
        (zone == "", ibis.null("int64")),
        else_=told,
    )


def _full_year(year: ir.StringValue) -> ir.StringValue:
    """Complete years of two digits, 69 to 99 in the last century, as POSIX does."""
    century = (year < "69").ifelse("20", "19")
    return (year.length() == 2).ifelse(century + year, year)


def _halved(read: ir.TimestampValue, half: ir.StringValue) -> ir.TimestampValue:
    """Move hours by the half of the day: 12 AM is midnight, 1 PM is 13."""
    twelve = ibis.interval(hours=12)
    return ibis.cases(
        ((half == "p") & (read.hour() < 12), read + twelve),
        ((half == "a") & (read.hour() == 12), read - twelve),
        else_=read,
    )
