"""Customer and order ids as everyone writes them, reduced to one spelling.

The module loads nothing but the standard library, so that the API may use it.

How the ids of a column are written is its *form*, decided from the whole column
(:mod:`clientela.tables.identity`) and written as a short text:

- ``""`` and ``text``: blanks around an id, the apostrophe of spreadsheets before it and ``.0``
  behind a whole number are no part of it; everything else is;
- ``code``: nor are case and the blanks and marks between letters and digits;
- ``number``: nor are leading zeros, marks of thousands and decimals that are zero;
- ``grouped``, ``decimal``: in ``1.000`` the point marks thousands, or decimals;
- ``document:11``, ``document:14``, ``document:11,14``: CPF and CNPJ, digits alone;
- ``email``: lower case, as addresses are in every form but ``text``;
- ``phone:55``: E.164, with the country code of numbers that have none.
"""

import functools
import hashlib
import hmac
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from importlib import resources

BLANKS = " \t\n\r"
APOSTROPHES = ("'", "\u2019", "`")
NO_ID = frozenset({"", "nan", "null", "none"})
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
GROUPED = r"^[1-9][0-9]{0,2}([.,][0-9]{3})+$"
SCIENTIFIC = re.compile(r"([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,3})")
WHOLE = re.compile(r"([0-9]+)\.(0+)")
CPF_MASK = r"^[0-9]{3}\.[0-9]{3}\.[0-9]{3}[-/][0-9]{2}$"
CNPJ_MASK = r"^[0-9A-Za-z]{2}\.[0-9A-Za-z]{3}\.[0-9A-Za-z]{3}/[0-9A-Za-z]{4}-[0-9]{2}$"


def normalise_id(value: str | int | float, form: str = "") -> str | None:
    """Return the one spelling of an id, or None where it says that there is none.

    Without a form the Ibis expression :func:`clientela.mapping.parse.normal_id` does the same. A
    normalised id is its own one spelling in every form.

    Examples
    --------
    >>> normalise_id(17850), normalise_id(" 17850 "), normalise_id(17850.0), normalise_id("'17850")
    ('17850', '17850', '17850', '17850')
    >>> normalise_id("CS5295"), normalise_id("007"), normalise_id("NaN"), normalise_id("1.000")
    ('CS5295', '007', None, '1.000')
    >>> normalise_id("1.000", "grouped"), normalise_id("529.982.247-25", "document:11")
    ('1000', '52998224725')
    """
    text = _strip(str(value))
    if text is None or not form:
        return text
    kind, _, detail = form.partition(":")
    if kind != "text" and re.match(EMAIL, text):
        kind = "email"
    return _strip(FORMS[kind](text, detail))


def _strip(written: str) -> str | None:
    text = written.strip(BLANKS)
    if text.startswith(APOSTROPHES):
        text = text.lstrip(BLANKS + "".join(APOSTROPHES))
    if text.lower() in NO_ID:
        return None
    integer = WHOLE.fullmatch(text)
    # "1.000" may be one thousand: only a longer number, or other zeros, are decimals for certain.
    if integer and not (len(integer[1]) <= 3 and len(integer[2]) == 3):
        return integer[1]
    return text


def _normalise_code(text: str, _: str) -> str:
    one_case = " ".join(text.upper().split())
    return re.sub(r"(?<=[^\W\d_])[-._/ ]+(?=\d)|(?<=\d)[-._/ ]+(?=[^\W\d_])", "", one_case)


def _normalise_number(text: str, _: str) -> str:
    bare = _normalise_thousands(_normalise_decimal(text, ""), "")
    return (bare.lstrip("0") or "0") if re.fullmatch("[0-9]+", bare) else bare


def _normalise_thousands(text: str, _: str) -> str:
    return re.sub("[.,]", "", text) if re.match(GROUPED, text) else text


def _normalise_decimal(text: str, _: str) -> str:
    return re.sub(r"^([0-9]+)[.,]0+$", r"\1", text)


def _normalise_email(text: str, _: str) -> str:
    address = text.lower().removeprefix("mailto:").strip("<>")
    return address if re.match(EMAIL, address) else text


def _normalise_document(text: str, lengths: str) -> str:
    """Reduce a CPF or CNPJ to its digits, with the zeros that a spreadsheet lost."""
    characters = re.sub(r"[-./\s]", "", text).upper()
    if not re.fullmatch(r"[0-9]{1,11}|[0-9A-Z]{12}[0-9]{2}|[0-9]{12,13}", characters):
        return text
    sizes = [int(length) for length in lengths.split(",") if length]
    padded = [characters.zfill(size) for size in sizes if len(characters) <= size]
    valid = [document for document in padded if is_document(document)]
    if valid:
        return valid[0]
    if len(padded) == 1 and len(sizes) == 1 and len(characters) > 3:
        return padded[0]
    return characters if len(characters) in sizes else text


def _normalise_phone(text: str, country: str) -> str:
    digits = re.sub(r"\D", "", text)
    if not re.fullmatch(r"\+?[\d\s().\-/]+", text) or not 8 <= len(digits) <= 15:
        return text
    if text.startswith("+"):
        return "+" + digits
    if digits.startswith("00"):
        return "+" + digits[2:]
    national = digits.lstrip("0")
    has_country = country and national.startswith(country) and len(national) > LONGEST_NATIONAL
    return f"+{national}" if has_country else f"+{country}{national}" if country else national


LONGEST_NATIONAL = 11
"""Digits of the longest national number in Brazil and in the NANP (by convention: E.164 plans)."""

FORMS: Mapping[str, Callable[[str, str], str]] = {
    "text": lambda text, _: text,
    "code": _normalise_code,
    "number": _normalise_number,
    "grouped": _normalise_thousands,
    "decimal": _normalise_decimal,
    "document": _normalise_document,
    "email": _normalise_email,
    "phone": _normalise_phone,
}


def is_document(characters: str) -> bool:
    """Return whether 11 or 14 characters are a CPF or CNPJ, by their check digits.

    The letters of the CNPJ of 2026 count as their code less 48 (Receita Federal, IN 2229/2024).

    Examples
    --------
    >>> is_document("52998224725"), is_document("52998224724"), is_document("00000000000")
    (True, False, False)
    >>> is_document("11222333000181"), is_document("12ABC34501DE35")
    (True, True)
    """
    if len(characters) not in (11, 14) or len(set(characters)) == 1:
        return False
    values = [ord(character) - 48 for character in characters]
    highest = 11 if len(characters) == 11 else 9
    for position in (len(values) - 2, len(values) - 1):
        weights = [2 + i % (highest - 1) for i in range(position)]
        total = sum(v * w for v, w in zip(reversed(values[:position]), weights, strict=True))
        if values[position] != (0 if total % 11 < 2 else 11 - total % 11):
            return False
    return True


def expand_scientific(text: str) -> str | None:
    """Return the whole number behind scientific notation; None where digits are lost.

    Examples
    --------
    >>> expand_scientific("7.93E+11"), expand_scientific("7.93123456789E+11")
    (None, '793123456789')
    """
    match = SCIENTIFIC.fullmatch(text)
    if match is None:
        return text
    decimals, exponent = match[2] or "", int(match[3])
    if not decimals and "+" not in text:
        return text  # such as 1E5: an id like another
    return match[1] + decimals[:exponent] if len(decimals) == exponent else None


def is_nobody(text: str) -> bool:
    """Return whether an id says that there is no customer: a word, zeros, punctuation alone.

    Examples
    --------
    >>> [is_nobody(id_) for id_ in ("CONSUMIDOR FINAL", "Walk-in customer", "#N/D", "--")]
    [True, True, True, True]
    >>> [is_nobody(id_) for id_ in ("Cliente 056", "C022", "0", "Ana Final", "000.000.000-00")]
    [False, False, False, False, True]
    """
    letters = _fold(text)
    if not letters:
        return True
    if re.fullmatch(r"0{2,}|([0-9])\1{10}(\1{3})?", letters.replace(" ", "")):
        return True
    if "@" in text:
        return _fold(text.partition("@")[0]) in _words()["mailboxes"]
    return not letters.replace(" ", "").isdigit() and _names_nobody(letters.split())


def _names_nobody(tokens: list[str]) -> bool:
    words = _words()
    if set("".join(tokens)) == {"x"} and len("".join(tokens)) > 1:
        return True
    if " ".join(tokens) in words["bare"]:
        return True
    numbered = len(tokens) > 1 and re.fullmatch("[0-9]{1,2}", tokens[-1]) is not None
    named = tokens[:-1] if numbered else tokens
    remainder = " ".join(t for t in named if t not in words["roles"] and t not in words["fillers"])
    if remainder in words["bare"] or " ".join(named) in words["bare"]:
        return True
    without_roles = " ".join(token for token in named if token not in words["roles"])
    if without_roles in words["bare"]:
        return True
    has_role = any(token in words["roles"] for token in named)
    return has_role and (remainder in words["with_role"] or (not remainder and not numbered))


@functools.cache
def _words() -> Mapping[str, frozenset[str]]:
    text = resources.files("clientela.sources").joinpath("nobody.toml").read_text("utf-8")
    return {name: frozenset(words) for name, words in tomllib.loads(text).items()}


def _fold(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text)
    letters = "".join(char for char in bare if not unicodedata.combining(char)).casefold()
    return " ".join(re.sub(r"[\W_]+", " ", letters).split())


def pseudonym(customer_id: str, *keys: bytes) -> str:
    """Replace a normalised id by its HMAC-SHA-256 under a key, in hexadecimal.

    Each further key, the oldest first, replaces the pseudonym under those before it.

    Examples
    --------
    >>> first = pseudonym("17850", b"secret")
    >>> first[:16]
    '367e23bbbb2a39ea'
    >>> pseudonym("17850", b"secret", b"next") == pseudonym(first, b"next")
    True
    """
    for key in keys:
        customer_id = hmac.new(key, customer_id.encode(), hashlib.sha256).hexdigest()
    return customer_id
