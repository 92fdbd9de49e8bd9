"""Whom to contact: what a contact is expected to save against what it costs."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.churn.fit.judged import Judged
from clientela.config.churn import Churn
from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import interval, resample_sums
from clientela.store.arrow_schemas import table

POINTS = 50

_Whole = npt.NDArray[np.intp]
UNTOLD = 0.5  # the threshold where no money is at stake


def threshold(worth: Doubles, settings: Churn) -> float:
    """Give the probability from which contacting a customer of average worth pays.

    It is the cost of a contact over the money that it saves if the customer is leaving.

    References
    ----------
    Elkan (2001), The foundations of cost-sensitive learning, IJCAI.

    Examples
    --------
    >>> threshold(np.array([20.0, 60.0]), Churn(contact_cost=1.0, saved_share=0.1))
    0.25
    """
    saved = settings.saved_share * float(np.mean(np.maximum(worth, 0.0))) if len(worth) else 0.0
    return min(settings.contact_cost / saved, 1.0) if saved > 0.0 else UNTOLD


def contacts(judged: Judged, model: str, settings: Churn) -> pa.Table:
    """Give the profit of contacting customers in the order of what they are expected to lose.

    A contact costs ``contact_cost`` and, if the customer was leaving, saves ``saved_share`` of the
    worth. The threshold of a row is the expected loss, probability times worth, of the last
    customer contacted; the row chosen is the last whose contact pays.

    Returns
    -------
    pa.Table
        ``churn_contacts`` of :mod:`clientela.store.arrow_schemas`, of an average date.
    """
    worth, times = np.maximum(judged.worth, 0.0), judged.times
    order = np.argsort(-(judged.chances[model] * worth), kind="stable")
    stakes = (judged.chances[model] * worth)[order]
    gains = judged.left * worth * settings.saved_share - settings.contact_cost
    pays = int((stakes * settings.saved_share >= settings.contact_cost).sum())
    counts = np.unique(np.r_[np.linspace(0, len(order), POINTS - 1).astype(np.intp), pays])
    low, high = _bounds(gains[order], judged.customers[order], counts, settings)
    by_worth = _profits(gains[np.argsort(-worth, kind="stable")], counts)
    profit, share = _profits(gains[order], counts), counts / max(len(order), 1)
    rows: list[dict[str, object]] = [
        {
            "position": position + 1,
            "contacts": round(count / times),
            "contacts_share": float(share[position]),
            "threshold": float(stakes[count - 1]) if count else None,
            "profit": float(profit[position]) / times,
            "profit_low": float(low[position]) / times,
            "profit_high": float(high[position]) / times,
            "profit_random": float(share[position] * gains.sum()) / times,
            "profit_revenue": float(by_worth[position]) / times,
            "chosen": bool(count == pays),
        }
        for position, count in enumerate(counts)
    ]
    return table("churn_contacts", rows)


def _profits(gains: Doubles, counts: _Whole) -> Doubles:
    summed: Doubles = np.r_[0.0, np.cumsum(gains)][counts]
    return summed


def _bounds(
    gains: Doubles, customers: _Whole, counts: _Whole, settings: Churn
) -> tuple[Doubles, Doubles]:
    """Resample customers; each point keeps who was contacted."""
    people = int(customers.max(initial=-1)) + 1
    point = np.searchsorted(counts, np.arange(len(gains)), side="right") - 1
    cells = np.zeros((people, len(counts)))
    np.add.at(cells, (customers, np.minimum(point, len(counts) - 1)), gains)
    summed = resample_sums(cells, settings.resamples, settings.seed).cumsum(axis=1)
    bounds = np.array([(0.0, 0.0), *(interval(column) for column in summed.T[:-1])])
    return bounds[:, 0], bounds[:, 1]
