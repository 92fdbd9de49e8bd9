"""Where customers stand in the common space, whichever space their segments were found in."""

import numpy as np
import pyarrow as pa

from clientela.segments.fit.spaces import COMMON, DEFAULT_FEATURES, SPACES
from clientela.segments.score.model import SegmentModel
from clientela.statistics.arrays import Doubles, is_numeric
from clientela.statistics.sampling import Positions, draw_sample


def common_points(snapshot: pa.Table, model: SegmentModel) -> Doubles:
    """Give the coordinates of customers in the common space, fitted on these very customers.

    Returns
    -------
    array of shape (customers, axes)
        Without axes where nothing tells the customers apart.
    """
    names = model.card.parameters.get("features") or DEFAULT_FEATURES
    numeric = {field.name for field in snapshot.schema if is_numeric(field.type)}
    known = [name for name in names if name in numeric]
    if not snapshot.num_rows:
        return np.zeros((0, len(known)))
    return SPACES[COMMON].fit(snapshot, known).points(snapshot)


def drawn(snapshot: pa.Table, rows: int, seed: int) -> Positions:
    """Draw customers by the hash of their ids; give their rows in the order of ids."""
    ids = np.asarray(snapshot["customer_id"].to_pylist(), dtype=np.str_)
    taken = draw_sample(ids.tolist(), rows, seed)
    return taken[np.argsort(ids[taken], kind="stable")]
