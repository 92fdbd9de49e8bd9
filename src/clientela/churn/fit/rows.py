"""Customers of several dates, one below another, ready to learn from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from clientela.churn.fit.labelled import KEY, Labelled
from clientela.churn.score.encoding import Encoding
from clientela.statistics.arrays import Doubles
from clientela.statistics.sampling import draw_sample

T = TypeVar("T")

MOST_CUSTOMERS = 50_000
"""Customers kept of a past date: of a large firm a sample, so that all dates fit into memory."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Encoded customers with what they did.

    Parameters
    ----------
    encoding : Encoding
        What made the matrix.
    matrix : array of shape (rows, features)
        Features.
    left : array of 0 and 1, shape (rows,)
        Whether they left.
    dates : array of int, shape (rows,)
        Position of each row's snapshot.
    """

    encoding: Encoding
    matrix: Doubles
    left: Doubles
    dates: npt.NDArray[np.intp]
    _held: dict[Callable[..., Any], Any] = field(default_factory=dict, repr=False)

    def once(self, compute: Callable[["Rows"], T]) -> T:
        """Give what a function makes of these rows, computed once for all who ask."""
        if compute not in self._held:
            self._held[compute] = compute(self)
        found: T = self._held[compute]
        return found

    def __len__(self) -> int:
        return len(self.left)

    def groups(self) -> Doubles:
        """Give each date's membership as a column of 0 and 1."""
        members: Doubles = (self.dates[:, None] == np.unique(self.dates)).astype(np.float64)
        return members

    def rate_logits(self) -> Doubles:
        """Give each row the log-odds of leaving of its date, held a half customer off 0 and 1."""
        left = np.bincount(self.dates, self.left)
        count = np.bincount(self.dates)
        logits: Doubles = np.log((left + 0.5) / (count - left + 0.5))[self.dates]
        return logits

    def take(self, where: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Rows":
        """Give some rows."""
        return Rows(self.encoding, self.matrix[where], self.left[where], self.dates[where])

    def thinned(self, most: int, seed: int) -> "Rows":
        """Draw at most so many rows, in their order."""
        if len(self) <= most:
            return self
        drawn = np.random.default_rng([seed, len(self)]).choice(len(self), most, replace=False)
        return self.take(np.sort(drawn))


def rows_of(past: Sequence[Labelled], encoding: Encoding, most: int, seed: int) -> Rows:
    """Put snapshots below each other, each thinned by keyed hashes so that ``most`` rows remain."""
    each = max(most // max(len(past), 1), 1)
    thin = [sampled(one, each, seed) for one in past]
    return Rows(
        encoding,
        np.vstack([encoding.matrix(one.table) for one in thin]),
        np.concatenate([one.left for one in thin]).astype(np.float64),
        np.repeat(np.arange(len(thin)), [one.customers for one in thin]),
    )


def sampled(one: Labelled, most: int, seed: int) -> Labelled:
    """Keep at most so many customers, by keyed hashes of their ids."""
    if one.customers <= most:
        return one
    where = draw_sample(one.table.column(KEY).to_pylist(), most, seed)
    return Labelled(
        one.as_of, one.table.take(where), one.left[where], one.worth[where], one.horizon_days
    )
