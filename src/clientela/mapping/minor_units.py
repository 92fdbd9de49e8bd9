"""Minor units: figures that are written in cents, by their heading or by their values."""

import re
from collections.abc import Mapping

import numpy as np

from clientela.mapping.profile import ColumnProfile
from clientela.mapping.proof import Proof

CENTS = frozenset({"cents", "centavos", "centimos", "cent", "minor"})
# ISO 4217 codes without a minor unit, and further currencies whose prices seldom have cents.
NO_MINOR_UNIT = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "VND"})
WHOLE_PRICES = NO_MINOR_UNIT | {
    "ARS", "COP", "CRC", "CZK", "DKK", "HUF", "IDR", "INR", "KZT", "NGN", "NOK", "PHP", "RUB",
    "SEK", "THB", "TWD",
}  # fmt: skip
WHOLE = re.compile(r"-?\d+(\.0+)?")
LEAST = 100  # by convention: a shop that sells nothing under a hundred may write cents
LEAST_VALUES = 5  # by convention: fewer different figures show nothing


def find_minor_units(proof: Proof, profiles: Mapping[str, ColumnProfile]) -> None:
    """Read figures as hundredths where their headings say cents; ask where values alone do."""
    roles = [role for role in ("amount", "unit_price") if role in proof.columns]
    figures = [profiles[proof.columns[role]] for role in roles]
    codes = {proof.currency} - {None}
    if "currency" in proof.columns:
        codes = {code.upper() for code in profiles[proof.columns["currency"]].distinct}
    named = [figure for figure in figures if figure.words & CENTS]
    are_whole = all(WHOLE.fullmatch(value) for figure in figures for value in figure.distinct)
    if not figures or (codes and codes <= (NO_MINOR_UNIT if named else WHOLE_PRICES)):
        return
    if named and are_whole and len(named) == len(figures):
        proof.minor_units = True
        proof.reasons.setdefault(roles[0], []).append("figures are in cents, read as hundredths")
    elif named:
        proof.questions.append(f"{named[0].name} is in cents: is it to be read as it stands?")
    elif are_whole and _begins_at_hundred(figures[0]):
        total = float(np.nansum(figures[0].numbers))
        proof.questions.append(
            f"are the figures of {figures[0].name} in cents ({total:,.2f} in the sample, or "
            f"{total / 100:,.2f})? all are whole and none is below {LEAST}"
        )


def _begins_at_hundred(figure: ColumnProfile) -> bool:
    sizes = np.unique(np.abs(figure.numbers[~np.isnan(figure.numbers)]))
    sizes = sizes[sizes > 0]
    return len(sizes) >= LEAST_VALUES and bool(sizes[0] >= LEAST)
