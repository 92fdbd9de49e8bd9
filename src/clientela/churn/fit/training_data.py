"""Who was asked about on a day, with what happened to them."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.score.encoding import Encoding
from clientela.config.value import Season
from clientela.statistics.arrays import Doubles
from clientela.statistics.sampling import draw_sample

KEY = "customer_id"
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class LabelledSnapshot:
    """One snapshot of customers beside what they did.

    Parameters
    ----------
    as_of : datetime.date or None
        The day on which the features were known; None where the data has no time.
    table : pa.Table
        ``customer_id`` and feature columns, numbers and texts; dates are not read.
    left : array of bool, shape (customers,)
        Whether the customer left within ``horizon_days`` of ``as_of``.
    worth : array of double, shape (customers,)
        Money at stake over the horizon, in the currency of the amounts.
    horizon_days : int
        Days after ``as_of`` in which leaving was looked for: the outcome is known after them. 0
        where there is no time.
    expected : array of double, shape (customers,), optional
        Revenue that could be expected of them on ``as_of``; None where nothing forecast it.
    """

    as_of: dt.date | None
    table: pa.Table
    left: Flags
    worth: Doubles
    horizon_days: int = 0
    expected: Doubles | None = None

    @property
    def customers(self) -> int:
        """Count the customers asked about."""
        return int(self.table.num_rows)

    @property
    def known_on(self) -> dt.date | None:
        """The day by which everybody's outcome is known."""
        return None if self.as_of is None else self.as_of + dt.timedelta(days=self.horizon_days)

    def sort_by_customer(self) -> "LabelledSnapshot":
        """Order by ``customer_id``, so that the order rows came in changes nothing."""
        order = pc.sort_indices(self.table, sort_keys=[(KEY, "ascending")])
        return self.take(order.to_numpy())

    def take(self, rows: npt.NDArray[np.intp]) -> "LabelledSnapshot":
        """Return some customers, in the order of their positions."""
        return LabelledSnapshot(
            self.as_of,
            self.table.take(rows),
            self.left[rows],
            self.worth[rows],
            self.horizon_days,
            None if self.expected is None else self.expected[rows],
        )

    def forecast(self, expect: "ExpectRevenue") -> "LabelledSnapshot":
        """Add what could be expected of each customer within the horizon, where anything could."""
        model = None if self.as_of is None else expect(self.as_of, self.horizon_days)
        return self if model is None else replace(self, expected=model(self.table))


T = TypeVar("T")

ExpectRevenue = Callable[[dt.date, int], Callable[[pa.Table], Doubles] | None]
"""Returns the forecast that a past day could have made of its customers, so many days ahead."""

# Customers kept of a past date: of a large firm a sample, so that all dates fit into memory.
MOST_CUSTOMERS = 50_000


@dataclass(frozen=True, eq=False)
class TrainingRows:
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

    def compute_once(self, compute: Callable[["TrainingRows"], T]) -> T:
        """Return what a function makes of these rows, computed once for all who ask."""
        if compute not in self._held:
            self._held[compute] = compute(self)
        result: T = self._held[compute]
        return result

    def __len__(self) -> int:
        return len(self.left)

    def date_columns(self) -> Doubles:
        """Return each date's membership as a column of 0 and 1."""
        members: Doubles = (self.dates[:, None] == np.unique(self.dates)).astype(np.float64)
        return members

    def date_logits(self) -> Doubles:
        """Return each row the log-odds of leaving of its date, held a half customer off 0 and 1."""
        left = np.bincount(self.dates, self.left)
        count = np.bincount(self.dates)
        logits: Doubles = np.log((left + 0.5) / (count - left + 0.5))[self.dates]
        return logits

    def take(self, where: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "TrainingRows":
        """Return some rows."""
        return TrainingRows(self.encoding, self.matrix[where], self.left[where], self.dates[where])

    def thin(self, limit: int, seed: int) -> "TrainingRows":
        """Draw at most so many rows, in their order."""
        if len(self) <= limit:
            return self
        drawn = np.random.default_rng([seed, len(self)]).choice(len(self), limit, replace=False)
        return self.take(np.sort(drawn))


def stack_rows(
    past: Sequence[LabelledSnapshot], encoding: Encoding, limit: int, seed: int
) -> TrainingRows:
    """Stack snapshots, each thinned by keyed hashes so that ``limit`` rows remain."""
    per_snapshot = max(limit // max(len(past), 1), 1)
    thin = [sample_customers(snapshot, per_snapshot, seed) for snapshot in past]
    return TrainingRows(
        encoding,
        np.vstack([encoding.matrix(snapshot.table) for snapshot in thin]),
        np.concatenate([snapshot.left for snapshot in thin]).astype(np.float64),
        np.repeat(np.arange(len(thin)), [snapshot.customers for snapshot in thin]),
    )


def sample_customers(snapshot: LabelledSnapshot, limit: int, seed: int) -> LabelledSnapshot:
    """Keep at most so many customers, by keyed hashes of their ids."""
    if snapshot.customers <= limit:
        return snapshot
    return snapshot.take(draw_sample(snapshot.table.column(KEY).to_pylist(), limit, seed))


Kind = Literal["contractual", "non_contractual", "undated"]


@dataclass(frozen=True)
class ChurnTask:
    """The question that a churn model answers.

    Parameters
    ----------
    kind : {"contractual", "non_contractual", "undated"}
        What leaving means; ``undated`` where a flag has no day and there are no events.
    as_of : datetime.date
        The day on which the model is learnt: nothing later is known.
    horizon_days : int
        Days ahead; 0 where there is no time.
    gone_after_days : int or None
        Customers whose last purchase lies further back are not asked about but gone.
    gone_share : float or None
        Share of those who did not come back within the horizon, as measured.
    ripe_from : datetime.date or None
        First day on which those asked about were as complete as today, whose season may be read.
    data_hash : str
        Hash of the canonical tables, for the card.
    season : {"none", "usual", "strong"}, optional
        What the owner says of the firm's year, where the level follows it.
    """

    kind: Kind
    as_of: dt.date
    horizon_days: int = 0
    gone_after_days: int | None = None
    gone_share: float | None = None
    ripe_from: dt.date | None = None
    data_hash: str = ""
    season: Season | None = None

    def to_json(self) -> dict[str, str | int | float | None]:
        """Return the question for JSON: days as ISO texts, what does not apply as None."""
        return {
            name: value.isoformat() if isinstance(value, dt.date) else value
            for name, value in asdict(self).items()
        }
