"""One currency a workspace: amounts in two are never added."""

from collections.abc import Sequence

from clientela.errors import DecisionNeeded, InputError
from clientela.i18n import NO_CURRENCY


def settle_currency(
    source_currencies: Sequence[str], table_currency: str, keep: str | None, location: str
) -> str:
    """Settle the currency of the tables.

    Parameters
    ----------
    source_currencies : sequence of str
        The currencies of the source's lines.
    table_currency : str
        The currency of the tables so far; empty where there are none.
    keep : str, optional
        The one the user chose; lines in others go to the quarantine.
    location : str
        The source, for messages.

    Raises
    ------
    DecisionNeeded
        There are several and the user has not chosen.
    InputError
        The choice contradicts the tables or the source.

    Examples
    --------
    >>> settle_currency(["BRL"], table_currency="", keep=None, location="a.csv")
    'BRL'
    """
    every = sorted({*source_currencies, *([table_currency] if table_currency else [])})
    if len(every) > 1 and not keep:
        raise DecisionNeeded(
            f"amounts are in {len(every)} currencies: {', '.join(every)}",
            where=location,
            do="set source.keep_currency to one of them; lines in others go to the quarantine",
        )
    if table_currency and keep and table_currency != keep:
        raise InputError(
            f"the tables are in {table_currency} and source.keep_currency is {keep}",
            where=location,
            do="keep each currency in a workspace of its own, or start anew with --replace",
        )
    currency = table_currency or keep or (every[0] if every else NO_CURRENCY)
    if source_currencies and currency not in source_currencies:
        raise InputError(
            f"no line is in {currency}; the source is in {', '.join(source_currencies)}",
            where=location,
            do="keep each currency in a workspace of its own",
        )
    return currency
