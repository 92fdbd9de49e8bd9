"""The table of expected revenue: members, the rest and everyone, over some horizons."""

from collections.abc import Sequence

import pyarrow as pa

from clientela.config import Programme
from clientela.decisions.groups import Choose
from clientela.features.takings import Takings

FORECAST = pa.schema(
    [
        ("customer_group", pa.string()),
        ("months", pa.int64()),
        ("expected", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("level", pa.float64()),
        ("method", pa.string()),
        ("hits", pa.int64()),
        ("dates", pa.int64()),
        ("bias", pa.float64()),
        ("measurable", pa.bool_()),
        ("sentence_en", pa.string()),
        ("sentence_pt_br", pa.string()),
    ]
)
"""Columns of ``programme_forecast``."""


def forecast(
    takings: Takings,
    members: Choose,
    settings: Programme,
    currency: str | None,
    months: Sequence[int] = (1, 3, 6),
) -> pa.Table:
    """Say what members, the rest and everyone will bring, and how far such forecasts went wrong.

    Parameters
    ----------
    takings : Takings
        What each customer brought on each day.
    members : callable
        Gives the ids of the members as chosen on a day; asked about ``takings.as_of`` and past days.
    settings : Programme
        The programme's name.
    currency : str or None
        ISO 4217 code of the amounts.
    months : sequence of int
        Horizons, in months of 30.4 days.

    Returns
    -------
    pa.Table
        Of :data:`FORECAST`, a row a group and horizon. ``bias`` is the mean of forecast over
        outcome less 1; ``level`` is null where the history is too short to claim one, and then
        ``low`` and ``high`` are the range of past errors.
    """
    raise NotImplementedError
