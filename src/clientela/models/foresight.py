"""Foresight: what a division of the past would have told of the revenue that followed."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from clientela.features.history import History


@dataclass(frozen=True, eq=False, kw_only=True)
class Past:
    """Two earlier days of the same firm, with what happened in the days after each.

    Parameters
    ----------
    earlier, recent : pa.Table
        Snapshots of two past days, one row a customer; the earlier one is learnt from, the recent
        one judged.
    earlier_later, recent_later : pa.Table
        ``customer_id`` and ``later_revenue`` of the same customers over the horizon after each.
    """

    earlier: pa.Table
    earlier_later: pa.Table
    recent: pa.Table
    recent_later: pa.Table

    @classmethod
    def of(
        cls, history: History, horizon_days: int, names: Sequence[str] | None = None
    ) -> "Past | None":
        """Take the two latest days whose horizons are over and do not overlap.

        Parameters
        ----------
        history : History
            The firm's past.
        horizon_days : int
            Days after each date over which revenue is counted; as many must lie before the earlier.
        names : sequence of str, optional
            Features wanted; :func:`clientela.models.segmentation.wanted` lists those that are read.

        Returns
        -------
        Past or None
            None where the history is too short.
        """
        dates = history.dates(horizon_days, horizon_days, horizon_days)
        if len(dates) < 2:
            return None
        recent, earlier = dates[:2]
        return cls(
            earlier=history.snapshot(earlier, names),
            earlier_later=history.later(earlier, horizon_days),
            recent=history.snapshot(recent, names),
            recent_later=history.later(recent, horizon_days),
        )
