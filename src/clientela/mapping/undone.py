"""Rows that undo others, or were undone: what further columns and figures say of their states."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from clientela.config.data import Meaning
from clientela.mapping.grain import Groups, group_rows
from clientela.mapping.meanings import ANY, returns_money
from clientela.mapping.profile import ColumnProfile, Floats
from clientela.mapping.proof import Proof

DETAILS = frozenset({"detail", "details", "detalhe", "detalle", "reason", "motivo", "substatus"})
VERSIONS = frozenset({"revisao", "revision", "version", "versao", "versione", "revisione", "rev"})
CODE = 3  # by convention: letters and digits so few stand for a word
LEAST_SALES = 20  # by convention: a handful of rows proves less than all of them together
LEAST_UNDONE = 3  # by convention: fewer may be slips
MOSTLY = 0.8  # by convention: of orders undone, those whose sale stands beside them


def settle_beside(
    values: dict[str, dict[str, Meaning]], profiles: Mapping[str, ColumnProfile]
) -> None:
    """Settle what a column leaves open by another that says the same of all of those rows.

    Rows that another column undoes are no sales, whatever else they are; codes and details are
    taken for other words for the same; and a refund that was "refunded" is still one.
    """
    certain = {name: means for name, means in values.items() if "ask" not in means.values()}
    for column, means in values.items():
        for value, meaning in means.items():
            back = meaning == "no sale" and returns_money(value)
            if meaning != "ask" and not back:
                continue
            rows = [i for i, text in enumerate(profiles[column].values) if text == value]
            for other in [name for name in certain if name != column]:
                meanings = certain[other]
                read = {_read(meanings, profiles[other].values[i]) or "sale" for i in rows}
                settles = len(value) <= CODE or bool(profiles[column].words & DETAILS)
                settles = settles and len({*meanings.values()}) > 1
                settled = read == {"return"} if back else settles or read == {"no sale"}
                if len(read) == 1 and settled:
                    means[value] = read.pop()
                    break


def _read(means: Mapping[str, Meaning], text: str | None) -> Meaning | None:
    """Return what a value means; a column of dates, say, means one thing by any."""
    return means.get(text or "", means.get(ANY) if text else None)


def leave_sales(
    values: Mapping[str, Mapping[str, Meaning]],
    profiles: Mapping[str, ColumnProfile],
    groups: Groups,
    aside: set[int],
) -> tuple[dict[str, ColumnProfile], Groups]:
    """Leave the rows that count, for the figures of others need not add up.

    Rows ``aside`` say what their order's other rows say, and explain nothing of it.
    """
    several = {i: group[0] for group in groups for i in group}
    undone = {
        i
        for column, means in values.items()
        for i, text in enumerate(profiles[column].values)
        if _read(means, text) == "no sale"
    }
    # What an order charges beside goods, or lost of its lines, explains its total.
    partly = {several[i] for group in groups for i in group if i not in undone}
    undone = {i for i in undone if several.get(i) not in partly} | aside
    total = max((len(profile.values) for profile in profiles.values()), default=0)
    enough = total - len(undone) >= max(LEAST_SALES, 0.5 * (total - len(aside)))
    if not undone or not enough:
        return dict(profiles), groups
    places = [i for i in range(total) if i not in undone]
    new = {old: place for place, old in enumerate(places)}
    left = {
        name: replace(profile, values=tuple(profile.values[i] for i in places))
        for name, profile in profiles.items()
    }
    kept = [[new[i] for i in group if i in new] for group in groups]
    return left, [group for group in kept if len(group) > 1]


def ask_about_reversals(proof: Proof, profiles: Mapping[str, ColumnProfile]) -> None:
    """Ask whether rows that a state undoes take back what other rows sold.

    They do where all of them are negative, or where each repeats the figures of a sale that stands
    under the same order: to leave them out would leave the sale.
    """
    paid, order = _read_paid(proof, profiles), proof.columns.get("order_id")
    if paid is None or "customer_id" not in proof.columns:
        return
    # What a firm draws from its account is negative as well, and nobody's.
    people = profiles[proof.columns["customer_id"]].values
    buys = [figure != 0 and who is not None for figure, who in zip(paid, people, strict=True)]
    for column, means in proof.values.items():
        texts = profiles[column].values
        for value in [v for v, meaning in means.items() if meaning == "no sale" and v != ANY]:
            rows = [i for i, text in enumerate(texts) if text == value and buys[i]]
            sold = [i for i, text in enumerate(texts) if _read(means, text) == "sale"]
            negative = len(rows) >= LEAST_UNDONE and all(paid[i] < 0 for i in rows)
            if not negative and not (order and _repeat_sales(rows, sold, paid, profiles[order])):
                continue
            means[value] = "return"
            money = float(np.nansum(np.abs(paid[rows])))
            proof.questions.append(
                f"do the rows where {column} is {value} take back sales that stand beside them "
                f"({len(rows):,} rows, {money:,.2f})?"
            )


def _read_paid(proof: Proof, profiles: Mapping[str, ColumnProfile]) -> Floats | None:
    """Read what each row tells of what was paid; None where no column does."""
    roles = proof.columns
    if "amount" in roles:
        return profiles[roles["amount"]].numbers
    if not {"quantity", "unit_price"} <= roles.keys():
        return None
    paid: Floats = profiles[roles["quantity"]].numbers * profiles[roles["unit_price"]].numbers
    return paid


def _repeat_sales(rows: list[int], sold: list[int], paid: Floats, order: ColumnProfile) -> bool:
    """Tell whether most orders undone stand there once more as sold, with the same figures."""
    sales: dict[str | None, Counter[float]] = {}
    undone: dict[str | None, Counter[float]] = {}
    for places, figures in ((sold, sales), (rows, undone)):
        for i in places:
            figures.setdefault(order.values[i], Counter())[round(float(paid[i]), 2)] += 1
    repeated = [number for number in undone if number and undone[number] == sales.get(number)]
    return len(repeated) >= LEAST_UNDONE and len(repeated) >= MOSTLY * len(undone)


def ask_about_versions(proof: Proof, profiles: Mapping[str, ColumnProfile]) -> None:
    """Ask for the last versions alone, where orders stand in the file in several."""
    paid, order = _read_paid(proof, profiles), proof.columns.get("order_id")
    for name, profile in profiles.items():
        if paid is None or order is None or not profile.words & VERSIONS:
            continue
        groups = group_rows(profiles[order].values)
        several = [group for group in groups if len({profile.values[i] for i in group}) > 1]
        if len(several) < LEAST_UNDONE or profile.decimal is None:
            continue
        last = [
            i for group in groups for i in group
            if not profile.numbers[i] < np.nanmax(profile.numbers[group])
        ]  # fmt: skip
        whole, latest = (f"{float(np.nansum(part)):,.2f}" for part in (paid, paid[last]))
        proof.questions.append(
            f"{len(several):,} orders stand there in several versions ({name}): do all count "
            f"({whole}), or the last ({latest})?"
        )
        proof.answers.append(
            f"version = {json.dumps(name, ensure_ascii=False)}  # the last counts: {latest}; "
            f"without this line all do: {whole}"
        )
        return
