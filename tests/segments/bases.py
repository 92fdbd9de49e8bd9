"""Bases of customers that break careless code, each with a fitted and named segmentation."""

from collections.abc import Mapping
from functools import cache

import numpy as np
import pyarrow as pa

from clientela.segments.describe.segment_names import name_segments
from clientela.segments.score.model import SegmentModel
from tests.segments.crowd import customers, fitted, grouped


def _giant() -> pa.Table:
    value = np.full(60, 10.0)
    value[7] = 1e7
    return customers(np.arange(60) % 4 + 1, value, np.arange(60) % 9, np.arange(60) + 9)


def _negative() -> pa.Table:
    drawn = np.random.default_rng(11)
    return customers(
        drawn.integers(1, 9, 80), -drawn.lognormal(3, 1, 80), np.arange(80), np.arange(80) + 5
    )


BASES: Mapping[str, pa.Table] = {
    "none": grouped(each=1)[0].slice(0, 0),
    "one": grouped(each=1)[0].slice(0, 1),
    "three": grouped(each=1)[0].slice(0, 3),
    "alike": customers([2] * 40, [5.0] * 40, [3] * 40, [9] * 40),
    "giant": _giant(),
    "net negative": _negative(),
    "no revenue": customers([1] * 30 + [2] * 30, [0.0] * 60, range(60), range(60, 120)),
    "grouped": grouped(each=60)[0],
}


def of(snapshot: pa.Table) -> SegmentModel:
    """Fit and name the segments of customers."""
    return name_segments(fitted(snapshot, bootstraps=2), snapshot)


@cache
def model_of(name: str) -> SegmentModel:
    """Fit and name the segments of a base, once."""
    return of(BASES[name])


def turned(snapshot: pa.Table) -> pa.Table:
    """Give the same rows in another order."""
    return snapshot.take(np.random.default_rng(3).permutation(snapshot.num_rows))
