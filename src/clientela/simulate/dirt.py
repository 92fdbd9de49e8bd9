"""Planted dirt: what is wrong with real files, each kind with its count.

A kind either adds a spoilt copy beside a sound line, so that the truth about customers stays
exact, or spoils the writing of a line in place where nothing of value is lost. Kinds are named
after the cleaning rules that find them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from clientela.simulate.customers import COUNTRIES, UNSPECIFIED
from clientela.simulate.fees import FEES
from clientela.simulate.lines import Lines, join
from clientela.simulate.products import Ints

BAD_DATES = ("31/02/2011 08:26", "2011-13-01 08:26:00", "yesterday", "00/00/0000", "40513.35")
SPELLINGS: tuple[Callable[[str], str], ...] = (
    lambda name: name.title() if name.isupper() else name.upper(),
    str.lower,
    lambda name: name.replace(" ", "  ") if " " in name else name.swapcase(),
)
QUOTED_FORMS = ('{}, "BOXED"', '{} 7" SIZE', "{}, SET OF 6")
CENTURY_SECONDS = 36_525 * 86_400  # a year typed with its century wrong


Spoil = TypeVar("Spoil", bound=Callable[..., object])


@dataclass(frozen=True)
class Dirt(Generic[Spoil]):
    """One kind: its name in the truth, whether it adds a row, and how it spoils rows."""

    name: str
    adds: bool
    spoil: Spoil


def _unreadable_date(lines: Lines, products: int, rng: np.random.Generator) -> Lines:
    return lines.but(bad_date=rng.integers(0, len(BAD_DATES), len(lines)))


def _future_date(lines: Lines, products: int, rng: np.random.Generator) -> Lines:
    return lines.but(time=lines.time + CENTURY_SECONDS)


def _zero_price(lines: Lines, products: int, rng: np.random.Generator) -> Lines:
    return lines.but(price_cents=np.zeros(len(lines), dtype=np.int64))


def _negative_price(lines: Lines, products: int, rng: np.random.Generator) -> Lines:
    return lines.but(price_cents=-lines.price_cents)


def _stray_negative(lines: Lines, products: int, rng: np.random.Generator) -> Lines:
    return lines.but(quantity=-lines.quantity, customer=np.full(len(lines), -1))


def _unspecified_country(lines: Lines, products: int, rng: np.random.Generator) -> Lines:
    return lines.but(country=np.full(len(lines), UNSPECIFIED))


def _spelling_variant(lines: Lines, products: int, rng: np.random.Generator) -> Lines:
    form = rng.integers(0, len(SPELLINGS), len(lines))
    return lines.but(country=UNSPECIFIED + 1 + form * len(COUNTRIES) + lines.country)


def _quoted_description(lines: Lines, products: int, rng: np.random.Generator) -> Lines:
    form = rng.integers(0, len(QUOTED_FORMS), len(lines))
    return lines.but(description=products + len(FEES) + form * products + lines.description)


KINDS: tuple[Dirt[Callable[[Lines, int, np.random.Generator], Lines]], ...] = (
    Dirt("unreadable_date", True, _unreadable_date),
    Dirt("future_date", True, _future_date),
    Dirt("zero_price", True, _zero_price),
    Dirt("negative_price", True, _negative_price),
    Dirt("stray_negative", True, _stray_negative),
    Dirt("unspecified_country", False, _unspecified_country),
    Dirt("spelling_variant", False, _spelling_variant),
    Dirt("quoted_description", False, _quoted_description),
)
DUPLICATE = "repeated_line"


def countries() -> tuple[str, ...]:
    """Return the vocabulary of countries: sound names, the unspecified one, then the variants."""
    variants = tuple(spell(name) for spell in SPELLINGS for name in COUNTRIES)
    return (*COUNTRIES, "Unspecified", *variants)


def quote_descriptions(descriptions: tuple[str, ...]) -> tuple[str, ...]:
    """Return the descriptions with quotes and commas, in the sequence the dirt refers to."""
    return tuple(form.format(text) for form in QUOTED_FORMS for text in descriptions)


def plant(
    lines: Lines, products: int, shares: tuple[float, float], rng: np.random.Generator
) -> tuple[Lines, Ints, dict[str, int]]:
    """Spoil sale lines, and add spoilt copies and exact duplicates right below their originals.

    Parameters
    ----------
    products : int
        How many codes are products; the ones after are fees and stay sound.
    shares : (float, float)
        Of lines with dirt, spread evenly over the kinds, and of exact duplicates.

    Returns
    -------
    Lines, ndarray, dict
        The lines with their dirt; the status of each, 0 where sound, 1 a duplicate, 2 a spoilt
        copy; and how many lines each kind touched.
    """
    kind = _kinds(lines, products, shares, rng)
    adds = np.array([*(dirt.adds for dirt in KINDS), True, False])[kind]
    rows = np.repeat(np.arange(len(lines)), 1 + adds)
    added = np.concatenate([[False], rows[1:] == rows[:-1]])[: len(rows)]
    kind, copied = kind[rows], adds[rows]
    status = np.where(added, np.where(kind == len(KINDS), 1, 2), 0)
    spoilt = np.where(added | ~copied, kind, -1)
    counts = {dirt.name: int((spoilt == number).sum()) for number, dirt in enumerate(KINDS)}
    counts[DUPLICATE] = int((status == 1).sum())
    return _spoil_lines(lines.take(rows), spoilt, products, rng), status, counts


def _kinds(
    lines: Lines, products: int, shares: tuple[float, float], rng: np.random.Generator
) -> Ints:
    """Draw for each line its kind of dirt, ``len(KINDS)`` for a duplicate, -1 for none."""
    chance = rng.random(len(lines))
    kind = np.where(chance < shares[0], rng.integers(0, len(KINDS), len(lines)), -1)
    kind[(chance >= shares[0]) & (chance < sum(shares))] = len(KINDS)
    return np.where((lines.credit == 0) & (lines.code < products), kind, -1)


def _spoil_lines(lines: Lines, kind: Ints, products: int, rng: np.random.Generator) -> Lines:
    """Spoil each line by its kind, leaving the others as they are."""
    parts, row_numbers, end = [lines], np.arange(len(lines)), len(lines)
    for number, dirt in enumerate(KINDS):
        rows = np.flatnonzero(kind == number)
        parts.append(dirt.spoil(lines.take(rows), products, rng))
        row_numbers[rows] = end + np.arange(len(rows))
        end += len(rows)
    return join(parts).take(row_numbers)
