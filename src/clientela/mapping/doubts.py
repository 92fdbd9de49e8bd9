"""Doubts of a proof: what neither headings nor arithmetic decide is a question with figures."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from clientela.mapping.grain import LEAST_ORDERS, NEARLY_ALL, identifies_people
from clientela.mapping.groups import GROUP
from clientela.mapping.guess import names_product
from clientela.mapping.headings import words
from clientela.mapping.meanings import ANY, SIGNS, UNDOING
from clientela.mapping.money import CLOSES, DOUBT, Closure, LineValue, share_agreeing
from clientela.mapping.money_headings import CLASSES, TOTALS, WITH
from clientela.mapping.profile import OF_A_KIND, ColumnProfile, Floats
from clientela.mapping.proof import Proof

MEANS_OF_PAYMENT = frozenset(
    {"payment", "pagamento", "pago", "card", "cartao", "tarjeta", "forma", "zahlung", "paiement"}
)
CREDITS = frozenset(
    {
        *("credit", "credits", "credito", "creditos", "gift", "voucher", "vouchers", "vale"),
        *("bono", "wallet", "carteira", "points", "pontos", "puntos", "cashback", "saldo"),
        *("prepaid", "deposit", "sinal", "adiantamento", "anticipo", "guthaben", "gutschein"),
    }
)
"""Words of what pays a part of an order, and looks like a discount in arithmetic."""
LEAST_OPPOSED = 3  # by convention: fewer rows of one kind may be slips


def ask_about_keys(
    proof: Proof,
    profiles: Mapping[str, ColumnProfile],
    headings: Mapping[str, Mapping[str, float]],
    rivals: Mapping[str, list[str]],
) -> None:
    """Ask where neither heading nor values tell the person or the order from another column."""
    if proof.columns.get("customer_id") == GROUP:
        example = next(value for value in profiles[GROUP].values if value)
        proof.questions.append(f"is what stands above each group of rows ({example}) the customer?")
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


def ask_about_money(
    proof: Proof,
    best: LineValue,
    candidates: Sequence[LineValue],
    closure: Closure,
    profiles: Mapping[str, ColumnProfile],
) -> None:
    """Ask whatever is in doubt about what was paid for a line."""
    if _ask_about_opposites(proof, closure):
        return
    if "amount" not in best.per_order:
        _ask_about_signs(proof, best, profiles)
        _ask_about_parts(proof, best, closure, profiles)
    _ask_about_credits(proof, best, closure)
    _ask_about_second_discounts(proof, best, closure)
    _ask_about_rivals(proof, best, candidates, closure)
    _ask_about_extras(proof, best, closure)
    _ask_about_fees(proof, best, candidates, closure)
    _ask_about_units(proof, best, closure)
    _ask_about_totals(proof, best, closure)
    _ask_about_repeats(proof, best, closure, profiles)


def _ask_about_opposites(proof: Proof, closure: Closure) -> bool:
    """Ask whether one of two columns is given back, where each row tells either and never both."""
    roles = proof.columns
    other = "" if "unit_price" in roles else roles.get("amount", "")
    for name in closure.by_line if other else ():
        first, second = (np.nan_to_num(closure.numbers[c]) != 0 for c in (other, name))
        rare = min(first.sum(), second.sum())
        if name == other or rare < LEAST_OPPOSED or np.any(first & second):
            continue
        if np.mean(first | second) < NEARLY_ALL or closure.classes[name] == "quantity":
            continue
        paid, back = sorted((other, name), key=lambda c: -np.nansum(np.abs(closure.numbers[c])))
        roles |= {"amount": paid, "credited": back}
        proof.questions.append(
            f"is {closure.describe(back)} given back, and to be taken off "
            f"{closure.describe(paid)}? each row tells one of them"
        )
        return True
    return False


def _ask_about_credits(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask whether what is off the amount by arithmetic alone paid for a part of it."""
    explained = " ".join(best.reasons)
    for name in closure.unnamed_discounts():
        if words(name) & (CREDITS | MEANS_OF_PAYMENT) and f" less {name} = " in explained:
            paid = best.total + float(np.nansum(np.abs(closure.numbers[name])))
            proof.questions.append(
                f"is {closure.describe(name)} a discount, so that {best} was sold, or does it pay "
                f"a part of {paid:,.2f}?"
            )


def _ask_about_second_discounts(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask whether an order's total is less by a discount beside the one that its lines have."""
    if not {"discount", "discount_share"} & best.columns.keys():
        return
    beyond = " ".join(why.partition(" but for ")[2] for why in best.reasons)
    for name in closure.of_class("discount", closure.per_order):
        if name in beyond and name not in best.columns.values():
            proof.questions.append(
                f"{best} is to be less by {closure.describe(name)} too: the orders' totals are; "
                "give a file with all discounts in one column"
            )


def _ask_about_signs(proof: Proof, best: LineValue, profiles: Mapping[str, ColumnProfile]) -> None:
    """Ask whether rows are given back that a letter alone, or a minus on most, sets apart."""
    negative = best.values < 0
    if np.nansum(negative) > 0.5 * np.sum(~np.isnan(best.values) & (best.values != 0)):
        proof.questions.append(
            f"most figures are negative ({int(np.sum(negative)):,} of {len(best.values):,} rows): "
            f"are sales written with a minus in {best}?"
        )
        proof.answers += [
            f"negative_sales = true  # yes: the net is {-best.total:,.2f}",
            f"negative_sales = false  # no: the net is {best.total:,.2f}",
        ]
    for name, profile in profiles.items():
        texts = [(value or "").strip().lower() for value in profile.values]
        if {*texts} - {""} not in SIGNS[1:] or profile.words & MEANS_OF_PAYMENT:
            continue
        counts = Counter(text for text in texts if text)
        rows = np.array([text == counts.most_common()[-1][0] for text in texts])
        if np.all(best.values[rows] <= 0):
            continue  # the figures say so themselves
        rare = next(value for value, is_rare in zip(profile.values, rows, strict=True) if is_rare)
        proof.values[name] = {
            value: "return" if value.strip().lower() == str(rare).strip().lower() else "sale"
            for value in sorted(profile.distinct)
        }
        back = float(np.nansum(np.abs(best.values[rows])))
        proof.questions.append(
            f"are the rows where {name} is {rare} given back ({int(rows.sum()):,} rows, "
            f"{back:,.2f}, of {best})?"
        )


def _ask_about_parts(
    proof: Proof, best: LineValue, closure: Closure, profiles: Mapping[str, ColumnProfile]
) -> None:
    """Ask whether lines that add up to the line above them are its parts, as those of a kit.

    They are where a column tells something on them and on no other line.
    """
    labels = next((p.values for n, p in profiles.items() if names_product(n)), None)
    labels = labels or tuple(map(str, best.values))
    heads: dict[int, list[int]] = {}
    for group in closure.groups:
        for position, head in enumerate(group):
            parts = _add_up_to(best.values, head, group[position + 1 :])
            heads |= {head: parts} if parts else {}
    counts = Counter(labels[i] for group in closure.groups for i in group)
    alike = Counter(labels[head] for head in heads)
    # By convention: what adds up by chance does so for few of a product's lines.
    heads = {h: parts for h, parts in heads.items() if alike[labels[h]] >= 0.9 * counts[labels[h]]}
    if len(heads) < LEAST_ORDERS:
        return
    below = sorted({i for places in heads.values() for i in places})
    for name, profile in profiles.items():
        if name not in proof.columns.values() and below == [
            i for i, value in enumerate(profile.values) if value is not None
        ]:
            proof.values[name] = {"": "sale", ANY: "no sale"}
            proof.reasons.setdefault("amount", []).append(f"{name} names the kit of its parts")
            return
    twice = float(np.nansum(best.values[below]))
    proof.questions.append(
        f"are the {len(below):,} rows below {labels[min(heads)]} and the like, which add up to it, "
        f"its parts: {best}, or {best.total - twice:,.2f} without them?"
    )


def _add_up_to(values: Floats, head: int, below: Sequence[int]) -> list[int]:
    """Return the first lines below one that add up to it; empty where none do."""
    reached = 0.0
    for count, position in enumerate(below, 1):
        reached += values[position]
        if not values[position] > 0 or reached > values[head] + 0.011:
            return []
        if count > 1 and abs(reached - values[head]) <= 0.011:
            return list(below[:count])
    return []


def _ask_about_rivals(
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
            proof.questions.append(
                f"does {best} hold {closure.describe(name)}? no arithmetic says it"
            )
    for name in _list_extras(best, closure):
        proof.questions.append(f"does {best} hold {closure.describe(name)}? no arithmetic says it")
    _ask_about_discounts(proof, best, closure)


def _ask_about_discounts(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask whether discounts beside an amount are off it already."""
    explained = " ".join(best.reasons)
    for name in closure.of_class("discount", [*closure.by_line, *closure.per_order]):
        share = np.nanmax(np.abs(closure.numbers[name])) <= 1.0
        alone = share and "unit_price" not in best.columns
        if name in best.columns.values() or name in explained or alone:
            continue
        if not _is_off_before(best, closure, name):
            proof.questions.append(
                f"is {closure.describe(name)} already off {best}? no arithmetic says it"
            )


def _is_off_before(best: LineValue, closure: Closure, name: str) -> bool:
    """Tell whether the whole that a row was paid adds freight and tax to the amount, and no more.

    Then the discount, which stands on such rows, is off the amount already.
    """
    if name in closure.per_order or closure.classes[best.columns["amount"]] == "gross":
        return False
    off = np.nan_to_num(closure.numbers[name])
    for total in [n for n in closure.by_line if words(n) & TOTALS]:
        why = next((why for why in best.reasons if why.startswith(f"{total} (")), "")
        added = [n for n in closure.by_line if closure.classes[n] in ("shipping", "tax")]
        extras = [np.nan_to_num(closure.numbers[n]) for n in added if n in why]
        if extras and " adds " in why:
            remainder = closure.numbers[total] - np.sum(extras, axis=0)
            return share_agreeing(remainder, best.values, off) >= CLOSES
    return False


def _list_extras(best: LineValue, closure: Closure) -> list[str]:
    """List the figures that no heading explains and that a whole, called so, may hold."""
    amount = best.columns["amount"]
    if not words(amount) & TOTALS or best.reasons:
        return []
    extras = []
    for name in closure.of_class("", [*closure.by_line, *closure.per_order]):
        figures = closure.numbers[name]
        rows = ~np.isnan(figures) & (best.values > 0)
        if not rows.any():
            continue
        is_integer = bool(np.all(figures[rows] == np.round(figures[rows])))
        below = np.mean((figures[rows] >= 0) & (figures[rows] < best.values[rows]))
        # By convention: less than a hundredth of the money is not worth a question.
        if not is_integer and below >= CLOSES and np.nansum(figures) > 0.01 * abs(best.total):
            extras.append(name)
    return extras


def _ask_about_fees(
    proof: Proof, best: LineValue, candidates: Sequence[LineValue], closure: Closure
) -> None:
    """Ask whether fees that an amount adds to the goods are revenue."""
    amount = best.columns.get("amount")
    for name in closure.of_class("other", closure.by_line) if amount else ():
        if name in " ".join(best.reasons):
            continue  # kept back by a marketplace, and no part of what the customer paid
        fees = np.nan_to_num(closure.numbers[name])
        goods = [c for c in candidates if c.columns.get("amount") != amount]
        if any(
            share_agreeing(c.values, best.values - fees, np.clip(fees, 0, None)) >= CLOSES
            for c in goods
        ):
            proof.questions.append(
                f"does {best} hold {closure.describe(name)}, and is that revenue?"
            )


def _ask_about_order_discounts(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask about discounts of whole orders that no total of theirs explains."""
    explained = " ".join(best.reasons)
    for name in closure.of_class("discount", closure.per_order):
        if name not in explained and name not in best.columns.values():
            proof.questions.append(
                f"is {closure.describe(name)} taken off {best} as well? no arithmetic says it"
            )


def _ask_about_noise(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask whether figures that many lines lack are taken off an amount that no heading names."""
    explained = " ".join(best.reasons)
    for name in closure.unnamed_discounts():
        if name not in explained and name not in best.columns.values():
            proof.questions.append(
                f"is {closure.describe(name)} already off {best}? no arithmetic says it"
            )


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
        near = (ratio > 0.5) & (ratio < 2.0)
        if len(ratio) and np.mean(near) >= OF_A_KIND:
            proof.questions.append(
                f"what was paid: {best}, or the order's {closure.describe(total)}? "
                "no arithmetic joins them"
            )
            return


def _ask_about_repeats(
    proof: Proof, best: LineValue, closure: Closure, profiles: Mapping[str, ColumnProfile]
) -> None:
    """Ask where each line stands once for every row of something else, such as payments.

    Two columns of one line come in as many pairs as there are lines; those of two tables that
    were multiplied come in all pairs.
    """
    paid = best.columns.get("amount", best.columns.get("unit_price", ""))
    figures = profiles[paid].values
    for name, profile in profiles.items():
        if paid in closure.per_order or name in best.columns.values():
            continue
        readings = crossing = 0
        for group in closure.groups:
            pairs = {(figures[i], profile.values[i]) for i in group}
            lines, others = len({a for a, _ in pairs}), len({b for _, b in pairs})
            readings += lines > 1 and others > 1
            crossing += lines > 1 and others > 1 and len(pairs) == lines * others
        if readings >= LEAST_ORDERS and crossing >= NEARLY_ALL * readings:
            counts = np.ones(len(figures))
            for group in closure.groups:
                counts[group] = len({profile.values[i] for i in group})
            once = float(np.nansum(best.values / counts))
            proof.questions.append(
                f"is {paid} told once for each {name} of an order: {best}, or {once:,.2f} counted "
                "once? lines and such rows were multiplied"
            )
            return


def _ask_about_units(proof: Proof, best: LineValue, closure: Closure) -> None:
    """Ask where a quantity is no quantity by name or arithmetic, and how else figures scale."""
    roles = best.columns
    quantity = roles.get("quantity")
    closes = any(" = " in why or " adds " in why or "but for" in why for why in best.reasons)
    if quantity and "unit_price" in roles and not closes and closure.classes[quantity] == "":
        proof.questions.append(f"is {quantity} a quantity? neither heading nor arithmetic says it")
    discount = roles.get("discount")
    if discount and discount not in closure.per_order and not closes:
        off = np.abs(closure.numbers[discount])
        whole = bool(np.all((off == np.round(off)) | np.isnan(off)))
        if whole and np.nanmax(off) <= 100 and len(np.unique(off[~np.isnan(off)])) <= 20:
            proof.questions.append(f"is {discount} money or percent? no arithmetic says it")
    for name, numbers in closure.numbers.items():
        back = any(word.startswith(UNDOING) for word in words(name))
        back = back and bool(words(name) & CLASSES["quantity"])
        if (back and np.nansum(np.abs(numbers)) > 0) or _counts_returned(best, closure, name):
            proof.questions.append(f"are the units of {name} to be taken off what was paid?")


def _counts_returned(best: LineValue, closure: Closure, name: str) -> bool:
    """Tell whether figures may be the units of a line that came back: few, and never more."""
    pieces = closure.numbers.get(best.columns.get("quantity", ""))
    if pieces is None or name in best.columns.values() or name in closure.per_order:
        return False
    if closure.classes[name] not in ("", "refunded", "quantity"):
        return False
    units = np.nan_to_num(closure.numbers[name])
    back = units[units != 0]
    is_whole = bool(np.all(back == np.round(back)))
    # By convention: most lines keep all of their units; a flag has no two.
    if not is_whole or not LEAST_OPPOSED <= len(back) <= 0.5 * len(units) or np.max(back) < 2:
        return False
    return bool(np.all((units >= 0) & (units <= np.nan_to_num(pieces))))
