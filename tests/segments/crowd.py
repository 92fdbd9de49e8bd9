"""Invented customers, with and without known groups."""

import datetime as dt

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.config import Segments
from clientela.segments.fit.out_of_time import SnapshotPair
from clientela.segments.fit.segmentation import fit_segments
from clientela.segments.score.model import SegmentModel

AS_OF = dt.date(2011, 12, 9)

# Orders, money an order, days since the last order, days since the first: medians of each group.
GROUPS = {
    "best": (20.0, 400.0, 8.0, 600.0),
    "regular": (6.0, 250.0, 40.0, 450.0),
    "gone": (2.0, 150.0, 350.0, 500.0),
    "fresh": (1.0, 200.0, 12.0, 20.0),
}


def grouped(each: int = 150, seed: int = 7) -> tuple[pa.Table, npt.NDArray[np.int64]]:
    """Draw customers around each group's medians, and tell who belongs where."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(len(GROUPS)), each)
    orders, value, recency, tenure = np.array(list(GROUPS.values()))[truth].T
    noise = rng.lognormal(sigma=0.15, size=(4, len(truth)))
    orders = np.maximum(1, np.round(orders * noise[0]))
    recency = np.round(recency * noise[2])
    return customers(
        orders, value * noise[1], recency, np.maximum(recency, tenure * noise[3])
    ), truth


def customers(
    orders: npt.ArrayLike, value: npt.ArrayLike, recency: npt.ArrayLike, tenure: npt.ArrayLike
) -> pa.Table:
    """Make the part of a snapshot that segments need."""
    orders, value = np.asarray(orders, dtype=np.int64), np.asarray(value, dtype=np.float64)
    return pa.table(
        {
            "customer_id": [f"c{number:05d}" for number in range(len(orders))],
            "days_since_last": np.asarray(recency).astype(np.int64),
            "orders": orders,
            "revenue": orders * value,
            "tenure_days": np.asarray(tenure).astype(np.int64),
            "average_order_value": value,
        }
    )


SETTINGS = Segments(bootstraps=4, spaces=("log",), algorithms=("kmeans",))


def fitted(
    snapshot: pa.Table, past: SnapshotPair | None = None, **settings: object
) -> SegmentModel:
    """Fit KMeans in the common space with few resamples, or whatever else is asked for."""
    chosen = msgspec.structs.replace(SETTINGS, **settings)
    return fit_segments(snapshot, chosen, as_of=AS_OF, data_hash="0" * 64, past=past)
