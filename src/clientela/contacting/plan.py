"""Whom to contact, in the order judged on past dates, and what a contact has to achieve."""

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.score.loss import split_loss
from clientela.config import Economics
from clientela.statistics.arrays import Doubles, doubles
from clientela.store.arrow_schemas import arrow_table

AT_RISK = ("high", "medium")
EXPECTED = "expected_revenue_churn_days"
# Without cost and capacity, the tenth whose lift is measured on past dates; by convention.
USUAL_SHARE = 0.10
# Advice to contact more than half of all is none: then the capacity decides, by convention.
MOST_SHARE = 0.50

Reason = Literal["capacity", "pays", "most", "usual"]


def plan_contacts(
    customers: pa.Table,
    margins: Doubles,
    curve: pa.Table,
    economics: Economics,
    unreachable: pa.Array | None = None,
) -> tuple[pa.Table, pa.Table, dict[str, Any]]:
    """Rank the customers at risk by expected loss and say how many of them to contact.

    Parameters
    ----------
    customers : pa.Table
        ``customer_id``, ``churn_probability``, ``churn_band``, ``expected_revenue_churn_days`` (of
        the days that the probability speaks of) and ``expected_revenue_long``.
    margins : array of shape (customers,)
        Gross margin of each; NaN where none is known.
    curve : pa.Table
        ``churn_contacts`` as judged on past dates; empty where no model was learnt.
    economics : Economics
        Costs and capacity.
    unreachable : pa.Array, optional
        Ids of customers who must not be contacted: others take their places in the list.

    Returns
    -------
    pa.Table
        ``customer_id`` and the columns of money and rank.
    pa.Table
        ``churn_contacts`` with break-even, profit and the row that comes nearest to the advice.
    dict
        How many are listed and why, and the assumptions.
    """
    probability, expected = doubles(customers, "churn_probability"), doubles(customers, EXPECTED)
    if_active, loss = split_loss(probability, expected)
    band = np.asarray(customers["churn_band"].to_pylist(), dtype=object)
    nothing = if_active <= 0.0  # who gave everything back is nobody to lose
    at_risk = np.isin(band, AT_RISK) & ~nothing
    if unreachable is not None:
        at_risk &= ~np.asarray(pc.is_in(customers["customer_id"], value_set=unreachable))
    order = _order(at_risk, loss, probability)
    pays = _count_worthwhile(order, loss * margins, economics)
    scored = int((np.isfinite(probability) & (band != "gone")).sum())
    count, reason = _advise(len(order), pays, scored, economics)
    if not curve.num_rows:
        count = 0
    rank = np.full(len(customers), np.nan)
    rank[order[:count]] = np.arange(1, count + 1)
    columns = {
        "customer_id": customers["customer_id"],
        "gross_margin": margins,
        EXPECTED: expected,
        "expected_revenue_if_active": if_active,
        "expected_loss": loss,
        "expected_loss_margin": loss * margins,
        "clv": doubles(customers, "expected_revenue_long") * margins,
        "contact_rank": rank,
    }
    margin = _average_margin(expected, margins)
    facts = {
        "scored": scored,
        "at_risk": len(order),
        "listed": count,
        "reason": reason,
        "pays": pays,
        "margin": margin,
        "contact_cost": economics.contact_cost,
        "saved_share": economics.saved_share,
        "capacity": economics.capacity,
    }
    arrays = [pa.array(column, from_pandas=True) for column in columns.values()]
    table = pa.table(arrays, names=list(columns))
    return table, _price_curve(curve, count, margin, economics), facts


def _order(at_risk: npt.NDArray[np.bool_], loss: Doubles, chance: Doubles) -> npt.NDArray[np.intp]:
    """Return who is at risk, the largest loss first, of equal ones the likeliest to leave."""
    rows = np.flatnonzero(at_risk)
    stakes, risk = np.nan_to_num(loss[rows]), np.nan_to_num(chance[rows])
    return rows[np.lexsort((-risk, -stakes))]


def _count_worthwhile(
    order: npt.NDArray[np.intp], loss: Doubles, economics: Economics
) -> int | None:
    """Count those whose contact earns more than it costs; None where a part of it is unknown."""
    cost, saved = economics.contact_cost, economics.saved_share
    if cost is None or saved is None or not np.isfinite(loss[order]).any():
        return None
    return int((np.nan_to_num(loss[order]) * saved >= cost).sum())


def _advise(
    at_risk: int, pays: int | None, scored: int, economics: Economics
) -> tuple[int, Reason]:
    """Return how many to contact, and what decides it."""
    worthwhile = at_risk if pays is None else pays
    if economics.capacity is not None and economics.capacity <= worthwhile:
        return economics.capacity, "capacity"
    if pays is not None and pays <= MOST_SHARE * scored:
        return pays, "pays"
    usual = min(int(np.ceil(USUAL_SHARE * scored)), worthwhile)
    if economics.capacity is not None:
        return worthwhile, "capacity"
    return usual, "usual" if pays is None else "most"


def _average_margin(revenue: Doubles, margins: Doubles) -> float | None:
    """Return the margin of all expected revenue together."""
    if not len(margins) or np.isnan(margins).any():
        return None
    weights = np.nan_to_num(np.maximum(revenue, 0.0))
    return float(np.average(margins, weights=weights if weights.sum() > 0 else None))


def _price_curve(
    curve: pa.Table, count: int, margin: float | None, economics: Economics
) -> pa.Table:
    """Add the break-even and, where margin, cost and effect are known, the profit."""
    rows = curve.to_pylist()
    cost, saved = economics.contact_cost, economics.saved_share
    nearest = min(rows, key=lambda row: abs(row["contacts"] - count), default=None)
    for row in rows:
        stake = row["at_stake"] * (1.0 if margin is None else margin)
        spent = row["contacts"] * (1.0 if cost is None else cost)
        row["break_even_share"] = spent / stake if stake > 0.0 else None
        row["chosen"] = count > 0 and row is nearest
        if margin is not None and cost is not None and saved is not None:
            for end in ("", "_low", "_high"):
                row[f"profit{end}"] = row[f"at_stake{end}"] * margin * saved - spent
    return arrow_table("churn_contacts", rows)
