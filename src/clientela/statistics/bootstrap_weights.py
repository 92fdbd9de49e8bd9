"""Bootstrap of customers: how often each is drawn, resample by resample."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Weights = npt.NDArray[np.float32]
CELLS = 2_000_000  # weights held at a time


def resamples(people: int, count: int, seed: int) -> Iterator[Weights]:
    """Give the customers' weights in blocks of shape (resamples, people), ``count`` in all.

    A customer's rows on several dates are drawn together: they are no independent evidence.

    References
    ----------
    Efron (1979), Bootstrap methods: another look at the jackknife, Annals of Statistics 7(1),
    doi:10.1214/aos/1176344552.
    """
    rng = np.random.default_rng([seed, people])
    block = max(1, CELLS // max(people, 1))
    for start in range(0, count, block):
        size = min(block, count - start)
        drawn = rng.integers(0, people, (size, people), dtype=np.int32)
        drawn += np.arange(size, dtype=np.int32)[:, None] * people
        times = np.bincount(drawn.ravel(), minlength=size * people)
        yield times.reshape(size, people).astype(np.float32)


def interval(values: npt.NDArray[np.float64], level: float = 0.95) -> tuple[float, float]:
    """Give the middle ``level`` of resampled values; NaN where there is none."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1.0 - level) / 2.0, (1.0 + level) / 2.0])
    return float(low), float(high)
