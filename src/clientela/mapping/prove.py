"""Proof of a mapping: all columns of a sample assigned to roles together, with the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from clientela.config.data import Cleaning, Meaning
from clientela.mapping.date_parts import explain_no_date, join_date_parts, tells_period
from clientela.mapping.doubts import ask_about_keys, ask_about_money
from clientela.mapping.exchange import find_other_currencies
from clientela.mapping.grain import (
    NEARLY_ALL,
    choose_keys,
    find_fuller_person,
    find_line_numbers,
    find_order_fields,
    find_sums,
)
from clientela.mapping.guess import SYNONYMS, names_product, score_heading
from clientela.mapping.levels import find_levels
from clientela.mapping.meanings import (
    ANY,
    EVENTS,
    MOST_STATES,
    PAID,
    STATES,
    UNDOING,
    find_meanings,
    is_flag,
    meaning_of,
    names_total,
)
from clientela.mapping.minor_units import find_minor_units
from clientela.mapping.money import Closure, LineValue
from clientela.mapping.money_headings import CLASSES, classify
from clientela.mapping.numbers import CODES, find_currencies, list_currencies
from clientela.mapping.order_ids import complete_numbers
from clientela.mapping.profile import DATED, ColumnProfile, Values, profile_columns
from clientela.mapping.proof import Proof
from clientela.mapping.region import REGION_GUESS, guess_region
from clientela.mapping.undone import (
    ask_about_reversals,
    ask_about_versions,
    leave_sales,
    settle_beside,
)

LABELS = ("product_id", "description", "currency", "country", "channel", "service", "category")
MOST_ROWS = 3_000  # of a sample; more take time and prove no more


def prove(columns: Sequence[str], rows: Sequence[Values]) -> Proof:
    """Assign the columns of transactions to roles by headings, values and arithmetic together.

    Examples
    --------
    >>> rows = [(str(i), f"c{i % 7}", f"2024-01-{i % 28 + 1:02}", f"{i}.50") for i in range(60)]
    >>> prove(["Pedido", "Cliente", "Data", "Valor"], rows).columns
    {'customer_id': 'Cliente', 'ordered_local': 'Data', 'order_id': 'Pedido', 'amount': 'Valor'}
    """
    sample = [row for row in rows[:MOST_ROWS] if not _is_total(row)]
    profiled = profile_columns(columns, sample)
    if sums := find_sums(profiled):
        sample = [row for place, row in enumerate(sample) if place not in sums]
        profiled = profile_columns(columns, sample)
    profiles, parts = join_date_parts(profiled)
    proof = Proof({})
    proof.values = _find_values(profiles)
    free = {n: p for n, p in profiles.items() if n not in proof.values and p.distinct}
    headings = {role: _head(role, free) for role in ("customer_id", "ordered_local", "order_id")}
    headings["ordered_local"] |= dict.fromkeys([*parts.values()][:1], 1.0)
    if not any(profiles[name].date for name in headings["ordered_local"]):
        headings["ordered_local"] |= _find_event_dates(free)
    free, within = complete_numbers(free, headings)
    profiles |= free
    keys, rivals = choose_keys(free, headings)
    proof.order_within = within.get(keys.get("order_id", ""), ())
    fuller, gained = find_fuller_person(free, headings, keys)
    if fuller:
        why = f"{keys['customer_id']} names the same people, but nobody on {gained:,} orders"
        proof.reasons["customer_id"] = [why]
        keys["customer_id"] = fuller
        rivals["customer_id"] = []
    proof.columns |= keys | parts
    _explain_keys(proof, rivals)
    ask_about_keys(proof, profiles, headings, rivals)
    groups, constant, once = find_order_fields(profiles, keys.get("order_id"))
    numbered = find_line_numbers(free, groups)
    aside = _leave_levels(proof, profiles, groups)
    settle_beside(proof.values, profiles)
    sales, groups = leave_sales(proof.values, profiles, groups, aside)
    foreign = find_other_currencies(proof, sales)
    profiles = {name: profile for name, profile in profiles.items() if name not in foreign}
    no_money = {*foreign, *numbered}
    free_sales = {name: sales[name] for name in free if name not in no_money}
    _find_money(proof, free_sales, groups, constant, once)
    _find_labels(proof, profiles)
    _find_time(proof, profiles)
    _find_region(proof, columns, sample)
    find_minor_units(proof, profiles)
    ask_about_reversals(proof, profiles)
    ask_about_versions(proof, profiles)
    used = {*proof.columns.values(), *proof.values}
    _find_unpaid(proof, profiles, once)
    proof.fill_down = _choose_fill_down(proof, profiles, used, constant, once)
    if parts.get("ordered_local") in proof.fill_down:
        proof.fill_down += (parts["ordered_month"], parts["ordered_day"])
    _ask_about_periods(proof, profiles)
    for name in proof.fill_down:
        proof.reasons.setdefault(name, []).append("told on one line of each order: filled down")
    return proof


def _leave_levels(
    proof: Proof, profiles: Mapping[str, ColumnProfile], groups: list[list[int]]
) -> set[int]:
    """Leave the rows of an order and its payments, where those of its lines say the same."""
    levels = find_levels(profiles, groups)
    if levels is None:
        return set()
    name, means = levels
    proof.values[name] = means
    why = f"an order, its lines and payments are rows of their own: {name} tells them apart"
    proof.reasons.setdefault("amount", []).append(why)
    return {i for i, text in enumerate(profiles[name].values) if means.get(text or "") == "no sale"}


def _explain_keys(proof: Proof, rivals: Mapping[str, list[str]]) -> None:
    for role, names in rivals.items():
        if names:
            proof.reasons.setdefault(role, []).append("rivals: " + ", ".join(names))
    if proof.order_within:
        reason = f"its numbers begin anew within each {', '.join(proof.order_within)}"
        proof.reasons.setdefault("order_id", []).append(reason)


def _ask_about_periods(proof: Proof, profiles: Mapping[str, ColumnProfile]) -> None:
    """Ask for other files, instead of all else, where rows are no purchases of a day."""
    if "ordered_local" not in proof.columns or tells_period(profiles, proof.columns.get("amount")):
        no_date = explain_no_date(profiles)
        proof.questions = [no_date] if no_date else proof.questions


def _head(role: str, profiles: Mapping[str, ColumnProfile]) -> dict[str, float]:
    """Score the headings for a key; a heading of money or counts is none of a person or order."""
    scores = {}
    for name, profile in profiles.items():
        score = score_heading(role, name)
        if role == "customer_id" and not score and names_product(name):
            continue
        if score or (score is not None and classify(profile) in ("", "id")):
            scores[name] = score
    return scores


def _find_event_dates(profiles: Mapping[str, ColumnProfile]) -> dict[str, float]:
    """Score dates of events, which are those of a visit where no column tells a purchase's."""
    dated = [name for name, p in profiles.items() if p.date and p.words & EVENTS]
    return {name: 1.0 if profiles[name].words <= EVENTS | DATED else 0.5 for name in dated}


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
        elif profile.date is None and (
            profile.decimal is None
            or undoing
            or _is_coded(profile)
            or is_flag(name, profile.distinct)
        ):
            meanings = find_meanings(name, sorted(profile.distinct))
            if meanings:
                values[name] = meanings
    stated = [name for name, means in values.items() if {"sale", "no sale"} & {*means.values()}]
    # A code of states says nothing more beside a column that names them.
    coded = [name for name in values if stated and _is_coded(profiles[name]) and name not in stated]
    return {name: means for name, means in values.items() if name not in coded}


def _find_unpaid(proof: Proof, profiles: Mapping[str, ColumnProfile], once: Sequence[str]) -> None:
    """Ask about rows whose date of payment or purchase is blank, where no state tells of them."""
    day, amount = proof.columns.get("ordered_local"), proof.columns.get("amount", "")
    for name, profile in profiles.items():
        # By convention: a date that few rows tell is of something else, and a few blanks are slips.
        partly = profile.date is not None and 0.3 < profile.coverage < NEARLY_ALL
        if not partly or name in once or proof.values:
            continue
        if profile.words & PAID or (name == day and _counts_undated(profile, profiles.get(amount))):
            proof.values[name] = {"": "ask", ANY: "sale"}
            return


def _counts_undated(day: ColumnProfile, amount: ColumnProfile | None) -> bool:
    """Tell whether more rows with an amount lack their day than a run would set aside."""
    pairs = zip(day.values, amount.values, strict=True) if amount else ()
    undated = sum(date is None and figure is not None for date, figure in pairs)
    return undated > Cleaning().max_refused_rows_share * len(day.values)


def _is_coded(profile: ColumnProfile) -> bool:
    """Tell whether a column tells states by numbers, as its heading says."""
    named = profile.words & (STATES | {"cfop"}) - {"state", "estado"}
    return bool(named) and profile.is_whole and len(profile.distinct) <= MOST_STATES


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
    products = next((p.values for n, p in profiles.items() if names_product(n)), None)
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
    ask_about_money(proof, best, candidates, closure, profiles)
    _take_named_factors(proof, closure)
    _take_refunds(proof, closure, profiles, candidates)
    proof.columns |= closure.find_cost(replace(best, columns=proof.columns))
    texts = [
        t
        for name in proof.columns.values()
        if name in numeric
        for t in (name, *sorted(profiles[name].distinct))
    ]
    currencies = find_currencies(texts)
    written = list_currencies(texts)
    if len(written) > 1 and "currency" not in proof.columns:
        names = ", ".join(written)
        proof.questions.append(f"amounts are in several currencies: {names}; which are kept?")
    if proof.currency is None:
        proof.currency = currencies.pop() if len(currencies) == 1 else None


def _take_refunds(
    proof: Proof,
    closure: Closure,
    profiles: Mapping[str, ColumnProfile],
    candidates: Sequence[LineValue],
) -> None:
    """Map refunded amounts, which say what stays of a partial refund, and their dates."""
    refunds = closure.of_class("refunded", [*closure.by_line, *closure.per_order])
    if not refunds:
        return
    net_of = closure.lacks_already(candidates[0], candidates, refunds[0])
    if net_of:
        why = f"{candidates[0]} is {net_of} less {refunds[0]}"
        proof.reasons.setdefault("amount", []).append(why)
        return
    proof.columns["refunded"] = refunds[0]
    dated = [n for n, p in profiles.items() if p.date and p.words & CLASSES["refunded"]]
    if len(dated) == 1 and dated[0] not in proof.columns.values():
        proof.columns["refunded_at"] = dated[0]
    if refunds[0] in closure.per_order:
        proof.per_order = (*proof.per_order, "refunded")
    for column, means in proof.values.items():
        for value, meaning in means.items():
            if meaning == "ask":
                means[value] = meaning_of(value, column, refunds=True)


def _is_figure(numeric: Mapping[str, ColumnProfile], name: str) -> bool:
    return name in numeric


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
    """Find the columns of text by their headings; that of currencies by its codes, too."""
    for role in LABELS:
        mapped = {*proof.columns.values(), *proof.values}
        scores = {
            name: score_heading(role, name) or 0.0
            for name, profile in profiles.items()
            if name not in mapped and profile.date is None and profile.distinct
            if profile.decimal is None or profile.is_whole  # a product's price is no product
        }
        best = max(scores, key=lambda name: scores[name], default=None)
        if best is not None and scores[best] >= (1.0 if role in SYNONYMS["transactions"] else 9.0):
            proof.columns[role] = best
    coded = [n for n, p in profiles.items() if p.distinct and p.distinct <= frozenset(CODES)]
    if coded and "currency" not in proof.columns:
        proof.columns["currency"] = coded[0]


def _find_region(proof: Proof, columns: Sequence[str], rows: Sequence[Values]) -> None:
    """Guess currency and zone together where no sign, code or column names the currency."""
    region = guess_region(columns, rows, proof.columns)
    if region is None or proof.currency not in (None, region[0]):
        return
    currency, timezone, question = region
    if "currency" in proof.columns or any("currencies" in text for text in proof.questions):
        return
    if question and proof.currency is None:
        proof.questions.append(question)
        return
    proof.timezone = timezone
    if proof.currency is None:
        proof.currency = currency
        proof.reasons.setdefault("currency", []).append(REGION_GUESS)


def _find_time(proof: Proof, profiles: Mapping[str, ColumnProfile]) -> None:
    """Find the column of times beside a date without any."""
    date = proof.columns.get("ordered_local")
    if date is None or any(m and (m.hour or m.minute) for m in profiles[date].moments):
        return
    clocks = [n for n, p in profiles.items() if p.is_clock and n not in proof.columns.values()]
    if clocks:
        proof.columns["ordered_time"] = clocks[0]
