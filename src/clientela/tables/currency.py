"""One currency a workspace: amounts in two are never added."""

from collections.abc import Sequence

from clientela.errors import DecisionNeeded, InputError
from clientela.i18n import NO_CURRENCY


def settle_currency(found: Sequence[str], held: str, keep: str | None, where: str) -> str:
    """Settle the currency of the tables.

    Parameters
    ----------
    found : sequence of str
        The currencies of the source's lines.
    held : str
        The currency of the tables so far; empty where there are none.
    keep : str, optional
        The one the user chose; lines in others go to the quarantine.
    where : str
        The source, for messages.

    Raises
    ------
    DecisionNeeded
        There are several and the user has not chosen.
    InputError
        The choice contradicts the tables or the source.

    Examples
    --------
    >>> settle_currency(["BRL"], held="", keep=None, where="a.csv")
    'BRL'
    """
    every = sorted({*found, *([held] if held else [])})
    if len(every) > 1 and not keep:
        raise DecisionNeeded(
            f"amounts are in {len(every)} currencies: {', '.join(every)}",
            where=where,
            do="set source.keep_currency to one of them; lines in others go to the quarantine",
        )
    if held and keep and held != keep:
        raise InputError(
            f"the tables are in {held} and source.keep_currency is {keep}",
            where=where,
            do="keep each currency in a workspace of its own, or start anew with --replace",
        )
    currency = held or keep or (every[0] if every else NO_CURRENCY)
    if found and currency not in found:
        raise InputError(
            f"no line is in {currency}; the source is in {', '.join(found)}",
            where=where,
            do="keep each currency in a workspace of its own",
        )
    return currency
