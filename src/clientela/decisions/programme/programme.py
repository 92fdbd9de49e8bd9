"""The programme of a firm, from its history: policies compared, rules learnt, simulated, proved."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.config import Programme
from clientela.decisions.programme.result import ProgrammeResult
from clientela.features.history import History
from clientela.scoring.columns import Doubles

Segments = npt.NDArray[np.int64]
SegmentOf = Callable[[pa.Table], Segments] | Segments
Expected = Callable[[pa.Table], Doubles]


def programme(
    history: History,
    snapshot: pa.Table,
    segment_of: SegmentOf,
    settings: Programme,
    currency: str | None,
    expected: Expected | None = None,
) -> ProgrammeResult:
    """Choose the members, now and on past days, and show what speaks for the choice.

    Parameters
    ----------
    history : History
        The firm's past, up to the day of the programme.
    snapshot : pa.Table
        The customers as of ``history.as_of``, with all features.
    segment_of : callable or array of int
        Gives the segments of the rows of a snapshot; or the segments of ``snapshot``, row by row,
        where past ones are not to be had.
    settings : Programme
        Budget, policy, horizon, grace.
    currency : str or None
        ISO 4217 code of the amounts.
    expected : callable, optional
        Gives the expected revenue of the rows of a snapshot; a naive baseline if left out.
    """
    raise NotImplementedError
