"""Amounts in sentences: whole, or with cents where they are small."""

from clientela.i18n import NO_CURRENCY, Lang, money, number

LARGE = 100  # cents no longer matter


def amount_text(value: float, lang: Lang, currency: str | None) -> str:
    """Write an amount, bare where the data names no currency.

    Examples
    --------
    >>> amount_text(1234.56, "en", "GBP"), amount_text(9.5, "pt_BR", None)
    ('£1,235', '9,50')
    """
    whole = abs(value) >= LARGE
    if currency in (None, NO_CURRENCY):
        return number(value, lang, 0 if whole else 2)
    return money(value, str(currency), lang, whole=whole)
