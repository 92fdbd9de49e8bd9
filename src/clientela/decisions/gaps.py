"""How far each segment lies from the members of the programme, feature by feature."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.decisions.profile import Members

GAPS = pa.schema(
    [
        ("segment", pa.int64()),
        ("feature", pa.string()),
        ("value", pa.float64()),
        ("members_value", pa.float64()),
        ("ratio", pa.float64()),
        ("position", pa.int64()),
    ]
)
"""Columns of ``segment_gaps``."""


def gaps(snapshot: pa.Table, segment: npt.NDArray[np.int64], members: Members) -> pa.Table:
    """Set the median customer of each segment beside the median member.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer, with all features.
    segment : array of int
        The segment of each row.
    members : array of bool
        Who belongs to the programme.

    Returns
    -------
    pa.Table
        Of :data:`GAPS`, the widest gap of each segment first, as ranks in the whole base.
        Empty where nobody is a member.
    """
    raise NotImplementedError
