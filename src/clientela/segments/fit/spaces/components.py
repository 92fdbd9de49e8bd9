"""Principal components of many behaviour features: what they share, said once."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
from sklearn.decomposition import PCA

from clientela.segments.fit.spaces.logarithm import log_standardised
from clientela.segments.fit.spaces.space import Space
from clientela.statistics.arrays import Doubles

BEHAVIOUR_FEATURES = (
    "revenue",
    "orders",
    "days_since_last",
    "tenure_days",
    "average_order_value",
    "products",
    "lines_per_order",
    "units_per_order",
    "returned_share",
    "revenue_90d",
    "orders_90d",
    "top_product_share",
)
"""Value, frequency, recency, age, baskets, variety, returns and the last three months."""

VARIANCE_SHARE = 0.90
"""Components are kept until they hold this share of the variance."""

MOST_COMPONENTS = 6
DECIMALS = 9


def components(snapshot: pa.Table, names: Sequence[str]) -> Space:
    """Fit a linear map of log-standardised features onto their principal components.

    References
    ----------
    Jolliffe (2002), Principal Component Analysis, 2nd edition. doi:10.1007/b98835

    Raises
    ------
    ConfigError
        A name is no numeric feature of the snapshot.
    """
    space = log_standardised(snapshot, names)
    points = space.points(snapshot)
    if points.shape[1] < 2 or len(points) < 2:
        return space
    return replace(space, projection=_projection(points))


def _projection(points: Doubles) -> Doubles:
    fitted = PCA(svd_solver="covariance_eigh").fit(points)
    held = np.cumsum(fitted.explained_variance_ratio_)
    wanted = int(np.searchsorted(held, VARIANCE_SHARE)) + 1
    weights = fitted.components_[: min(wanted, MOST_COMPONENTS)]
    return np.asarray(_upright(weights).T, dtype=np.float64).round(DECIMALS)


def _upright(weights: Doubles) -> Doubles:
    """Turn each component so that its largest weight is positive: processors differ in the sign."""
    largest = np.abs(weights).argmax(axis=1)
    signs = np.sign(weights[np.arange(len(weights)), largest])
    return np.asarray(weights * signs[:, None])
