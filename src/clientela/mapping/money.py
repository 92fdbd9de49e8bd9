"""Closure: which column is what the customer paid, proved by arithmetic over a sample.

Candidates for the money of a line compete: every column of numbers, every quantity x price, and
those after a discount. A candidate gains where it closes: as the product of two other columns, as
gross less discount, or where an order's lines add up to a total that the file tells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, permutations

import numpy as np

from clientela.mapping.grain import LEAST_ORDERS, Groups
from clientela.mapping.money_headings import COSTS, NAMING, PIECE, WHOLE, classify, tells_percent
from clientela.mapping.profile import ColumnProfile, Floats

# How far a heading of each class goes to show that a column is what was paid for a line.
HEADING = {"net": 3.2, "amount": 3.0, "gross": 3.0, "price": 1.0, "cost": -1.0, "": 0.0}
# By how much a product gains by its price's class: an amount may be a price by the piece.
FACTORS = {"price": 1.0, "": 0.0, "cost": -1.5, "amount": -0.5}
PRODUCT = 1.0  # by itself; more where headings name its factors
CLOSES = 0.95  # share of rows or orders; the rest may be rounded or broken
LEAST_ROWS = 5  # by convention: fewer rows that could contradict prove nothing
DOUBT = 0.75  # by convention: candidates nearer than this are asked about


@dataclass
class LineValue:
    """A candidate for what was paid for a line: our roles -> columns, and its value by row."""

    columns: dict[str, str]
    values: Floats
    score: float
    reasons: list[str] = field(default_factory=list)
    per_order: list[str] = field(default_factory=list)

    @property
    def total(self) -> float:
        """The sum over the sample."""
        return float(np.nansum(self.values))

    def __str__(self) -> str:
        """Name the candidate by its columns and its sum."""
        roles = self.columns
        factors = [roles[name] for name in ("quantity", "unit_price") if name in roles]
        text = roles.get("amount") or " x ".join(factors)
        less = [roles[name] for name in ("discount", "discount_share") if name in roles]
        return f"{' less '.join([text, *less])} ({self.total:,.2f} in the sample)"


def share_agreeing(left: Floats, right: Floats, telling: Floats) -> float:
    """Return the share of agreeing rows among those that could contradict; 0 where few can."""
    rows = telling.astype(bool) & ~np.isnan(left) & ~np.isnan(right)
    if rows.sum() < LEAST_ROWS:
        return 0.0
    # Rounding moves a figure by a cent, or by half a per mille where prices have more places.
    slack = np.maximum(0.011, 0.0005 * np.abs(right[rows]))
    return float(np.mean(np.abs(left[rows] - right[rows]) <= slack))


class Closure:
    """The arithmetic of a sample.

    Parameters
    ----------
    profiles : mapping
        The columns of numbers that are no ids, by name.
    groups : list of list of int
        The rows of each order of several lines.
    per_order : sequence of str
        Columns that hold one figure an order, repeated or told once.
    products : sequence, optional
        The product of each row, by which a price is told from a line's total.
    """

    def __init__(
        self,
        profiles: Mapping[str, ColumnProfile],
        groups: Groups,
        per_order: Sequence[str],
        products: Sequence[str | None] | None = None,
    ) -> None:
        self.classes = {name: classify(profile) for name, profile in profiles.items()}
        self.numbers = {name: profile.numbers for name, profile in profiles.items()}
        self._whole = {name for name, profile in profiles.items() if profile.is_whole}
        self.percent = {name for name, profile in profiles.items() if tells_percent(profile)}
        self._words = {name: profile.words for name, profile in profiles.items()}
        self._costs = {name for name, profile in profiles.items() if profile.words & COSTS}
        self._naming = {name for name, profile in profiles.items() if profile.words & NAMING}
        self.groups = groups
        self._products = products
        # A share is taken off each line, even where an order's lines have the same.
        self.per_order = [n for n in per_order if n in profiles and not self.is_share(n)]
        self.by_line = [name for name in profiles if name not in self.per_order]

    def of_class(self, name: str, columns: Sequence[str]) -> list[str]:
        """List the columns of a class that hold anything but zeros."""
        return [
            column
            for column in columns
            if self.classes[column] == name and np.nansum(np.abs(self.numbers[column])) > 0
        ]

    def is_share(self, column: str) -> bool:
        """Tell whether a column holds discounts as shares, of one or of a hundred."""
        if self.classes[column] != "discount":
            return False
        off = np.abs(self.numbers[column])
        return column in self.percent or (np.nansum(off) > 0 and float(np.nanmax(off)) <= 1.0)

    def order_figure(self, column: str) -> Floats:
        """Return a column's figure for each order of several lines."""
        numbers = self.numbers[column]
        return np.array([_first(numbers[group]) for group in self.groups])

    def lacks_already(self, paid: LineValue, others: Sequence[LineValue], off: str) -> str:
        """Name the candidate of which what was paid is the rest after a column; else nothing."""
        reductions = np.nan_to_num(np.abs(self.numbers[off]))
        if off in self.per_order or len(reductions) != len(paid.values):
            return ""
        for other in others:
            rows = (reductions > 0) & ~np.isnan(paid.values) & ~np.isnan(other.values)
            rest = other.values - reductions
            # Few rows are refunds: one that closes to the cent says more than chance would.
            if rows.any() and np.mean(np.abs(rest - paid.values)[rows] <= 0.011) >= CLOSES:
                return str(other)
        return ""

    def find_cost(self, paid: LineValue) -> dict[str, str]:
        """Find the column of what a line's goods, or one piece of them, cost the firm.

        Empty where there is none, and where neither heading nor values tell one from the other.
        """
        used = {*paid.columns.values()}
        quantity = self.numbers.get(paid.columns.get("quantity", ""))
        for name in self.of_class("cost", self.by_line):
            if name not in self._costs - used:
                continue
            cost, words = self.numbers[name], self._words[name]
            unit, line = (0.0, 1.0) if quantity is None else self._repeats(quantity, cost)
            if unit > line + 0.2 or (unit == line and words & PIECE):
                role, cost = {"unit_cost": name}, cost * (1.0 if quantity is None else quantity)
            elif line > unit + 0.2 or words & WHOLE:
                role = {"cost": name}
            else:
                continue
            share = np.nanmedian(cost / np.where(paid.values == 0, np.nan, paid.values))
            if 0.0 < share < 1.0:  # what costs as much as it brings is a price, or another's
                return role
        return {}

    def add_up(self, values: Floats) -> Floats:
        """Add up the lines of each order of several lines."""
        return np.array([np.nansum(values[group]) for group in self.groups])

    def describe(self, column: str) -> str:
        """Name a column by what it adds up to, each order's figure once."""
        numbers = self.numbers[column]
        if column in self.per_order and self.groups:
            numbers = np.delete(numbers, np.concatenate([np.array(g) for g in self.groups]))
            numbers = np.concatenate([numbers, self.order_figure(column)])
        return f"{column} ({np.nansum(np.abs(numbers)):,.2f} in the sample)"

    def candidates(self) -> list[LineValue]:
        """List the candidates for the money of a line, each with its score, best first."""
        line_values = [
            LineValue({"amount": name}, self.numbers[name], HEADING[self.classes[name]])
            for name in self.by_line
            if self.classes[name] in HEADING and self._varies(name)
        ]
        for quantity in self._quantities():
            for price in self.by_line:
                if price != quantity and self.classes[price] in FACTORS:
                    line_values += self._products_of(quantity, price, line_values)
        full = [value for value in line_values if self._is_before_discount(value)]
        line_values += [less for value in full for less in self._less(value)]
        self._prove_net(line_values)
        self._prove_order_discounts(line_values)
        self._prove_totals(line_values)
        self._prove_rows(line_values)
        return sorted(line_values, key=lambda value: -value.score)

    def _is_before_discount(self, value: LineValue) -> bool:
        """Tell whether a candidate is called gross, or is made of quantity and price alone."""
        name = value.columns.get("amount")
        if name is None:
            return "unit_price" in value.columns
        return self.classes[name] in ("gross", "price")

    def _varies(self, name: str) -> bool:
        numbers = self.numbers[name][~np.isnan(self.numbers[name])]
        return bool(np.any(numbers)) and (
            len(np.unique(numbers)) > 1 or len(numbers) == 1 or self.classes[name] != ""
        )

    def _quantities(self) -> list[str]:
        named = [name for name in self.by_line if self.classes[name] == "quantity"]
        priced = any(self.classes[name] == "price" for name in self.by_line)
        vague = [n for n in self.by_line if self.classes[n] == "amount" and n in self._whole]
        # By convention: amounts of a few units beside prices may count pieces.
        vague = [n for n in vague if priced and 0 < np.nanmedian(np.abs(self.numbers[n])) <= 5]
        if named or vague:
            return named[:2] or vague[:2]
        return [
            name
            for name in self.by_line
            if self.classes[name] == ""
            and name in self._whole
            and name not in self._naming
            and 0 < np.nanmedian(np.abs(self.numbers[name])) <= 20
            and np.mean(self.numbers[name] != 0) >= 0.9  # by convention: few lines have no units
        ]

    def _products_of(
        self, quantity: str, price: str, columns: Sequence[LineValue]
    ) -> list[LineValue]:
        """Weigh quantity x price: against every other column, and as a price that is a total."""
        q, p = self.numbers[quantity], self.numbers[price]
        value = q * p
        named = self.classes[quantity] != ""
        score = PRODUCT + FACTORS[self.classes[price]] + (0.5 if named else -1.0)
        product = LineValue({"quantity": quantity, "unit_price": price}, value, score)
        informative = (np.abs(q) != 1) & (q != 0) & (p != 0)
        for other in columns:
            name = other.columns.get("amount", price)
            if name in (price, quantity):
                continue
            share = share_agreeing(self.numbers[name], value, informative)
            if share >= CLOSES:
                why = f"{quantity} x {price} = {name} on {share:.0%} of the lines"
                other.score += 2.0
                other.columns |= {"quantity": quantity, "unit_price": price}
                other.reasons.append(why)
                product.score += 1.0
                product.reasons.append(why)
            elif self._lies_below(self.numbers[name], value, informative):
                other.score += 1.5
                other.reasons.append(f"{name} is {quantity} x {price} or less")
        alone = next((o for o in columns if o.columns.get("amount") == price), None)
        counted = next((o for o in columns if o.columns.get("amount") == quantity), None)
        if alone is not None and self._weigh_price(alone, product, q, p) and counted is not None:
            counted.score -= 3.0  # as a price moves with it, it counts pieces
        return [product]

    def _lies_below(self, paid: Floats, full: Floats, telling: Floats) -> bool:
        """Tell whether an amount is the product less something, never more and seldom half."""
        rows = telling.astype(bool) & (full > 0) & ~np.isnan(paid)
        ratio = paid[rows] / full[rows]
        return rows.sum() >= LEAST_ROWS and bool(
            np.mean(ratio <= 1.002) >= CLOSES and np.median(ratio) >= 0.5
        )

    def _weigh_price(self, alone: LineValue, product: LineValue, q: Floats, p: Floats) -> bool:
        """Tell a price by the piece from one by the line: which comes back at other quantities.

        Returns whether the values tell.
        """
        unit, line = self._repeats(q, p)
        price = alone.columns["amount"]
        named = self.classes[price] in ("price", "cost")
        if unit > line + 0.2:
            product.score += 2.0 * min(2 * unit, 1.0)
            alone.score -= 3.0
            product.reasons.append(f"{price} is the same whatever the quantity ({unit:.0%})")
        elif line > unit + 0.2:
            product.score -= 4.0
            alone.score += 2.5
            alone.columns["quantity"] = product.columns["quantity"]
            alone.reasons.append(f"{price} grows with the quantity ({line:.0%}): a line's total")
        elif named:
            alone.score -= 1.0
        return abs(unit - line) > 0.2

    def _repeats(self, q: Floats, p: Floats) -> tuple[float, float]:
        """Return how often a price at some quantity is known from another: as is, and divided."""
        usable = ~np.isnan(q) & ~np.isnan(p) & (q > 0) & (p > 0)
        labels = self._products or [""] * len(q)
        prices: dict[str | None, dict[float, set[float]]] = {}
        for i in np.flatnonzero(usable).tolist():
            prices.setdefault(labels[i], {}).setdefault(q[i], set()).add(round(p[i], 2))
        unit = line = pairs = 0
        for by_quantity in prices.values():
            for (q1, prices1), (q2, prices2) in combinations(sorted(by_quantity.items()), 2):
                each1, each2 = (
                    {round(v / n, 1) for v in vs} for n, vs in ((q1, prices1), (q2, prices2))
                )
                pairs += 1
                unit += bool(prices1 & prices2)
                line += bool(each1 & each2)
        return (unit / pairs, line / pairs) if pairs >= LEAST_ROWS else (0.0, 0.0)

    def _less(self, value: LineValue) -> list[LineValue]:
        """List a product after each discount that a line tells."""
        less = []
        for name in self.of_class("discount", self.by_line):
            off = np.nan_to_num(np.abs(self.numbers[name]))
            share = self.is_share(name)
            role = "discount_share" if share else "discount"
            scale = 100.0 if share and (np.max(off) > 1 or name in self.percent) else 1.0
            net = (
                value.values * (1 - off / scale)
                if share
                else value.values - np.sign(value.values) * off
            )
            why = f"{name} is taken off {value.columns.get('amount', 'quantity x price')}"
            less.append(
                LineValue(
                    {**value.columns, role: name}, net, value.score + 1.0, [*value.reasons, why]
                )
            )
        return less

    def _prove_net(self, line_values: Sequence[LineValue]) -> None:
        """Raise the columns that are another candidate less a discount, and lower that one."""
        full = [v for v in line_values if not {"discount", "discount_share"} & v.columns.keys()]
        named = [value for value in full if "amount" in value.columns]
        for name in self.of_class("discount", self.by_line) + self.unnamed_discounts():
            off = self.numbers[name]
            for gross, net in permutations(full, 2):
                if net not in named or gross.columns.get("amount") == net.columns["amount"]:
                    continue
                rate = off / 100.0 if name in self.percent else off
                pieces = self.numbers.get(gross.columns.get("quantity", ""), np.nan)
                ways = (
                    gross.values - np.abs(off),
                    gross.values * (1 - rate),
                    gross.values - np.abs(off) * pieces,
                )
                share = max(share_agreeing(net.values, way, off != 0) for way in ways)
                if share >= CLOSES and self._keeps_most(gross, net, off):
                    self._take_net(line_values, gross, net, name, share)

    def _prove_order_discounts(self, line_values: Sequence[LineValue]) -> None:
        """Explain what is off whole orders by what their lines tell: a discount, or gross and net.

        Such a figure is off the lines already, and is no further discount.
        """
        full = [v for v in line_values if not {"discount", "discount_share"} & v.columns.keys()]
        for name in self.of_class("discount", self.per_order):
            off = np.abs(np.nan_to_num(self.order_figure(name)))
            for value in (v for v in line_values if "discount" in v.columns):
                part = value.columns["discount"]
                if share_agreeing(self.add_up(np.abs(self.numbers[part])), off, off) >= CLOSES:
                    value.score += 1.0
                    value.reasons.append(f"an order's {part} add up to {name}")
            for gross, net in permutations(full, 2):
                paid = net.columns.get("amount")
                if paid is None or gross.columns.get("amount") == paid:
                    continue
                rest = self.add_up(gross.values) - off
                share = share_agreeing(rest, self.add_up(net.values), off)
                if share >= CLOSES:
                    self._take_net(line_values, gross, net, name, share, of="orders")

    def _keeps_most(self, gross: LineValue, net: LineValue, off: Floats) -> bool:
        """Tell whether a net keeps most of its gross, as payments in parts do not."""
        rows = (off != 0) & (gross.values != 0) & ~np.isnan(gross.values) & ~np.isnan(net.values)
        # By convention: discounts seldom take more than two thirds.
        return bool(rows.any() and np.median(net.values[rows] / gross.values[rows]) > 1 / 3)

    def _take_net(
        self,
        line_values: Sequence[LineValue],
        gross: LineValue,
        net: LineValue,
        off: str,
        share: float,
        of: str = "lines",
    ) -> None:
        net.score += 2.0
        gross.score -= 2.0
        before = gross.columns.get("amount", "quantity x price")
        after = net.columns["amount"]
        net.reasons.append(f"{before} less {off} = {after} on {share:.0%} of the {of}")
        for less in line_values:
            if off in (less.columns.get("discount"), less.columns.get("discount_share")):
                less.score -= 2.0

    def unnamed_discounts(self) -> list[str]:
        """List the columns of noise that are zero or blank on many lines, as discounts are."""
        return [
            name
            for name in self.by_line
            if self.classes[name] == "" and 0 < np.nanmean(self.numbers[name] != 0) < 0.9
        ]

    def _prove_totals(self, line_values: Sequence[LineValue]) -> None:
        """Raise the candidates whose lines add up to an order's total, but for freight and tax."""
        if len(self.groups) < LEAST_ORDERS:
            return
        for total in self.per_order:
            if self.classes[total] in ("discount", "shipping", "tax", "refunded", "other"):
                continue
            figures = self.order_figure(total)
            for value in line_values:
                sums = self.add_up(value.values)
                extras = self._explain(figures, sums)
                if extras is not None:
                    value.score += 3.0
                    self._take_order_discount(value, extras)
                    beside = f" but for {', '.join(extras)}" if extras else ""
                    value.reasons.append(f"an order's lines add up to {total}{beside}")

    def _explain(self, totals: Floats, sums: Floats) -> tuple[str, ...] | None:
        """Find the further figures of an order that turn the sum of its lines into its total."""
        everyone = np.ones(len(totals))
        if share_agreeing(sums, totals, everyone) >= CLOSES:
            return ()
        figures = self._extra_figures()
        for size in range(1, min(len(figures), 3) + 1):
            for subset in combinations(figures, size):
                names = tuple(name for name, _ in subset)
                # What is given back takes its freight, tax and discount with it.
                sign = np.where(sums < 0, -1.0, 1.0)
                reached = sums + sign * np.sum([figure for _, figure in subset], axis=0)
                if len(set(names)) == size and share_agreeing(reached, totals, everyone) >= CLOSES:
                    return names
        return None

    def _extra_figures(self) -> list[tuple[str, Floats]]:
        """List freight, tax and discount of each order, as one figure and as a sum of lines."""
        figures = []
        for kind in ("shipping", "tax", "discount"):
            for name in self.of_class(kind, [*self.per_order, *self.by_line]):
                lines = np.nan_to_num(np.abs(self.numbers[name]))
                sums = np.array([lines[group].sum() for group in self.groups])
                sign = -1.0 if kind == "discount" else 1.0
                once = np.abs(np.nan_to_num(self.order_figure(name)))
                figures += [(name, sign * once)] if name in self.per_order else []
                figures += [(name, sign * sums)]
        return figures[:8]

    def _take_order_discount(self, value: LineValue, extras: Sequence[str]) -> None:
        """Take the discount of whole orders off a candidate that does not know it yet."""
        off = [name for name in extras if self.classes[name] == "discount"]
        if off and not {"discount", "discount_share"} & value.columns.keys():
            value.columns["discount"] = off[0]
            value.per_order += ["discount"] if off[0] in self.per_order else []

    def _prove_rows(self, line_values: Sequence[LineValue]) -> None:
        """Raise the goods over a total that adds freight and tax to them, or keeps fees back."""
        # Instalments of one sale may have the same fee each, as if it were the sale's.
        columns = [*self.by_line, *self.per_order]
        kinds = ("shipping", "tax", "discount", "other", "refunded")
        beside = [name for kind in kinds for name in self.of_class(kind, columns)]
        if not beside:
            return
        for goods in line_values:
            names = [name for name in beside if name not in goods.columns.values()]
            for total in [value for value in line_values if "amount" in value.columns]:
                signs = {} if total is goods else self._find_signs(goods, total, names)
                off = [name for name in signs if self.classes[name] == "discount"]
                if len(off) == len(signs):
                    continue
                goods.score += 3.0
                total.score -= 2.0
                verb = "adds" if any(sign > 0 for sign in signs.values()) else "lacks"
                goods.reasons.append(f"{total} {verb} {', '.join(signs)}")
                if off and not {"discount", "discount_share"} & goods.columns.keys():
                    goods.columns["discount"] = off[0]

    def _find_signs(
        self, goods: LineValue, total: LineValue, names: Sequence[str]
    ) -> dict[str, float]:
        """Find which columns, added or taken off, turn the goods of a row into its total."""
        difference = total.values - goods.values
        figures = np.array([np.nan_to_num(self.numbers[name]) for name in names]).T
        rows = ~np.isnan(difference)
        if not names or rows.sum() < LEAST_ROWS:
            return {}
        fit = np.linalg.lstsq(figures[rows], difference[rows], rcond=None)[0]
        # A column is added whole or taken off whole: anything between is chance.
        signs = np.where(np.abs(np.abs(fit) - 1.0) < 0.02, np.sign(fit), 0.0)
        # Freight and tax are added to goods; fees that a marketplace keeps are taken off.
        added = np.array([self.classes[name] in ("shipping", "tax") for name in names])
        if np.any(np.where(added, signs < 0, signs * figures.sum(axis=0) > 0)):
            return {}
        telling = np.abs(figures) @ np.abs(signs) != 0
        if share_agreeing(difference, figures @ signs, telling) < CLOSES:
            return {}
        return {name: sign for name, sign in zip(names, signs, strict=True) if sign}

    def by_order(self) -> list[LineValue]:
        """List the candidates among the figures of whole orders, each divided among its lines."""
        if not self.groups or not self.per_order:
            return []
        orders = Closure({}, [], [])
        orders.classes = {name: self.classes[name] for name in self.per_order}
        orders.numbers = {name: self.order_figure(name) for name in self.per_order}
        orders.by_line = self.per_order
        orders._whole = self._whole
        values = orders.candidates()
        for value in values:
            value.per_order = [r for r in ("amount", "discount") if r in value.columns]
        return [value for value in values if "unit_price" not in value.columns]


def _first(values: Floats) -> float:
    return next((float(number) for number in values if not np.isnan(number)), float("nan"))
