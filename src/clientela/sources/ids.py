"""Customer and order ids as everyone writes them, reduced to one spelling.

The module loads nothing but the standard library, so that the API may use it.
"""

import hashlib
import hmac

BLANKS = " \t\n\r"
NO_ID = frozenset({"", "nan", "null", "none"})


def normalise_id(value: str | int | float) -> str | None:
    """Give the one spelling of an id, or None where it says that there is none.

    Blanks around it are dropped, and the ``.0`` that spreadsheets and data frames put behind whole
    numbers. The Ibis expression :func:`clientela.mapping.parse.normal_id` does the same.

    Examples
    --------
    >>> normalise_id(17850), normalise_id(" 17850 "), normalise_id(17850.0)
    ('17850', '17850', '17850')
    >>> normalise_id("CS5295"), normalise_id("007"), normalise_id("NaN")
    ('CS5295', '007', None)
    """
    text = str(value).strip(BLANKS)
    if text.lower() in NO_ID:
        return None
    whole, point, decimals = text.partition(".")
    if point and decimals and not decimals.strip("0") and whole.isascii() and whole.isdigit():
        return whole
    return text


def pseudonym(customer_id: str, key: bytes) -> str:
    """Replace a normalised id by its HMAC-SHA-256 under a key, in hexadecimal.

    Examples
    --------
    >>> pseudonym("17850", b"secret")[:16]
    '367e23bbbb2a39ea'
    """
    return hmac.new(key, customer_id.encode(), hashlib.sha256).hexdigest()
