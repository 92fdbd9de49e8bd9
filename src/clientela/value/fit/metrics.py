"""How good forecasts were: metrics as ratios of sums over customers, and their intervals.

Every metric is a function of sums to which each customer adds a part on each date, so resampling
customers resamples the sums, all models alike: differences are paired, and whoever stands on
several dates stands there together. Ranks stay those of all customers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import UnitIds, assign_units, interval, resample_sums
from clientela.value.fit.backtest import BacktestDay

TOP = 0.1  # by convention, the top decile
SUMS = (
    "customers",
    "came",
    "told",
    "off",
    "off_squared",
    "came_top",
    "hit_top",
    "in_top",
    "gini",
    "gini_best",
    "ranks",
    "ranks_told",
    "ranks_came",
)
Sums = Mapping[str, Doubles]

METRICS: dict[str, Callable[[Sums], Doubles]] = {
    "bias": lambda s: _over(s["told"], s["came"]) - 1.0,
    "mae": lambda s: _over(s["off"], s["customers"]),
    "rmse": lambda s: np.sqrt(_over(s["off_squared"], s["customers"])),
    "spearman": lambda s: _over(s["ranks"], np.sqrt(s["ranks_told"] * s["ranks_came"])),
    "gini": lambda s: _over(s["gini"], s["gini_best"]),
    "top_decile_hit": lambda s: _over(s["hit_top"], s["in_top"]),
    "revenue_captured": lambda s: _over(s["came_top"], s["came"]),
}
"""Metrics by name, each of sums over customers and dates."""
RANKING = ("spearman", "gini", "top_decile_hit", "revenue_captured")
SMALLER = ("bias", "mae", "rmse")
"""Better the nearer to 0."""


@dataclass(frozen=True, eq=False)
class ModelSums:
    """A model's sums: of all customers, and of each resample.

    Parameters
    ----------
    total : array of shape (sums,)
        In the order of :data:`SUMS`.
    draws : array of shape (resamples, sums)
        The same over resampled customers.
    missed : float
        By how much of what came the total was out, the mean over dates.
    missed_draws : array of shape (resamples,)
        The same over resampled customers.
    dates : array of shape (dates, sums)
        The sums of each date.
    """

    total: Doubles
    draws: Doubles
    missed: float
    missed_draws: Doubles
    dates: Doubles

    def value(self, metric: str) -> float:
        """Return a metric; NaN where it is not defined."""
        return float(METRICS[metric](_by_name(self.total)))

    def by_date(self, metric: str) -> Doubles:
        """Return a metric of each date; a bias without its sign."""
        values = METRICS[metric](_by_name(self.dates))
        return np.abs(values) if metric == "bias" else values

    def resample(self, metric: str) -> Doubles:
        """Return a metric of each resample."""
        return METRICS[metric](_by_name(self.draws))


def measure_models(
    attempts: Sequence[BacktestDay], purpose: str, resamples: int, seed: int
) -> dict[str, ModelSums]:
    """Sum up every model's forecasts of a purpose over dates, sorting by past revenue with them.

    Parameters
    ----------
    attempts : sequence of BacktestDay
        The dates; a model has to be there on all of them.
    purpose : {"value_mean", "value_median"}
        Which forecasts.
    resamples : int
        Of customers.
    seed : int
        Of the draws.
    """
    if not attempts:
        return {}
    units = _units(attempts, seed)
    count = max(int(entry.max(initial=-1)) for entry in units) + 1
    names = [
        name for name in attempts[0].forecasts(purpose) if _everywhere(name, attempts, purpose)
    ]
    sums_by_model = {}
    for name in ("past_revenue", *names):
        dates = [
            _by_unit(_parts(entry.revenue, _forecasts_of(entry, purpose, name)), unit, count)
            for entry, unit in zip(attempts, units, strict=True)
        ]
        drawn = np.split(resample_sums(np.hstack(dates), resamples, seed), len(dates), axis=1)
        sums_by_model[name] = ModelSums(
            total=np.sum([sums.sum(axis=0) for sums in dates], axis=0),
            draws=np.sum(drawn, axis=0),
            missed=float(_mean_bias([sums.sum(axis=0) for sums in dates])),
            missed_draws=_mean_bias(drawn),
            dates=np.stack([sums.sum(axis=0) for sums in dates]),
        )
    return sums_by_model


def _forecasts_of(backtest: BacktestDay, purpose: str, name: str) -> Doubles:
    return backtest.past_revenue if name == "past_revenue" else backtest.forecasts(purpose)[name]


def _by_unit(parts: Sequence[Doubles], unit: npt.NDArray[np.intp], count: int) -> Doubles:
    return np.stack([np.bincount(unit, part, minlength=count) for part in parts], axis=1)


def _mean_bias(dates: Sequence[Doubles]) -> Doubles:
    """Return the mean over dates of the bias without its sign; dates without revenue left out."""
    sizes = np.stack([np.abs(METRICS["bias"](_by_name(sums))) for sums in dates])
    finite = np.isfinite(sizes)
    total = np.where(finite, sizes, 0.0).sum(axis=0)
    return _over(total, finite.sum(axis=0).astype(np.float64))


def compare_metric(metric: str, model: ModelSums, other: ModelSums) -> tuple[float, float, float]:
    """Return how much a metric differs, with its paired interval; of biases, their sizes'."""
    size = np.abs if metric == "bias" else np.asarray
    value = float(size(model.value(metric)) - size(other.value(metric)))
    low, high = interval(size(model.resample(metric)) - size(other.resample(metric)))
    return value, low, high


def compare_bias(model: ModelSums, other: ModelSums) -> tuple[float, float, float]:
    """Return by how much more of what came one total was out than another, with its interval."""
    low, high = interval(model.missed_draws - other.missed_draws)
    return model.missed - other.missed, low, high


def pick_best(metric: str, measured: Mapping[str, ModelSums], names: Sequence[str]) -> str | None:
    """Return the best of some models by a metric; the earlier of equals, None without any."""
    finite = [
        (abs(value) if metric in SMALLER else -value, at, name)
        for at, name in enumerate(names)
        if name in measured and np.isfinite(value := measured[name].value(metric))
    ]
    return min(finite)[2] if finite else None


def _by_name(sums: Doubles) -> Sums:
    return {name: sums[..., at] for at, name in enumerate(SUMS)}


def _over(part: Doubles, total: Doubles) -> Doubles:
    nothing = np.full(np.shape(part), np.nan)
    sums_by_model: Doubles = np.divide(part, total, out=nothing, where=np.asarray(total) > 0)
    return sums_by_model


def _everywhere(name: str, attempts: Sequence[BacktestDay], purpose: str) -> bool:
    return all(name in backtest.forecasts(purpose) for backtest in attempts)


def _units(attempts: Sequence[BacktestDay], seed: int) -> list[UnitIds]:
    """Return the unit in which each customer is resampled, the same on all dates."""
    everyone = pc.unique(
        pa.chunked_array([chunk for backtest in attempts for chunk in backtest.ids.chunks])
    )
    everyone = everyone.take(pc.sort_indices(everyone))
    dealt = assign_units(len(everyone), seed)
    places = [pc.index_in(backtest.ids, value_set=everyone) for backtest in attempts]
    return [dealt[np.asarray(position.to_numpy(), dtype=np.intp)] for position in places]


def _parts(came: Doubles, predicted: Doubles) -> list[Doubles]:
    """Return what each customer adds to :data:`SUMS` on one date."""
    ranks_told, ranks_came = _ranks(predicted), _ranks(came)
    top_told, top_came = _top(predicted), _top(came)
    off = np.abs(came - predicted)
    return [
        np.ones(len(came)),
        came,
        predicted,
        off,
        off**2,
        came * top_told,
        top_told * top_came,
        top_came,
        came * ranks_told,
        came * ranks_came,
        ranks_told * ranks_came,
        ranks_told**2,
        ranks_came**2,
    ]


def _ranks(values: Doubles) -> Doubles:
    """Return mean ranks from -1/2 to 1/2."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    upto = np.cumsum(counts)
    ranks: Doubles = (upto - (counts - 1) / 2.0 - 0.5) / max(len(values), 1) - 0.5
    return np.asarray(ranks.take(inverse), dtype=np.float64)


def _top(values: Doubles) -> Doubles:
    """Mark the largest tenth; those equal to its last share the places left."""
    places = max(round(len(values) * TOP), 1)
    if not len(values):
        return np.zeros(0)
    last = np.partition(values, len(values) - places)[len(values) - places]
    above, equal = values > last, values == last
    share = (places - int(above.sum())) / max(int(equal.sum()), 1)
    return np.asarray(above + equal * share, dtype=np.float64)
