r"""Numbers as people write them, read by expressions that run on every engine.

Read are ``1234.5``, ``1,234.50``, ``R$ 1.234,50``, ``(12.00)``, ``12.00-`` and ``1e5``; infinities
and words are not.
"""

import re

import ibis
import ibis.expr.types as ir

from clientela.contract.tables import MONEY
from clientela.mapping.formats import NumberFormat

# Blanks of all kinds and signs of currencies say nothing about the value.
NOISE = "[\\s\u00a0\u202f]|R\\$|US\\$|[$£€]"
PLAIN = r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$"


def core(text: ir.StringValue) -> ir.StringValue:
    """Strip a number's text of blanks, currency signs and everything that tells its sign."""
    return _bare(text).re_replace(r"^[-+(]+|[-)]+$", "")


def patterns(decimal: str) -> dict[str, str]:
    """Give the patterns of a :func:`core` that tell of a decimal mark.

    ``sure`` fits numbers that only this decimal mark explains, ``unsure`` those that may hold
    thousands as well, ``valid`` everything that reads as a number.
    """
    mark, group = re.escape(decimal), re.escape({".": ",", ",": "."}[decimal])
    exponent = "([eE][-+]?[0-9]+)?"
    grouped = f"[1-9][0-9]{{0,2}}({group}[0-9]{{3}})"
    whole = f"([0-9]+|{grouped}+)?"
    return {
        "unsure": f"^[1-9][0-9]{{0,2}}{mark}[0-9]{{3}}$",
        "sure": f"^({whole}{mark}[0-9]*{exponent}|{grouped}{{2,}})$",
        "valid": f"^{whole}({mark}[0-9]*)?{exponent}$",
    }


def number(text: ir.StringValue, form: NumberFormat) -> ir.DecimalValue:
    """Read numbers as DECIMAL(18, 4), rounded half up; null where unreadable or too large."""
    if form.plain:
        return text.try_cast(MONEY)
    bare = _bare(text)
    signed = r"^[-+]?[0-9.,]+([eE][-+]?[0-9]+)?$|^[0-9.,]+-$|^\([0-9.,]+\)$"
    readable = bare.re_search(signed) & core(text).re_search(patterns(form.decimal)["valid"])
    group = "," if form.decimal == "." else "."
    digits = core(text).replace(group, "").replace(form.decimal, ".")
    magnitude = readable.ifelse(digits, ibis.null("string")).try_cast(MONEY)
    return bare.re_search(r"^[-(]|-$").ifelse((-magnitude).cast(MONEY), magnitude)


def _bare(text: ir.StringValue) -> ir.StringValue:
    return text.re_replace(NOISE, "")
