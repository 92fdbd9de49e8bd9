"""Rows of several levels in one file: an order, its lines and its payments, told by a column."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from clientela.config.data import Meaning
from clientela.mapping.grain import LEAST_ORDERS, NEARLY_ALL, Groups
from clientela.mapping.guess import score_heading
from clientela.mapping.meanings import ANY
from clientela.mapping.money_headings import classify
from clientela.mapping.profile import ColumnProfile, Floats

MOST_LEVELS = 6  # by convention: an order, its lines, payments, freight and tax
LEAST_NAMED = 1.5  # of a heading that names a product among other words, such as Item title
CENT = 0.011  # what rounding may move a sum by
Levels = Sequence[str]


def find_levels(
    profiles: Mapping[str, ColumnProfile], groups: Groups
) -> tuple[str, dict[str, Meaning]] | None:
    """Find the column that names each row's level, and which level's rows count: the lines.

    One level stands once in an order and holds the sum of another's rows, or of their units times
    their prices; further levels hold no such figure, or pay that sum in a column of their own. Rows
    without a value are a level too, above those with one.

    Returns
    -------
    str, dict
        The column, and what each of its values means; None where no column is proved.
    """
    if len(groups) < LEAST_ORDERS:
        return None
    for name, levels in _list_levels(profiles):
        counts = {
            level: np.array([sum(levels[i] == level for i in group) for group in groups])
            for level in sorted({*levels})
        }
        for head in counts:
            once = np.mean(counts[head] == 1) >= NEARLY_ALL
            for part in counts.keys() - {head} if once and head != ANY else ():
                if np.mean(counts[part] >= 1) < NEARLY_ALL or not np.any(counts[part] > 1):
                    continue
                if not _tell_goods(profiles, levels, head, part):
                    continue
                means = _prove_levels(profiles, groups, levels, head, part)
                if means is not None:
                    return name, means
    return None


def _list_levels(profiles: Mapping[str, ColumnProfile]) -> Iterator[tuple[str, Levels]]:
    """Yield the columns of few values, then those that some rows lack, with each row's level."""
    partly = []
    for name, profile in profiles.items():
        if 2 <= len(profile.distinct) <= MOST_LEVELS and profile.coverage >= NEARLY_ALL:
            yield name, [value or "" for value in profile.values]
        elif 0 < profile.coverage < NEARLY_ALL and profile.decimal is None:
            partly.append((name, ["" if value is None else ANY for value in profile.values]))
    yield from partly


def _tell_goods(
    profiles: Mapping[str, ColumnProfile], levels: Levels, head: str, part: str
) -> bool:
    """Tell whether a product or units stand on one level's rows alone: payments have none."""
    heads, parts = ([i for i, text in enumerate(levels) if text == x] for x in (head, part))
    for name, profile in profiles.items():
        scores = [score_heading(role, name) or 0.0 for role in ("product_id", "description")]
        if max(scores) >= LEAST_NAMED or classify(profile) == "quantity":
            blank = np.mean([profile.values[i] is None for i in heads])
            told = np.mean([profile.values[i] is not None for i in parts])
            if min(blank, told) >= NEARLY_ALL:
                return True
    return False


def _prove_levels(
    profiles: Mapping[str, ColumnProfile], groups: Groups, levels: Levels, head: str, part: str
) -> dict[str, Meaning] | None:
    """Return what the levels mean where one holds the sum of another; None where it does not."""
    figures = {n: p.numbers for n, p in profiles.items() if p.decimal is not None}
    units = [np.ones(len(levels)), *(figures[n] for n in figures if profiles[n].is_whole)]
    money = [figures[n] for n in figures if classify(profiles[n]) not in ("quantity", "id")]
    for numbers in money:
        totals = _add_up(numbers, groups, levels, head)
        if any(_agree(totals, _add_up(q * numbers, groups, levels, part)) for q in units):
            break
    else:
        return None
    means: dict[str, Meaning] = {head: "no sale", part: "sale"}
    for level in {*levels} - {head, part}:
        pays = any(_agree(totals, _add_up(paid, groups, levels, level)) for paid in money)
        if not pays and np.any(_add_up(numbers, groups, levels, level)):
            return None
        means[level] = "no sale"
    return means


def _add_up(numbers: Floats, groups: Groups, levels: Levels, level: str) -> Floats:
    figures = np.nan_to_num(numbers)
    return np.array([sum(figures[i] for i in group if levels[i] == level) for group in groups])


def _agree(totals: Floats, parts: Floats) -> bool:
    """Tell whether sums that vary from order to order are equal in nearly all."""
    telling = totals != 0
    varies = len(np.unique(totals[telling])) >= LEAST_ORDERS
    return varies and bool(np.mean(np.abs(totals - parts)[telling] <= CENT) >= NEARLY_ALL)
