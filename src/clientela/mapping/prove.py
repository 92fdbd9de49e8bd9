"""Proof of a mapping: all columns of a sample assigned to roles together, with the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from clientela.config.data import Meaning
from clientela.mapping.grain import choose_keys, find_order_fields, identifies_people
from clientela.mapping.guess import SYNONYMS, score_heading
from clientela.mapping.headings import words
from clientela.mapping.meanings import ANY, UNDOING, find_meanings, meaning_of, names_total
from clientela.mapping.money import CENTS, CLASSES, DOUBT, WITH, Closure, LineValue, classify
from clientela.mapping.numbers import find_currencies
from clientela.mapping.profile import ColumnProfile, Values, profile_columns
from clientela.mapping.region import REGION_GUESS, guess_region

LABELS = ("product_id", "description", "currency", "country", "channel", "service", "category")
MOST_ROWS = 3_000  # of a sample; more take time and prove no more


@dataclass
class Proof:
    """What a sample shows of its columns.

    ``columns`` maps our roles to the source's columns, ``values`` and the others are as in
    :class:`clientela.config.Source`; ``reasons`` says why by role, ``questions`` what is in doubt.
    """

    columns: dict[str, str]
    values: dict[str, dict[str, Meaning]] = field(default_factory=dict)
    fill_down: tuple[str, ...] = ()
    per_order: tuple[str, ...] = ()
    currency: str | None = None
    timezone: str | None = None
    reasons: dict[str, list[str]] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)


def prove(columns: Sequence[str], rows: Sequence[Values]) -> Proof:
    """Assign the columns of transactions to roles by headings, values and arithmetic together.

    Examples
    --------
    >>> rows = [(str(i), f"c{i % 7}", f"2024-01-{i % 28 + 1:02}", f"{i}.50") for i in range(60)]
    >>> prove(["Pedido", "Cliente", "Data", "Valor"], rows).columns
    {'customer_id': 'Cliente', 'ordered_local': 'Data', 'order_id': 'Pedido', 'amount': 'Valor'}
    """
    sample = [row for row in rows[:MOST_ROWS] if not _is_total(row)]
    profiles = profile_columns(columns, sample)
    proof = Proof({})
    proof.values = _find_values(profiles)
    free = {n: p for n, p in profiles.items() if n not in proof.values and p.distinct}
    headings = {role: _head(role, free) for role in ("customer_id", "ordered_local", "order_id")}
    keys, rivals = choose_keys(free, headings)
    proof.columns |= keys
    for role, names in rivals.items():
        if names:
            proof.reasons.setdefault(role, []).append("rivals: " + ", ".join(names))
    _ask_about_keys(proof, profiles, headings, rivals)
    groups, constant, once = find_order_fields(profiles, keys.get("order_id"))
    _find_money(proof, free, groups, constant, once)
    _find_labels(proof, profiles)
    _find_time(proof, profiles)
    _find_region(proof, columns, sample)
    used = {*proof.columns.values(), *proof.values}
    proof.fill_down = _choose_fill_down(proof, profiles, used, constant, once)
    for name in proof.fill_down:
        proof.reasons.setdefault(name, []).append("told on one line of each order: filled down")
    return proof


def _head(role: str, profiles: Mapping[str, ColumnProfile]) -> dict[str, float]:
    """Score the headings for a key; a heading of money or counts is none of a person or order."""
    scores = {}
    for name, profile in profiles.items():
        score = score_heading(role, name)
        if role == "customer_id" and not score and _names_product(name):
            continue
        if score or (score is not None and classify(profile) == ""):
            scores[name] = score
    return scores


def _choose_fill_down(
    proof: Proof,
    profiles: Mapping[str, ColumnProfile],
    used: set[str],
    constant: Sequence[str],
    once: Sequence[str],
) -> tuple[str, ...]:
    """Choose the columns in use to fill down an order: where one is told once, all with blanks."""
    if not used & set(once):
        return ()
    lines = {proof.columns.get(role) for role in ("quantity", "unit_price", "amount")}
    if "amount" in proof.per_order:
        lines.discard(proof.columns["amount"])
    blank = [name for name in constant if profiles[name].coverage < 1 and name not in lines]
    return tuple(name for name in profiles if name in used and name in {*once, *blank})


def _is_total(row: Values) -> bool:
    return any(value is not None and names_total(value) for value in row)


def _find_values(profiles: Mapping[str, ColumnProfile]) -> dict[str, dict[str, Meaning]]:
    """Find the columns that say what a row means, and the dates that say that it was undone."""
    values: dict[str, dict[str, Meaning]] = {}
    amounts = any(classify(p) == "refunded" for p in profiles.values() if p.decimal is not None)
    for name, profile in profiles.items():
        undoing = any(word.startswith(UNDOING) for word in profile.words)
        if profile.date is not None and undoing and profile.coverage < 0.5:
            # The date of a refund whose amount is told undoes no more than that amount.
            if not (amounts and profile.words & CLASSES["refunded"]):
                values[name] = {ANY: "no sale"}
        elif profile.words & CLASSES["quantity"]:
            continue
        elif profile.date is None and (profile.decimal is None or undoing):
            meanings = find_meanings(name, sorted(profile.distinct))
            if meanings:
                values[name] = meanings
    return values


def _ask_about_keys(
    proof: Proof,
    profiles: Mapping[str, ColumnProfile],
    headings: Mapping[str, Mapping[str, float]],
    rivals: Mapping[str, list[str]],
) -> None:
    """Ask where neither heading nor values tell the person or the order from another column."""
    for role in ("customer_id", "ordered_local"):
        column = proof.columns.get(role)
        if column and headings[role][column] == 0.0 and rivals.get(role):
            names = ", ".join([column, *rivals[role]])
            proof.questions.append(f"which column is {role}: {names}? no heading says it")
            continue
        dated = role == "customer_id" and "ordered_local" in proof.columns
        unnamed = dated and column and headings[role][column] < 0.3
        if unnamed and not identifies_people(profiles, proof.columns):
            proof.questions.append(f"is {column} the customer? neither heading nor values say it")


def _find_money(
    proof: Proof,
    profiles: Mapping[str, ColumnProfile],
    groups: list[list[int]],
    constant: Sequence[str],
    once: Sequence[str],
) -> None:
    """Find what was paid, and what is taken off it."""
    mapped = {*proof.columns.values()}
    numeric = {n: p for n, p in profiles.items() if p.decimal is not None and n not in mapped}
    products = next((p.values for n, p in profiles.items() if _names_product(n)), None)
    closure = Closure(numeric, groups, [n for n in constant if _is_figure(numeric, n)], products)
    candidates = closure.candidates()
    if not candidates or candidates[0].score <= 0:
        by_order = [value for value in closure.by_order() if value.score > 0]
        candidates = by_order or candidates
    if not candidates or candidates[0].score < -1:
        return
    best = candidates[0]
    proof.columns |= best.columns
    proof.per_order = tuple(best.per_order)
    for role in best.columns:
        proof.reasons.setdefault(role, []).extend(best.reasons)
    _ask_about_money(proof, best, candidates, closure)
    _ask_about_extras(proof, best, closure)
    _ask_about_units(proof, best, closure)
    _ask_about_totals(proof, best, closure)
    _take_named_factors(proof, closure)
    _take_refunds(proof, closure)
    texts = [
        t
        for name in proof.columns.values()
        if name in numeric
        for t in (name, *sorted(profiles[name].distinct))
    ]
    currencies = find_currencies(texts)
    if len(currencies) > 1 and "currency" not in proof.columns:
        names = ", ".join(sorted(currencies))
        proof.questions.append(f"amounts are in several currencies: {names}; which are kept?")
    proof.currency = currencies.pop() if len(currencies) == 1 else None


def _take_refunds(proof: Proof, closure: Closure) -> None:
    """Map the refunded amounts, which say how much of a partial refund stays a sale."""
    refunds = closure.of_class("refunded", [*closure.by_line, *closure.per_order])
    if not refunds:
        return
    proof.columns["refunded"] = refunds[0]
    if refunds[0] in closure.per_order:
        proof.per_order = (*proof.per_order, "refunded")
    for column, means in proof.values.items():
        for value, meaning in means.items():
            if meaning == "ask":
                means[value] = meaning_of(value, column, refunds=True)


def _names_product(column: str) -> bool:
    return (score_heading("product_id", column) or 0) >= 2 or (
        score_heading("description", column) or 0
    ) >= 2


def _is_figure(numeric: Mapping[str, ColumnProfile], name: str) -> bool:
    return name in numeric


def _ask_about_money(
    proof: Proof, best: LineValue, candidates: Sequence[LineValue], closure: Closure
) -> None:
    """Ask where another candidate is as good and gives another figure."""
    alike = [c for c in candidates if c.columns.get("amount") == best.columns.get("amount")]
    explained = " ".join(why for candidate in alike for why in candidate.reasons)
    for rival in candidates[1:]:
        comparable = ~np.isnan(rival.values) & ~np.isnan(best.values)
        difference = np.abs(rival.values - best.values)[comparable].sum()
        apart = difference > 0.005 * np.abs(best.values[comparable]).sum()
        name = rival.columns.get("amount", "")
        rivalling = name not in best.columns.values() and name not in explained
        rivalling = rivalling and closure.classes.get(name) in ("net", "amount")
        rivalling = rivalling and not words(name) & WITH  # it says itself that it holds more
        # By convention: a figure beyond half or twice of it is of something else.
        rivalling = rivalling and 0.5 < abs(rival.total / (best.total or 1.0)) < 2.0
        close = rival.score > best.score - DOUBT and rival.score > 0
        if apart and (close or rivalling):
            proof.questions.append(f"what was paid for a line: {best}, or {rival}?")
            return
        if apart and rival.score > 1.5:
            proof.reasons.setdefault("amount", []).append(f"rival: {rival}")
    if best.score <= 0:
        proof.questions.append(f"is what was paid {best}? neither heading nor arithmetic says it")


def _ask_about_extras(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask whether freight and discounts that no arithmetic explains are in the amount already."""
    amount = best.columns.get("amount")
    if amount is None:
        _ask_about_order_discounts(proof, best, closure)
        return
    if closure.classes[amount] == "":
        _ask_about_noise(proof, best, closure)
    if closure.classes[amount] not in ("amount", "gross", "price"):
        return
    explained = " ".join(best.reasons)
    columns = [*closure.by_line, *closure.per_order]
    for name in closure.of_class("shipping", columns):
        if name not in explained and not best.reasons:
            proof.questions.append(f"does {amount} hold {name}? no arithmetic says it")
    for name in closure.of_class("discount", columns):
        share = np.nanmax(np.abs(closure.numbers[name])) <= 1.0
        alone = share and "unit_price" not in best.columns
        if name not in best.columns.values() and name not in explained and not alone:
            proof.questions.append(f"is {name} already off {amount}? no arithmetic says it")


def _ask_about_order_discounts(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask about discounts of whole orders that no total of theirs explains."""
    explained = " ".join(best.reasons)
    for name in closure.of_class("discount", closure.per_order):
        if name not in explained and name not in best.columns.values():
            proof.questions.append(f"is {name} taken off {best} as well? no arithmetic says it")


def _ask_about_noise(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask whether figures that many lines lack are taken off an amount that no heading names."""
    amount, explained = best.columns["amount"], " ".join(best.reasons)
    for name in closure.unnamed_discounts():
        if name not in explained and name not in best.columns.values():
            proof.questions.append(f"is {name} already off {amount}? no arithmetic says it")


def _ask_about_totals(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask where an order tells a further total that its lines do not explain."""
    if best.per_order and "amount" in best.per_order:
        return
    explained = " ".join(best.reasons)
    sums = closure.add_up(best.values)
    for total in closure.per_order:
        if closure.classes[total] not in ("", "amount", "net", "gross") or total in explained:
            continue
        ratio = closure.order_figure(total) / np.where(sums == 0, np.nan, sums)
        ratio = ratio[~np.isnan(ratio)]
        # By convention: a figure beyond half or twice of the lines is of something else.
        if len(ratio) and 0.5 < np.median(ratio) < 2.0:
            proof.questions.append(
                f"what was paid: {best}, or the order's {total}? no arithmetic joins them"
            )
            return


def _ask_about_units(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask where a quantity is no quantity by name or arithmetic, and how else figures scale."""
    roles = best.columns
    quantity = roles.get("quantity")
    closes = any(" = " in why for why in best.reasons)
    if quantity and "unit_price" in roles and not closes and closure.classes[quantity] == "":
        proof.questions.append(f"is {quantity} a quantity? neither heading nor arithmetic says it")
    discount = roles.get("discount")
    if discount and discount not in closure.per_order and not closes:
        off = np.abs(closure.numbers[discount])
        whole = bool(np.all((off == np.round(off)) | np.isnan(off)))
        if whole and np.nanmax(off) <= 100 and len(np.unique(off[~np.isnan(off)])) <= 20:
            proof.questions.append(f"is {discount} money or percent? no arithmetic says it")
    for name, numbers in closure.numbers.items():
        back = {"refunded", "quantity"} <= {n for n, w in CLASSES.items() if words(name) & w}
        if back and np.nansum(np.abs(numbers)) > 0:
            proof.questions.append(f"are the units of {name} to be taken off what was paid?")
    for role in ("amount", "unit_price"):
        if role in roles and set(words(roles[role])) & CENTS:
            proof.questions.append(f"{roles[role]} is in cents: is it to be read as it stands?")


def _take_named_factors(proof: Proof, closure: Closure) -> None:
    """Map quantity and price where headings name them beside an amount."""
    if "amount" not in proof.columns or "amount" in proof.per_order:
        return
    used = set(proof.columns.values())
    for role, kind in (("quantity", "quantity"), ("unit_price", "price")):
        named = [n for n in closure.by_line if closure.classes[n] == kind and n not in used]
        if role not in proof.columns and named:
            if role == "unit_price" and "quantity" not in proof.columns:
                continue
            proof.columns[role] = named[0]


def _find_labels(proof: Proof, profiles: Mapping[str, ColumnProfile]) -> None:
    """Find the columns of text by their headings."""
    for role in LABELS:
        mapped = {*proof.columns.values(), *proof.values}
        scores = {
            name: score_heading(role, name) or 0.0
            for name, profile in profiles.items()
            if name not in mapped and profile.date is None and profile.distinct
        }
        best = max(scores, key=lambda name: scores[name], default=None)
        if best is not None and scores[best] >= (1.0 if role in SYNONYMS["transactions"] else 9.0):
            proof.columns[role] = best


def _find_region(proof: Proof, columns: Sequence[str], rows: Sequence[Values]) -> None:
    """Guess currency and zone together where no sign, code or column names the currency."""
    region = guess_region(columns, rows, proof.columns)
    if region is None or proof.currency not in (None, region.currency):
        return
    if "currency" in proof.columns or any("currencies" in text for text in proof.questions):
        return
    if region.question and proof.currency is None:
        proof.questions.append(region.question)
        return
    proof.timezone = region.timezone
    if proof.currency is None:
        proof.currency = region.currency
        proof.reasons.setdefault("currency", []).append(REGION_GUESS)


def _find_time(proof: Proof, profiles: Mapping[str, ColumnProfile]) -> None:
    """Find the column of times beside a date without any."""
    date = proof.columns.get("ordered_local")
    if date is None or any(m and (m.hour or m.minute) for m in profiles[date].moments):
        return
    clocks = [n for n, p in profiles.items() if p.is_clock and n not in proof.columns.values()]
    if clocks:
        proof.columns["ordered_time"] = clocks[0]
