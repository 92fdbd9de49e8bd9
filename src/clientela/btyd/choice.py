"""Which model of purchases serves, by what is known by now.

The rule, in this order:

1. Only models with dropout whose parameters the data tell, and which explain the data better than
   every model without, may serve. Where there is none, the one without dropout of the highest
   likelihood serves, and a note says so.
2. Of these, models in which one-time buyers may have left by now (MBG/NBD, MBG/CNBD-k,
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
from clientela.statistics.ranks import place_among

# Distinct rows fitted; of more, every n-th in their order is.
MOST_ROWS = 50_000
# Purchases whose chance may order the customers, 0 for the expected number, by convention.
SEVERAL = (0, 2, 3)
# Customers that must have bought, and not have bought, after an earlier date for it to count.
LEAST_BUYERS = 20


@dataclass(frozen=True, eq=False)
class ModelChoice:
    """The model that serves, and why.

    Parameters
    ----------
    model : Model
        The model, fitted on all that is known.
    mean_factor : float
        What its expected purchases are multiplied by, so that totals forecast from earlier dates
        come true; 1 without such dates.
    fits : tuple of Fit
        Every model that was fitted, on all that is known.
    rule : str
        ``order`` where earlier dates overruled the likelihood, ``likelihood`` where they did not or
        there were none, ``fallback`` where no dropout is identified.
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
        """Return scores of who buys within the horizon, the likeliest highest."""
        return rank_customers(self.model, frame, horizon, self.several)


def choose_model(
    frame: Frame, past: Sequence[PastDate] = (), *, proportion: float = 1.0
) -> ModelChoice:
    """Fit every model and choose the one that serves; the module states the rule.

    Parameters
    ----------
    frame : Frame
        Customers as known now.
    past : sequence of Past
        Earlier dates, in the frame's unit, all known by now.
    proportion : float
        Horizon asked for, in relation to the history before now.
    """
    rows, counts = _thin_rows(frame)
    fits = fit_all(rows, counts)
    candidates = _list_candidates(fits)
    if not candidates:
        return _fallback(fits)
    by_likelihood = pick_likeliest(candidates)
    past_dates = [past_date for past_date in past if _is_informative(past_date)]
    if not past_dates:
        return ModelChoice(by_likelihood.model, 1.0, fits, "likelihood", (), {})
    then = {
        fit.model.name: [_refit(fit.model.name, past_date) for past_date in past_dates]
        for fit in candidates
    }
    areas, best_name = _compare_orders(then, past_dates, by_likelihood.model.name)
    model = next(fit.model for fit in candidates if fit.model.name == best_name)
    rule = "likelihood" if best_name == by_likelihood.model.name else "order"
    level = compute_level_factor(then[by_likelihood.model.name], past_dates, proportion)
    if rule == "order":
        horizon = Span.days(
            proportion * (past_dates[0].span.to("days") + past_dates[0].history.to("days"))
        )
        level *= _sum_expected(by_likelihood.model, rows, counts, horizon)
        level /= max(_sum_expected(model, rows, counts, horizon), 1e-12)
    return ModelChoice(
        model, level, fits, rule, (), areas, _choose_several(then[best_name], past_dates)
    )


def _sum_expected(model: PurchaseModel, rows: Frame, counts: Doubles, horizon: Span) -> float:
    return float(counts @ model.expected_purchases(rows, horizon))


def _thin_rows(frame: Frame) -> tuple[Frame, Doubles]:
    rows, counts, _ = frame.distinct()
    if len(rows) <= MOST_ROWS:
        return rows, counts
    positions = np.arange(0, len(rows), -(-len(rows) // MOST_ROWS))
    return rows.take(positions), counts[positions]


def _list_candidates(fits: Sequence[Fit[PurchaseModel]]) -> list[Fit[PurchaseModel]]:
    floor = pick_likeliest(_without_dropout(fits)).log_likelihood + LEAST_GAIN
    with_dropout = [
        fit
        for fit in fits
        if fit.identified and not isinstance(fit.model, Nbd) and fit.log_likelihood > floor
    ]
    return [fit for fit in with_dropout if _loses_newcomers(fit.model)] or with_dropout


def _loses_newcomers(model: PurchaseModel) -> bool:
    """Return whether customers of one purchase day may have left, in the model's eyes."""
    return not isinstance(model, BetaGeometric) or model.modified


def _without_dropout(fits: Sequence[Fit[PurchaseModel]]) -> list[Fit[PurchaseModel]]:
    return [fit for fit in fits if isinstance(fit.model, Nbd)]


def _fallback(fits: Sequence[Fit[PurchaseModel]]) -> ModelChoice:
    best = pick_likeliest(_without_dropout(fits))
    code = best.note_code or "no_dropout"
    return ModelChoice(best.model, 1.0, tuple(fits), "fallback", (code,), {})


def _is_informative(past: PastDate) -> bool:
    bought = int((past.purchases > 0.0).sum())
    return min(bought, len(past.purchases) - bought) >= LEAST_BUYERS


def _refit(name: str, past: PastDate) -> Fit[PurchaseModel]:
    rows, counts = _thin_rows(past.frame)
    return fit_one(name, rows, counts)


def _compare_orders(
    then: dict[str, list[Fit[PurchaseModel]]], past: Sequence[PastDate], by_likelihood: str
) -> tuple[dict[str, float], str]:
    """Return each model's area over the dates, and the name of the best."""
    names = list(then)
    comparisons = [
        compare_areas(
            np.stack(
                [
                    rank_customers(then[name][at].model, past_date.frame, past_date.span, 0)
                    for name in names
                ]
            ),
            past_date.purchases > 0.0,
        )
        for at, past_date in enumerate(past)
    ]
    areas = np.mean([areas_then for areas_then, _ in comparisons], axis=0)
    best_at = _pick_better(comparisons, names.index(by_likelihood))
    return dict(zip(names, map(float, areas), strict=True)), names[best_at]


def _choose_several(fits: Sequence[Fit[PurchaseModel]], past: Sequence[PastDate]) -> int:
    """Return which of ``SEVERAL`` orders best who bought at all, as judged from the dates."""
    comparisons = [
        compare_areas(
            np.stack(
                [rank_customers(fit.model, past_date.frame, past_date.span, at) for at in SEVERAL]
            ),
            past_date.purchases > 0.0,
        )
        for fit, past_date in zip(fits, past, strict=True)
    ]
    return SEVERAL[_pick_better(comparisons, 0)]


def _pick_better(comparisons: Sequence[tuple[Doubles, Doubles]], at: int) -> int:
    """Return the position of the largest area, or ``at`` where that is within a standard error."""
    top = int(np.mean([areas for areas, _ in comparisons], axis=0).argmax())
    gain, error = np.mean(
        [subtract_area(*comparison, top, at) for comparison in comparisons], axis=0
    )
    return top if gain > error else at


def subtract_area(
    areas: Doubles, covariance: Doubles, first: int, other: int
) -> tuple[float, float]:
    """Return how much larger one area is than another, and the standard error of that."""
    variance = covariance[first, first] + covariance[other, other] - 2.0 * covariance[first, other]
    return float(areas[first] - areas[other]), float(np.sqrt(max(variance, 0.0)))


def compare_areas(scores: Doubles, bought: npt.NDArray[np.bool_]) -> tuple[Doubles, Doubles]:
    """Compare forecasts by the area under their ROC curves.

    Parameters
    ----------
    scores : array of shape (forecasts, customers)
        Higher for those expected to buy.
    bought : array of bool, shape (customers,)
        Who did; some did and some did not.

    Returns
    -------
    array of shape (forecasts,), array of shape (forecasts, forecasts)
        The areas, and their covariance.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Biometrics 44(3), doi:10.2307/2531595.
    Sun & Xu (2014), IEEE Signal Processing Letters 21(11), doi:10.1109/LSP.2014.2337313.

    Examples
    --------
    >>> scores = np.array([[1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0]])
    >>> compare_areas(scores, np.array([False, True, False, True]))[0]
    array([0.75, 0.25])
    """
    yes, no = scores[:, bought], scores[:, ~bought]
    among_no = np.stack([place_among(a, b) for a, b in zip(yes, no, strict=True)])
    among_yes = np.stack([1.0 - place_among(b, a) for a, b in zip(yes, no, strict=True)])
    covariance = _covariance_of_means(among_no) + _covariance_of_means(among_yes)
    return among_no.mean(axis=1), covariance


def _covariance_of_means(placed: Doubles) -> Doubles:
    count = placed.shape[1]
    return np.atleast_2d(np.cov(placed)) / count if count > 1 else np.zeros((len(placed),) * 2)
