"""Numbers are written as Babel writes them, without its cost."""

import math
import re
from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import format_currency, format_decimal, format_percent
from hypothesis import given
from hypothesis import strategies as st

from clientela.i18n import LANGS, Lang, format_money, format_number, format_share

NUMBERS = st.one_of(
    st.floats(-1e12, 1e12),
    st.integers(-(10**12), 10**12),
    st.decimals(-1_000_000, 1_000_000, places=4),
    st.sampled_from([0.0, -0.0, 0.5, 1.5, 2.5, 2.675, -0.004, 999.995, Decimal("0.125")]),
)


def unsigned_zero(text: str) -> str:
    return text if re.search("[1-9]", text) else text.removeprefix("-")


@given(NUMBERS, st.sampled_from(LANGS), st.sampled_from([0, 1, 2, 4]))
def test_numbers(value: Decimal | float, lang: Lang, decimals: int) -> None:
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    expected = format_decimal(value, format=pattern, locale=Locale.parse(lang))
    assert format_number(value, lang, decimals) == unsigned_zero(expected)


@given(NUMBERS, st.sampled_from(LANGS))
def test_shares(value: float, lang: Lang) -> None:
    expected = format_percent(value, format="#,##0.0%", locale=Locale.parse(lang))
    assert format_share(value, lang) == unsigned_zero(expected)


@given(
    NUMBERS,
    st.sampled_from(LANGS),
    st.sampled_from(["GBP", "BRL", "JPY", "KWD", "INR", "XYZ"]),
    st.booleans(),
)
def test_money(value: Decimal | float, lang: Lang, currency: str, whole: bool) -> None:
    locale = Locale.parse(lang)
    pattern = str(locale.currency_formats["standard"].pattern).replace(".00", "")
    if whole:
        expected = format_currency(
            value, currency, format=pattern, locale=locale, currency_digits=False
        )
    else:
        expected = format_currency(value, currency, locale=locale)
    assert format_money(value, currency, lang, whole=whole) == unsigned_zero(expected)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_is_written_as_babel_does(value: float, lang: Lang) -> None:
    expected = format_decimal(value, format="#,##0.00", locale=Locale.parse(lang))
    assert format_number(value, lang, 2) == expected
