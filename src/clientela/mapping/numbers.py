r"""Number formats: detection and parsing, as engine expressions and, for samples, in Python.

Read are ``1234.5``, ``1,234.50``, ``R$ 1.234,50``, ``1'234.50``, ``1,23,456.00``, ``12.00 USD``,
``(12.00)``, ``12.00-``, ``R$ -12,00``, ``12,-`` and ``1e5``; infinities and words are not.
"""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import ibis
import ibis.expr.types as ir

from clientela.contract.tables import MONEY
from clientela.mapping.formats import NumberFormat

# Signs that name one currency; "$" and "kr" name several and so none.
SIGNS = {
    "US$": "USD", "U$S": "USD", "MX$": "MXN", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD",
    "NT$": "TWD", "RD$": "DOP", "AR$": "ARS", "A$": "AUD", "R$": "BRL", "S/": "PEN", "£": "GBP",
    "€": "EUR", "₹": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY", "₪": "ILS",
    "₫": "VND", "฿": "THB", "₴": "UAH", "₦": "NGN", "₱": "PHP",
    "zł": "PLN", "Kč": "CZK", "₲": "PYG", "₡": "CRC", "₸": "KZT",
}  # fmt: skip
# Currencies that a bare "$" may stand for beside their own sign or code.
DOLLARS = frozenset(
    {"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "TWD", "MXN", "ARS", "CLP", "COP", "UYU", "DOP"}
)
VAGUE_SIGNS = ("$", "¥", "¢", "Rs.", "Rs", "kr.", "kr", "Bs.", "Fr.", "%")
CODES = (
    "AED", "ARS", "AUD", "BGN", "BOB", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CRC", "CZK",
    "DKK", "DOP", "EGP", "EUR", "GBP", "GTQ", "HKD", "HUF", "IDR", "ILS", "INR", "JPY", "KRW",
    "MXN", "MYR", "NGN", "NOK", "NZD", "PEN", "PHP", "PLN", "PYG", "RON", "RUB", "SAR", "SEK",
    "SGD", "THB", "TRY", "TWD", "UAH", "USD", "UYU", "VND", "ZAR",
)  # fmt: skip
# Blanks of all kinds, apostrophes between thousands and signs of currencies say nothing about the
# value; longer signs come first, for an alternation takes the first that fits.
NOISE = "|".join(
    [
        "[\\s\u00a0\u2007\u2009\u202f'\u2019]",
        *[re.escape(sign) for sign in sorted((*SIGNS, *VAGUE_SIGNS), key=len, reverse=True)],
        f"(?i:{'|'.join(CODES)})",
        "(?i:reais|real|euros?|d[oó]lares|d[oó]lar|dollars?|pesos?|soles|pounds?)",
    ]
)
MINUS = {"\u2212": "-", "\u2013": "-", "\u2014": "-"}
PLAIN = r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"
SIGNED = r"^[-+]?[0-9.,]+([eE][-+]?[0-9]+)?$|^[0-9.,]+-$|^[-+]?[0-9.,]*[.,]-+$|^\([0-9.,]+\)$"
NEGATIVE = r"^[-(]|[0-9]-$"  # a dash behind the decimal mark stands for no cents: 1.234,-
EDGES = r"^[-+(]+|[-)]+$"


def core(text: ir.StringValue) -> ir.StringValue:
    """Strip a number's text of blanks, currency signs and everything that tells its sign."""
    return _strip_noise(text).re_replace(EDGES, "")


def patterns(decimal: str) -> dict[str, str]:
    """Return the patterns of a :func:`core` that tell of a decimal mark.

    ``sure`` fits numbers that only this decimal mark explains, ``unsure`` those that may hold
    thousands as well, ``valid`` everything that reads as a number. Thousands stand in threes, or
    as in India in pairs before the last three.
    """
    mark, group = re.escape(decimal), re.escape({".": ",", ",": "."}[decimal])
    exponent = "([eE][-+]?[0-9]+)?"
    grouped = f"[1-9][0-9]{{0,2}}({group}[0-9]{{3}})"
    indian = f"[1-9][0-9]?({group}[0-9]{{2}})+{group}[0-9]{{3}}"
    integer = f"([0-9]+|{grouped}+|{indian})?"
    return {
        "unsure": f"^[1-9][0-9]{{0,2}}{mark}[0-9]{{3}}$",
        "sure": f"^({integer}{mark}[0-9]*{exponent}|{grouped}{{2,}}|{indian})$",
        "valid": f"^{integer}({mark}[0-9]*)?{exponent}$",
    }


def number(text: ir.StringValue, form: NumberFormat) -> ir.DecimalValue:
    """Read numbers as DECIMAL(18, 4), rounded half up; null where unreadable or too large."""
    if form.plain:
        return text.try_cast(MONEY)
    bare = _strip_noise(text)
    readable = bare.re_search(SIGNED) & core(text).re_search(patterns(form.decimal)["valid"])
    group = "," if form.decimal == "." else "."
    digits = core(text).replace(group, "").replace(form.decimal, ".")
    # The sign goes before the digits: every use of a text is written out and planned again.
    signed = bare.re_search(NEGATIVE).ifelse("-", "") + digits
    return readable.ifelse(signed, ibis.null("string")).try_cast(MONEY)


def read_number(text: str, decimal: str) -> Decimal | None:
    """Read one number of a sample as :func:`number` does for whole columns.

    Examples
    --------
    >>> read_number("R$ -1.234,50", ","), read_number("₹1,23,456.00", "."), read_number("n/a", ".")
    (Decimal('-1234.50'), Decimal('123456.00'), None)
    """
    bare = strip_number(text)
    inner = re.sub(EDGES, "", bare)
    if not re.search(SIGNED, bare) or not re.search(patterns(decimal)["valid"], inner):
        return None
    digits = inner.replace("," if decimal == "." else ".", "").replace(decimal, ".")
    try:
        magnitude = Decimal(digits)
    except InvalidOperation:
        return None
    return -magnitude if re.search(NEGATIVE, bare) else magnitude


def strip_number(text: str) -> str:
    """Strip one value of blanks and currency signs, as the engine's expressions do."""
    for dash, minus in MINUS.items():
        text = text.replace(dash, minus)
    return re.sub(NOISE, "", text)


def find_currencies(texts: Iterable[str]) -> set[str]:
    """Find the currencies that values or headings name by sign or code.

    Examples
    --------
    >>> find_currencies(["R$ 10,00", "15.00 USD"]) == {"BRL", "USD"}
    True
    >>> find_currencies(["$ 10.00"])
    set()
    """
    currencies: set[str] = set()
    for text in texts:
        sign = next((sign for sign in SIGNS if sign in text), None)
        code = re.search(rf"(?<![A-Za-z])({'|'.join(CODES)})(?![A-Za-z])", text)
        currencies |= {SIGNS[sign]} if sign else {code[1]} if code else set()
    return currencies


def list_currencies(texts: Iterable[str]) -> list[str]:
    """List the currencies of amounts, a bare "$" among them where no dollar explains it.

    Examples
    --------
    >>> list_currencies(["$10.00", "€ 9.00"]), list_currencies(["$10.00", "12.00 USD"])
    (['$', 'EUR'], ['USD'])
    """
    named = {text: find_currencies([text]) for text in texts}
    currencies = set[str]().union(*named.values())
    bare = any("$" in text and not own for text, own in named.items())
    return sorted(currencies | ({"$"} if bare and not currencies & DOLLARS else set()))


def _strip_noise(text: ir.StringValue) -> ir.StringValue:
    for dash, minus in MINUS.items():
        text = text.replace(dash, minus)
    return text.re_replace(NOISE, "")
