"""Which model of purchases serves, by what is known by now.

The rule, in this order:

1. Only models with dropout whose parameters the data tell, and which explain the data better than
   every model without, may serve. Where there is none, the one without dropout of the highest
   likelihood serves, and a note says so.
2. Of these, models in which whoever bought once may have left by now (MBG/NBD, MBG/CNBD-k,
   Pareto/NBD) come first; the others (BG/NBD, BG/CNBD-k) give every such customer P(alive) = 1 by
   assumption, whatever the data say, and serve only where none of the former is left.
3. Among them the likelihood decides, all having as many parameters.
4. Earlier dates may overrule it: a model whose expected purchases order the customers better by who
   bought again, by more than a standard error of the paired difference in the area under the ROC
   curve, both means over those dates, serves instead. A level can be corrected afterwards; an
   order cannot. Likewise they say whether who buys at all is better ordered by the expected
   purchases or by the chance of several (``several``).
5. The total is that of the model of the highest likelihood, corrected by what earlier dates tell of
   it (:mod:`clientela.btyd.past_dates`), whichever model orders the customers; ``mean_factor``
   takes the serving model's expected purchases there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.btyd.beta_geometric import BetaGeometric
from clientela.btyd.candidates import fit_all, fit_one, pick_likeliest
from clientela.btyd.frame import Frame, Span
from clientela.btyd.maximum_likelihood import LEAST_GAIN, Fit
from clientela.btyd.model import PurchaseModel, rank_customers
from clientela.btyd.nbd import Nbd
from clientela.btyd.past_dates import PastDate, compute_level_factor
from clientela.statistics.arrays import Doubles

MOST_ROWS = 50_000
"""Distinct rows fitted; of more, every n-th in their order is."""
SEVERAL = (0, 2, 3)
LEAST_BUYERS = 20
"""Customers that must have bought, and not have bought, after an earlier date for it to count."""


class AreaComparison(NamedTuple):
    """Areas under the ROC curve of several forecasts, and their covariance."""

    areas: Doubles
    covariance: Doubles

    def difference(self, one: int, other: int) -> tuple[float, float]:
        """Give how much larger one area is than another, and the standard error of that."""
        c = self.covariance
        variance = c[one, one] + c[other, other] - 2.0 * c[one, other]
        return float(self.areas[one] - self.areas[other]), float(np.sqrt(max(variance, 0.0)))


@dataclass(frozen=True, eq=False)
class ModelChoice:
    """The model that serves, and why.

    Parameters
    ----------
    model : Model
        The model, fitted on all that is known.
    mean_factor : float
        What its expected purchases are multiplied by, so that totals foretold from earlier dates
        come true; 1 without such dates.
    fits : tuple of Fit
        Every model that was fitted, on all that is known.
    rule : str
        ``order`` where earlier dates overruled the likelihood, ``likelihood`` where they did not or
        there were none, ``fallback`` where no dropout is told.
    notes : tuple of str
        Codes of what the reader should know, such as ``no_dropout``; see ``notes.sentence``.
    areas : dict
        By model, the area under the ROC curve over the earlier dates; empty without them.
    several : int
        Purchases whose chance orders best who buys at all; 0 for the expected purchases.
    """

    model: PurchaseModel
    mean_factor: float
    fits: tuple[Fit[PurchaseModel], ...]
    rule: str
    notes: tuple[str, ...]
    areas: dict[str, float]
    several: int = 0

    def ordering(self, frame: Frame, horizon: Span) -> Doubles:
        """Give what orders the customers by who buys within the horizon, the likeliest highest."""
        return rank_customers(self.model, frame, horizon, self.several)


def choose_model(
    frame: Frame, past: Sequence[PastDate] = (), *, proportion: float = 1.0
) -> ModelChoice:
    """Fit every model and choose the one that serves; the module tells the rule.

    Parameters
    ----------
    frame : Frame
        Customers as known now.
    past : sequence of Past
        Earlier dates, in the frame's unit, all known by now.
    proportion : float
        Horizon asked for, in relation to the history before now.
    """
    rows, counts = _sampled(frame)
    fits = fit_all(rows, counts)
    candidates = _candidates(fits)
    if not candidates:
        return _fallback(fits)
    by_likelihood = pick_likeliest(candidates)
    seen = [each for each in past if _tells(each)]
    if not seen:
        return ModelChoice(by_likelihood.model, 1.0, fits, "likelihood", (), {})
    then = {
        fit.model.name: [_refitted(fit.model.name, each) for each in seen] for fit in candidates
    }
    areas, chosen = _ordered(then, seen, by_likelihood.model.name)
    model = next(fit.model for fit in candidates if fit.model.name == chosen)
    rule = "likelihood" if chosen == by_likelihood.model.name else "order"
    level = compute_level_factor(then[by_likelihood.model.name], seen, proportion)
    if rule == "order":
        horizon = Span.days(proportion * (seen[0].span.to("days") + seen[0].history.to("days")))
        level *= _total(by_likelihood.model, rows, counts, horizon)
        level /= max(_total(model, rows, counts, horizon), 1e-12)
    return ModelChoice(model, level, fits, rule, (), areas, _several(then[chosen], seen))


def _total(model: PurchaseModel, rows: Frame, counts: Doubles, horizon: Span) -> float:
    return float(counts @ model.expected_purchases(rows, horizon))


def _sampled(frame: Frame) -> tuple[Frame, Doubles]:
    distinct = frame.distinct()
    rows = len(distinct.frame)
    if rows <= MOST_ROWS:
        return distinct.frame, distinct.counts
    kept = np.arange(0, rows, -(-rows // MOST_ROWS))
    return distinct.frame.take(kept), distinct.counts[kept]


def _candidates(fits: Sequence[Fit[PurchaseModel]]) -> list[Fit[PurchaseModel]]:
    floor = pick_likeliest(_never(fits)).log_likelihood + LEAST_GAIN
    told = [
        fit
        for fit in fits
        if fit.identified and not isinstance(fit.model, Nbd) and fit.log_likelihood > floor
    ]
    return [fit for fit in told if _loses_newcomers(fit.model)] or told


def _loses_newcomers(model: PurchaseModel) -> bool:
    """Say whether customers of one purchase day may have left, in the model's eyes."""
    return not isinstance(model, BetaGeometric) or model.modified


def _never(fits: Sequence[Fit[PurchaseModel]]) -> list[Fit[PurchaseModel]]:
    return [fit for fit in fits if isinstance(fit.model, Nbd)]


def _fallback(fits: Sequence[Fit[PurchaseModel]]) -> ModelChoice:
    found = pick_likeliest(_never(fits))
    code = found.note_code or "no_dropout"
    return ModelChoice(found.model, 1.0, tuple(fits), "fallback", (code,), {})


def _tells(past: PastDate) -> bool:
    bought = int((past.purchases > 0.0).sum())
    return min(bought, len(past.purchases) - bought) >= LEAST_BUYERS


def _refitted(name: str, past: PastDate) -> Fit[PurchaseModel]:
    rows, counts = _sampled(past.frame)
    return fit_one(name, rows, counts)


def _ordered(
    then: dict[str, list[Fit[PurchaseModel]]], past: Sequence[PastDate], by_likelihood: str
) -> tuple[dict[str, float], str]:
    """Give each model's area over the dates, by the purchases it expected, and which one orders."""
    names = list(then)
    found = [
        compare_areas(
            np.stack(
                [rank_customers(then[name][at].model, each.frame, each.span, 0) for name in names]
            ),
            each.purchases > 0.0,
        )
        for at, each in enumerate(past)
    ]
    areas = np.mean([each.areas for each in found], axis=0)
    best_at = _better(found, names.index(by_likelihood))
    return dict(zip(names, map(float, areas), strict=True)), names[best_at]


def _several(fits: Sequence[Fit[PurchaseModel]], past: Sequence[PastDate]) -> int:
    """Say which of ``SEVERAL`` orders best who bought at all, as judged from the dates."""
    found = [
        compare_areas(
            np.stack([rank_customers(fit.model, each.frame, each.span, at) for at in SEVERAL]),
            each.purchases > 0.0,
        )
        for fit, each in zip(fits, past, strict=True)
    ]
    return SEVERAL[_better(found, 0)]


def _better(found: Sequence[AreaComparison], at: int) -> int:
    """Give the position of the largest area, or ``at`` where that is within a standard error."""
    top = int(np.mean([each.areas for each in found], axis=0).argmax())
    gain, error = np.mean([each.difference(top, at) for each in found], axis=0)
    return top if gain > error else at


def compare_areas(scores: Doubles, bought: npt.NDArray[np.bool_]) -> AreaComparison:
    """Compare forecasts by the area under their ROC curves.

    Parameters
    ----------
    scores : array of shape (forecasts, customers)
        Higher for those foretold to buy.
    bought : array of bool, shape (customers,)
        Who did; some did and some did not.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44(3), doi:10.2307/2531595.
    Sun & Xu (2014), IEEE Signal Processing Letters 21(11), doi:10.1109/LSP.2014.2337313.

    Examples
    --------
    >>> scores = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0]])
    >>> compare_areas(scores, np.array([False, True, False, True])).areas
    array([0.75, 0.25])
    """
    yes, no = scores[:, bought], scores[:, ~bought]
    among_no = np.stack([_placed(a, b) for a, b in zip(yes, no, strict=True)])
    among_yes = np.stack([1.0 - _placed(b, a) for a, b in zip(yes, no, strict=True)])
    return AreaComparison(among_no.mean(axis=1), _spread(among_no) + _spread(among_yes))


def _placed(values: Doubles, others: Doubles) -> Doubles:
    """Give the share of the others below each value, ties by half."""
    ordered = np.sort(others)
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    return below / (2.0 * len(others))


def _spread(placed: Doubles) -> Doubles:
    count = placed.shape[1]
    return np.atleast_2d(np.cov(placed)) / count if count > 1 else np.zeros((len(placed),) * 2)
