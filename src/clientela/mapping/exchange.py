"""Amounts in two currencies with a rate of exchange: those of the base are what adds up."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

import numpy as np

from clientela.mapping.money import CLOSES, share_agreeing
from clientela.mapping.numbers import CODES, find_currencies
from clientela.mapping.profile import ColumnProfile
from clientela.mapping.proof import Proof

RATES = frozenset(
    {"rate", "fx", "exchange", "cambio", "taxa", "cotacao", "cotizacion", "ptax", "kurs",
     "wechselkurs", "taux", "cours", "tasso"}
)  # fmt: skip
BASE = frozenset({"base", "company", "home"})
# Currencies as headings call them, beside their codes.
CALLED = {"reais": "BRL", "euros": "EUR", "euro": "EUR", "dolares": "USD", "dollars": "USD"}

Profiles = Mapping[str, ColumnProfile]


def find_other_currencies(proof: Proof, profiles: Profiles) -> set[str]:
    """Find the columns of amounts that a rate turns into the base currency beside them.

    ``proof`` takes the base currency and the reason.

    Returns
    -------
    set of str
        The amounts in other currencies, their rate and their codes; empty where no rate joins two
        columns, or no heading says which of them is in the base.
    """
    coded = [n for n, p in profiles.items() if p.distinct < {*CODES} and len(p.distinct) > 1]
    numeric = {n: p for n, p in profiles.items() if p.decimal is not None}
    for rate in [name for name in numeric if coded and numeric[name].words & RATES]:
        codes = _list_codes_at_par(numeric[rate], profiles[coded[0]])
        pairs = list(_find_pairs(numeric, rate)) if len(codes) == 1 else []
        bases = {names[0] for names in pairs if _names_base(numeric[names[0]], codes[0])}
        quoted = {names[1] for names in pairs if names[0] in bases}
        if bases and not bases & quoted:
            base, other = next(names for names in pairs if names[0] in bases)
            why = f"{other} is {base} in other currencies, by {rate}"
            proof.reasons.setdefault("amount", []).append(why)
            proof.currency = codes[0]
            return {rate, *quoted, *coded}
    return set()


def _list_codes_at_par(rate: ColumnProfile, codes: ColumnProfile) -> Sequence[str]:
    rows = zip(rate.numbers, codes.values, strict=True)
    return sorted({code for number, code in rows if number == 1.0 and code})


def _find_pairs(numeric: Profiles, rate: str) -> Iterator[tuple[str, str]]:
    """List the pairs of columns of which one is the other times the rate, both ways round."""
    rates = numeric[rate].numbers
    for first, second in permutations([name for name in numeric if name != rate], 2):
        changed = numeric[first].numbers * rates
        telling = (rates != 1.0) & (np.nan_to_num(numeric[second].numbers) != 0)
        if share_agreeing(changed, numeric[second].numbers, telling) >= CLOSES:
            yield first, second
            yield second, first


def _names_base(profile: ColumnProfile, code: str) -> bool:
    named = find_currencies([profile.name]) | {CALLED.get(word, "") for word in profile.words}
    return bool(profile.words & BASE) or code in named | {word.upper() for word in profile.words}
