"""Which forecasts serve, chosen on past dates: the mean by its bias, the median by its error."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clientela.statistics.dates import LEAST_DATES, Difference, compare_dates, state_claim
from clientela.value.fit.candidates import FAMILIES, NAIVE
from clientela.value.fit.metrics import ModelSums, compare_bias, compare_metric, pick_best

UNMEASURED = "btyd"  # serves where no past date compares models: it needs none
BLEND = "blend"  # the median forecast of few dates, or none
MOST_BEHIND = 1.05  # by convention: one date's customers move an error by 5 %


@dataclass(frozen=True)
class ModelVerdict:
    """The model of a purpose and how it stands against the best naive one.

    Parameters
    ----------
    purpose : {"value_mean", "value_median"}
        Which forecast.
    model : str
        What serves.
    metric : str
        What it was compared by: ``bias`` or ``mae``.
    baseline : str or None
        The best naive model by it; None where nothing was measured.
    value, naive : float
        The metric of the model, or of the best that is not naive where a naive one serves, and of
        the baseline; a bias without its sign, the mean over dates.
    difference, low, high : float
        The first less the second, with its interval over dates that share no day.
    challenger : str or None
        The best of those that do not serve.
    dates : int
        Dates that share no day, behind the difference.
    """

    purpose: str
    model: str
    metric: str
    baseline: str | None = None
    compared: str | None = None
    value: float = np.nan
    naive: float = np.nan
    difference: float = np.nan
    low: float = np.nan
    high: float = np.nan
    challenger: str | None = None
    dates: int = 0

    @property
    def has_past_dates(self) -> bool:
        """Whether there were past dates to choose by."""
        return self.baseline is not None

    @property
    def can_claim(self) -> bool:
        """Whether enough dates share no day to claim anything."""
        return self.dates >= LEAST_DATES

    @property
    def beats(self) -> bool:
        """Whether the interval of the difference lies below 0."""
        return self.can_claim and self.model == self.compared and self.high < 0

    def claims(self, horizon_days: int) -> list[dict[str, Any]]:
        """Return the claim that the model beats its rival, if the dates allow it."""
        ends = self.difference, self.low, self.high
        claim = state_claim(
            self.purpose, self.model, self.baseline, self.metric, horizon_days, ends
        )
        return [claim] if self.beats else []

    @property
    def by_order(self) -> bool:
        """Whether the mean serves for its order of customers, a naive total having been nearer."""
        mean = self.purpose == "value_mean" and self.model == self.compared
        return mean and self.difference >= 0

    @property
    def naive_is_nearer(self) -> bool:
        """Whether the naive total was nearer for certain."""
        return self.can_claim and self.by_order and self.low > 0


def choose_mean(measured: dict[str, ModelSums], apart: Sequence[int]) -> ModelVerdict:
    """Choose the mean forecast: of the models with one level for all, the best ranking.

    Bias is the total's, taken without its sign on each date and averaged. Where four dates share no
    day, the best naive forecast by it serves if it is nearer to the total, unless the model ranks
    better (paired interval of the normalised Gini above 0). Then the model serves, and the notes
    say that the naive total was nearer, and whether for certain: it stands beside as evidence. From
    fewer dates no naive forecast takes over.

    Parameters
    ----------
    measured : dict of str to ModelSums
        All models on the dates compared.
    apart : sequence of int
        Positions of those that share no day.
    """
    sizes = {name: sums.missed for name, sums in measured.items() if name != "past_revenue"}
    sizes = {name: size for name, size in sizes.items() if np.isfinite(size)}
    naive = [name for name in sizes if name in NAIVE]
    if not naive:
        return ModelVerdict("value_mean", UNMEASURED, "bias")
    baseline = min(naive, key=lambda name: (sizes[name], name))
    compared = pick_best("gini", measured, [name for name in sizes if name not in NAIVE])
    model = baseline
    if compared is not None:
        nearer = compare_bias(measured[compared], measured[baseline])[0] < 0
        ranks_better = compare_metric("gini", measured[compared], measured[baseline])[1] > 0
        few = len(apart) < LEAST_DATES
        model = compared if few or nearer or ranks_better else baseline
    return _build_verdict(
        "value_mean",
        model,
        compared=compared,
        baseline=baseline,
        measured=measured,
        sizes=sizes,
        apart=apart,
    )


def choose_median(measured: dict[str, ModelSums], apart: Sequence[int]) -> ModelVerdict:
    """Choose the median forecast: the smallest mean absolute error, whoever has it.

    From fewer than four dates that share no day the blend serves, unless it misses by 5 % more.
    """
    names = [name for name in FAMILIES if name in measured and name != "past_revenue"]
    baseline = pick_best("mae", measured, [name for name in names if name in NAIVE])
    if baseline is None:
        return ModelVerdict("value_median", BLEND, "mae")
    model = pick_best("mae", measured, names) or baseline
    if BLEND in measured and len(apart) < LEAST_DATES:
        most = MOST_BEHIND * measured[model].value("mae")
        model = BLEND if measured[BLEND].value("mae") <= most else model
    rivals = [name for name in names if name not in NAIVE]
    compared = model if model not in NAIVE else pick_best("mae", measured, rivals)
    sizes = {name: measured[name].value("mae") for name in names}
    return _build_verdict(
        "value_median",
        model,
        compared=compared,
        baseline=baseline,
        measured=measured,
        sizes=sizes,
        apart=apart,
    )


def _build_verdict(
    purpose: str,
    model: str,
    *,
    compared: str | None,
    baseline: str,
    measured: dict[str, ModelSums],
    sizes: dict[str, float],
    apart: Sequence[int],
) -> ModelVerdict:
    """Compare the model that serves, or the best other where a naive one does, with the naive."""
    rivals = (name for name in sizes if name != model and name not in NAIVE)
    ranked = sorted(rivals, key=lambda name: (sizes[name], name))
    metric = "bias" if purpose == "value_mean" else "mae"
    difference = Difference(np.nan, np.nan, np.nan)
    if compared is not None:
        pair = [measured[name].by_date(metric)[list(apart)] for name in (compared, baseline)]
        others = sum(name not in NAIVE for name in sizes)
        difference = compare_dates(pair[0] - pair[1], rivals=others)
    return ModelVerdict(
        purpose=purpose,
        model=model,
        metric=metric,
        baseline=baseline,
        compared=compared,
        value=sizes.get(compared or "", np.nan),
        naive=sizes[baseline],
        difference=difference.value,
        low=difference.low,
        high=difference.high,
        dates=len(apart),
        challenger=ranked[0] if ranked else None,
    )
