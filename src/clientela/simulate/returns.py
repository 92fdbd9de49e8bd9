"""Returns and cancellations, each of a purchase that exists."""

import numpy as np
from numpy.typing import NDArray

from clientela.simulate.groups import Floats
from clientela.simulate.lines import Lines, join

MEAN_DELAY_DAYS = 12.0  # by convention: within the usual 14 or 30 days of grace
DAY_SECONDS = 86_400  # seconds of a day


def draw_cancellations(lines: Lines, share: float, rng: np.random.Generator) -> Lines:
    """Cancel whole orders of identified customers within the hour.

    The credit notes keep the orders' document numbers, for :func:`renumber` to replace.
    """
    documents, order = np.unique(lines.document, return_inverse=True)
    cancelled = (rng.random(len(documents)) < share)[order] & (lines.customer >= 0)
    minutes = rng.integers(5, 56, len(documents))[order]
    given_back = lines.but(quantity=-lines.quantity, time=lines.time + 60 * minutes)
    return given_back.take(np.flatnonzero(cancelled))


def draw_returns(
    lines: Lines,
    share: float,
    factor: Floats,
    uncancelled: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Lines:
    """Return some units of some lines to the shop, days later, a credit note each.

    Parameters
    ----------
    factor : ndarray
        How much more often than usual each line's customer gives back.
    uncancelled : ndarray
        Whether the line's order was not cancelled already.
    """
    is_returned = (rng.random(len(lines)) < share * factor) & (lines.customer >= 0) & uncancelled
    rows = np.flatnonzero(is_returned)
    bought = lines.take(rows)
    delay = 1 + np.floor(rng.exponential(MEAN_DELAY_DAYS, len(rows))).astype(np.int64)
    units = np.ceil(bought.quantity * rng.random(len(rows))).astype(np.int64)
    return bought.but(
        document=rows,
        quantity=-np.maximum(units, 1),
        time=bought.time + delay * DAY_SECONDS,
    )


def renumber(cancelled: Lines, returned: Lines, first: int) -> Lines:
    """Assign every credit note a document number of its own, from the first free one."""
    orders, order = np.unique(cancelled.document, return_inverse=True)
    numbers = [first + order, first + len(orders) + np.arange(len(returned))]
    notes = join([cancelled, returned])
    return notes.but(document=np.concatenate(numbers), credit=np.ones(len(notes), dtype=np.int64))
