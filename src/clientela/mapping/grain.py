"""Grain: which columns name the person, the order and its day, and which are told once an order."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product
from math import log

from clientela.mapping.headings import IDS
from clientela.mapping.profile import ColumnProfile
from clientela.sources.ids import is_nobody

Groups = list[list[int]]
LEAST_ORDERS = 5  # by convention: fewer orders of several lines prove nothing
# The share of orders that a property must hold for; exports hold a few broken orders.
NEARLY_ALL = 0.97
OF_A_NAME = 0.3  # by convention, as guess scores names, which two people may share
CANDIDATES = 6  # of a role; by convention, for each is weighed with all of the other roles


def group_rows(values: Sequence[object]) -> Groups:
    """Group the places of equal values; rows without a value stand apart from all."""
    groups: dict[object, list[int]] = defaultdict(list)
    for index, value in enumerate(values):
        if value is not None:
            groups[value].append(index)
    return list(groups.values())


def share_constant(values: Sequence[object], groups: Groups) -> float:
    """Return the share of groups with at most one distinct value, of those that hold any."""
    counts = [len({values[i] for i in group} - {None}) for group in groups]
    shown = [count for count in counts if count]
    return sum(count == 1 for count in shown) / len(shown) if shown else 0.0


def choose_keys(
    profiles: Mapping[str, ColumnProfile], headings: Mapping[str, Mapping[str, float]]
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Choose person, day and order together, by headings and by how they vary with one another.

    Parameters
    ----------
    profiles : mapping
        The columns of the sample.
    headings : mapping
        Role -> column -> how well the heading fits (0 for noise; absent where it cannot be).

    Returns
    -------
    dict, dict
        Role -> column for ``customer_id``, ``ordered_local`` and ``order_id``, and for each the
        rivals that come close, best first.
    """
    people = _best(profiles, headings["customer_id"], _may_be_person)
    days = _best(profiles, headings["ordered_local"], lambda profile: profile.date is not None)
    orders: list[str | None] = [*_best(profiles, headings["order_id"], may_be_order), None]
    scored = []
    weigh = _Weights(profiles, headings)
    for person, day, order in product(people, days, orders):
        if len({person, day, order}) == 3:
            names = {"customer_id": person, "ordered_local": day, "order_id": order}
            scored.append((weigh(person, day, order), names))
    if not scored:
        alone = {"customer_id": people[:1], "ordered_local": days[:1]}
        return {role: columns[0] for role, columns in alone.items() if columns}, {}
    scored.sort(key=lambda pair: -pair[0])
    top, names = scored[0]
    rivals: dict[str, list[str]] = {}
    for role, column in names.items():
        # By convention: an assignment within one point of the best is a rival.
        near = [other[role] for score, other in scored if score > top - 1.0]
        rivals[role] = [c for c in dict.fromkeys(near) if c is not None and c != column]
    return {role: column for role, column in names.items() if column}, rivals


def identifies_people(profiles: Mapping[str, ColumnProfile], keys: Mapping[str, str]) -> bool:
    """Tell whether an id behaves like a person's: it comes back on other days, one an order."""
    person, day = profiles[keys["customer_id"]], profiles[keys["ordered_local"]]
    buyers = group_rows(person.values)
    days = [moment and moment.date() for moment in day.moments]
    repeating = sum(len({days[i] for i in group} - {None}) > 1 for group in buyers)
    if repeating <= 0.1 * len(buyers):
        return False
    order = keys.get("order_id")
    groups = [g for g in group_rows(profiles[order].values) if len(g) > 1] if order else []
    return len(groups) < LEAST_ORDERS or share_constant(person.values, groups) > NEARLY_ALL


def _best(
    profiles: Mapping[str, ColumnProfile],
    headings: Mapping[str, float],
    fits: Callable[[ColumnProfile], bool],
) -> list[str]:
    able = [name for name in headings if fits(profiles[name])]
    return sorted(able, key=lambda name: (-headings[name], -len(profiles[name].distinct)))[
        :CANDIDATES
    ]


def _may_be_person(profile: ColumnProfile) -> bool:
    # A visitor's id may be two numbers with a point between.
    fractions = profile.decimal is not None and not profile.is_whole and not profile.words & IDS
    return profile.date is None and len(profile.distinct) > 1 and not fractions


def may_be_order(profile: ColumnProfile) -> bool:
    """Tell whether a column's values may name orders: neither dates nor fractions."""
    return _may_be_person(profile) and not profile.is_clock


class _Weights:
    """The score of an assignment; its weights were set by hand on the layouts of the guide."""

    def __init__(
        self,
        profiles: Mapping[str, ColumnProfile],
        headings: Mapping[str, Mapping[str, float]],
    ) -> None:
        self._profiles = profiles
        self._headings = headings
        self._groups = cache(lambda name: group_rows(profiles[name].values))
        self._pair = cache(self._fit_pair)
        self._alone = cache(self._fit_buyers)
        self._first = cache(self._share_first)

    def __call__(self, person: str, day: str, order: str | None) -> float:
        score = self._headings["customer_id"][person] + self._headings["ordered_local"][day]
        score += self._profiles[day].coverage + self._first(day) + self._alone(person, day)
        if order is None:
            return score
        fits = self._pair(order, person) + self._pair(order, day)
        baskets, buyers = self._groups(order), self._groups(person)
        sparse = (
            self._profiles[order].coverage < 0.5
            and len(baskets) == len(self._profiles[order].distinct)
            and all(len(group) == 1 for group in baskets)
        )
        lumps = len(baskets) < len(buyers) or sparse
        fits -= 3.0 if self._counts_lines(order, person, day) else 0.0
        return score + self._headings["order_id"][order] + fits - (1.0 if lumps else 0.0)

    def _days(self, name: str) -> list[object]:
        profile = self._profiles[name]
        if profile.date is None:
            return list(profile.values)
        return [None if moment is None else moment.date() for moment in profile.moments]

    def _fit_buyers(self, person: str, day: str) -> float:
        """Weigh a person's id: it comes back on other days, an order's does not."""
        values, days, buyers = self._profiles[person].values, self._days(day), self._groups(person)
        repeating = [len({days[i] for i in group} - {None}) > 1 for group in buyers]
        share = sum(repeating) / len(repeating)
        comes_back = 1.5 if share > 0.1 else -2.0 if not any(repeating) and len(buyers) > 20 else 0
        return comes_back + log(len(buyers)) / log(len(values) + 1)

    def _fit_pair(self, order: str, other: str) -> float:
        """Weigh that every order has one person and one day."""
        values, baskets = self._days(other), self._groups(order)
        share = share_constant(values, baskets)
        score = 0.5 if share > NEARLY_ALL else -1.0
        several = [group for group in baskets if len(group) > 1]
        if len(several) >= LEAST_ORDERS:
            score += 1.0 if share_constant(values, several) > NEARLY_ALL else -1.0
        elif not self._headings["order_id"][order]:
            score -= 1.0  # one row an order proves nothing: any unique number would do
        return score

    def _counts_lines(self, order: str, person: str, day: str) -> bool:
        """Check whether ids number lines: none comes twice, while buyers share their moments."""
        if any(len(group) > 1 for group in self._groups(order)):
            return False
        pairs = zip(self._profiles[person].values, self._profiles[day].moments, strict=True)
        moments = [pair for pair in pairs if None not in pair]
        # By convention: with one row in five at a moment shared, rows are lines and not orders.
        return len(moments) - len(set(moments)) > 0.2 * len(moments)

    def _share_first(self, day: str) -> float:
        """Return up to half a point for a date that stands before the row's other dates."""
        profiles = self._profiles
        moments = profiles[day].moments
        other_moments = [
            p.moments for p in profiles.values() if p.date is not None and p.name != day
        ]
        pairs = [
            (a, b)
            for other in other_moments
            for a, b in zip(moments, other, strict=True)
            if a and b
        ]
        return 0.5 * sum(a <= b for a, b in pairs) / len(pairs) if pairs else 0.0


def find_order_fields(
    profiles: Mapping[str, ColumnProfile], order: str | None
) -> tuple[Groups, list[str], list[str]]:
    """Find the orders of several lines, the columns constant in them and those told on one line.

    Returns
    -------
    list, list of str, list of str
        The rows of each order of several lines; the columns that have one value an order,
        repeated or told once; and of these the columns that leave the order's other lines blank.
    """
    if order is None:
        return [], [], []
    key = fill_above(profiles, order)
    groups = [group for group in group_rows(key) if len(group) > 1]
    if len(groups) < LEAST_ORDERS:
        return groups, [], []
    constant, once = [], [order] if key != list(profiles[order].values) else []
    for name, profile in profiles.items():
        if name == order or not profile.distinct:
            continue
        if share_constant(profile.values, groups) < NEARLY_ALL:
            continue
        constant.append(name)
        counts = [sum(profile.values[i] is not None for i in group) for group in groups]
        shown = [(n, len(group)) for n, group in zip(counts, groups, strict=True) if n]
        partly = sum(n < size for n, size in shown)
        # A figure that few orders tell may be one line's own; other fields may be optional.
        order_wide = profile.decimal is None or len(shown) >= 0.9 * len(groups)
        if order_wide and partly >= max(LEAST_ORDERS, 0.5 * len(shown)):
            once.append(name)
    return groups, constant, once


def find_sums(profiles: Mapping[str, ColumnProfile]) -> set[int]:
    """Find the rows without any date that add up the rows above them, back to the last such row.

    Without these an order's further lines would stand below each last order of a section.
    """
    dated = [profile for profile in profiles.values() if profile.date is not None]
    if not dated:
        return set()
    rows = range(len(dated[0].values))
    blank = [i for i in rows if all(profile.values[i] is None for profile in dated)]
    sections = [(above, i) for above, i in zip([-1, *blank], blank, strict=False) if i - above > 1]
    several = sum(i - above > 2 for above, i in sections)
    if several < LEAST_ORDERS or len(sections) < NEARLY_ALL * len(blank):
        return set()
    for profile in profiles.values():
        if profile.decimal is None:
            continue
        numbers = profile.numbers
        sums = [abs(numbers[above + 1 : i].sum() - numbers[i]) <= 0.011 for above, i in sections]
        if sum(sums) >= NEARLY_ALL * len(sums):
            return {*blank}
    return set()


def find_line_numbers(profiles: Mapping[str, ColumnProfile], groups: Groups) -> set[str]:
    """Find the columns that number an order's lines, 1, 2, 3 or 10, 20, 30: no money, no units."""
    numbering: set[str] = set()
    for name, profile in profiles.items() if len(groups) >= LEAST_ORDERS else ():
        if profile.decimal is None or not profile.is_whole:
            continue
        numbers = profile.numbers
        step = min((number for number in numbers if number > 0), default=0.0)
        if not step:
            continue
        alone = {*range(len(numbers))} - {row for group in groups for row in group}
        counted = [[row] for row in alone] + groups
        fitting = sum(
            sorted(numbers[group].tolist()) == [step * n for n in range(1, len(group) + 1)]
            for group in counted
        )
        numbering |= {name} if fitting >= NEARLY_ALL * len(counted) else set()
    return numbering


def find_fuller_person(
    profiles: Mapping[str, ColumnProfile],
    headings: Mapping[str, Mapping[str, float]],
    keys: Mapping[str, str],
) -> tuple[str, int]:
    """Find the column that names the same people as the one chosen, and those it has no id for.

    Shops number the accounts of their customers and write 0 or nothing for guests, whose e-mail
    address they know as well. Returns the column, and the orders that it names a person for in
    addition; an empty name where there is none.
    """
    person, order = keys.get("customer_id"), keys.get("order_id")
    if person is None:
        return "", 0
    ids = fill_above(profiles, order) if order else profiles[person].values
    orders = group_rows([value or str(row) for row, value in enumerate(ids)])
    people = _name_people(profiles[person], orders)
    named = [n for n, score in headings["customer_id"].items() if score > OF_A_NAME]
    for name in [n for n in named if n not in keys.values() and _may_be_person(profiles[n])]:
        fuller = _name_people(profiles[name], orders)
        pairs = list(zip(people, fuller, strict=True))
        gained = [other for first, other in pairs if other and not first]
        lost = sum(bool(first and not other) for first, other in pairs)
        # By convention: a few orders without an id are what every shop has.
        if len(gained) < 0.05 * len(orders) or lost or len({*gained}) < LEAST_ORDERS:
            continue
        complete = [pair for pair in pairs if all(pair)]
        first, other = ([pair[i] for pair in complete] for i in (0, 1))
        same = min(
            share_constant(other, group_rows(first)), share_constant(first, group_rows(other))
        )
        if same > NEARLY_ALL:
            return name, len(gained)
    return "", 0


def _name_people(profile: ColumnProfile, orders: Groups) -> list[str | None]:
    """Return who each order is of, as written on its first row that says so; None for nobody."""
    named = [
        None if value is None or is_nobody(value) or not value.strip("0.") else value.lower()
        for value in profile.values
    ]
    return [next((named[i] for i in order if named[i]), None) for order in orders]


def fill_above(profiles: Mapping[str, ColumnProfile], order: str) -> list[str | None]:
    """Fill blank order ids from the row above, where such rows lack their date as well.

    Elsewhere blanks are what they are: rows without an id.
    """
    values = list(profiles[order].values)
    blank = [index for index, value in enumerate(values) if value is None]
    continued = any(
        sum(profile.values[index] is None for index in blank) >= 0.9 * len(blank)
        for profile in profiles.values()
        if profile.date is not None and profile.coverage > 0
    )
    if not blank or values[0] is None or not continued:
        return values
    for index in blank:
        values[index] = values[index - 1]
    return values
