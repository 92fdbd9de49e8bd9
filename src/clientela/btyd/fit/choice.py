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
   it (:mod:`clientela.btyd.fit.level`), whichever model orders the customers; ``mean_factor``
   takes the serving model's expected purchases there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clientela.btyd.beta_geometric import BetaGeometric
from clientela.btyd.fit.candidates import best, fit_all, fit_one
from clientela.btyd.fit.fit import LEAST_GAIN, Fit
from clientela.btyd.fit.level import factor
from clientela.btyd.fit.order_quality import Ordering, order
from clientela.btyd.fit.past_dates import Past
from clientela.btyd.frame import Frame
from clientela.btyd.model import Model
from clientela.btyd.nbd import Nbd
from clientela.btyd.ordering import ordering
from clientela.btyd.span import Span
from clientela.statistics.arrays import Doubles

MOST_ROWS = 50_000
"""Distinct rows fitted; of more, every n-th in their order is."""
SEVERAL = (0, 2, 3)
LEAST_BUYERS = 20
"""Customers that must have bought, and not have bought, after an earlier date for it to count."""


@dataclass(frozen=True, eq=False)
class Choice:
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

    model: Model
    mean_factor: float
    fits: tuple[Fit[Model], ...]
    rule: str
    notes: tuple[str, ...]
    areas: dict[str, float]
    several: int = 0

    def ordering(self, frame: Frame, horizon: Span) -> Doubles:
        """Give what orders the customers by who buys within the horizon, the likeliest highest."""
        return ordering(self.model, frame, horizon, self.several)


def choose(frame: Frame, past: Sequence[Past] = (), *, proportion: float = 1.0) -> Choice:
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
    by_likelihood = best(candidates)
    seen = [each for each in past if _tells(each)]
    if not seen:
        return Choice(by_likelihood.model, 1.0, fits, "likelihood", (), {})
    then = {
        fit.model.name: [_refitted(fit.model.name, each) for each in seen] for fit in candidates
    }
    areas, chosen = _ordered(then, seen, by_likelihood.model.name)
    model = next(fit.model for fit in candidates if fit.model.name == chosen)
    rule = "likelihood" if chosen == by_likelihood.model.name else "order"
    level = factor(then[by_likelihood.model.name], seen, proportion)
    if rule == "order":
        horizon = Span.days(proportion * (seen[0].span.to("days") + seen[0].history.to("days")))
        level *= _total(by_likelihood.model, rows, counts, horizon)
        level /= max(_total(model, rows, counts, horizon), 1e-12)
    return Choice(model, level, fits, rule, (), areas, _several(then[chosen], seen))


def _total(model: Model, rows: Frame, counts: Doubles, horizon: Span) -> float:
    return float(counts @ model.expected_purchases(rows, horizon))


def _sampled(frame: Frame) -> tuple[Frame, Doubles]:
    distinct = frame.distinct()
    rows = len(distinct.frame)
    if rows <= MOST_ROWS:
        return distinct.frame, distinct.counts
    kept = np.arange(0, rows, -(-rows // MOST_ROWS))
    return distinct.frame.take(kept), distinct.counts[kept]


def _candidates(fits: Sequence[Fit[Model]]) -> list[Fit[Model]]:
    floor = best(_never(fits)).log_likelihood + LEAST_GAIN
    told = [
        fit
        for fit in fits
        if fit.identified and not isinstance(fit.model, Nbd) and fit.log_likelihood > floor
    ]
    return [fit for fit in told if _loses_newcomers(fit.model)] or told


def _loses_newcomers(model: Model) -> bool:
    """Say whether customers of one purchase day may have left, in the model's eyes."""
    return not isinstance(model, BetaGeometric) or model.modified


def _never(fits: Sequence[Fit[Model]]) -> list[Fit[Model]]:
    return [fit for fit in fits if isinstance(fit.model, Nbd)]


def _fallback(fits: Sequence[Fit[Model]]) -> Choice:
    found = best(_never(fits))
    code = found.note_code or "no_dropout"
    return Choice(found.model, 1.0, tuple(fits), "fallback", (code,), {})


def _tells(past: Past) -> bool:
    bought = int((past.purchases > 0.0).sum())
    return min(bought, len(past.purchases) - bought) >= LEAST_BUYERS


def _refitted(name: str, past: Past) -> Fit[Model]:
    rows, counts = _sampled(past.frame)
    return fit_one(name, rows, counts)


def _ordered(
    then: dict[str, list[Fit[Model]]], past: Sequence[Past], by_likelihood: str
) -> tuple[dict[str, float], str]:
    """Give each model's area over the dates, by the purchases it expected, and which one orders."""
    names = list(then)
    found = [
        order(
            np.stack([ordering(then[name][at].model, each.frame, each.span, 0) for name in names]),
            each.purchases > 0.0,
        )
        for at, each in enumerate(past)
    ]
    areas = np.mean([each.areas for each in found], axis=0)
    best_at = _better(found, names.index(by_likelihood))
    return dict(zip(names, map(float, areas), strict=True)), names[best_at]


def _several(fits: Sequence[Fit[Model]], past: Sequence[Past]) -> int:
    """Say which of ``SEVERAL`` orders best who bought at all, as judged from the dates."""
    found = [
        order(
            np.stack([ordering(fit.model, each.frame, each.span, at) for at in SEVERAL]),
            each.purchases > 0.0,
        )
        for fit, each in zip(fits, past, strict=True)
    ]
    return SEVERAL[_better(found, 0)]


def _better(found: Sequence[Ordering], at: int) -> int:
    """Give the position of the largest area, or ``at`` where that is within a standard error."""
    top = int(np.mean([each.areas for each in found], axis=0).argmax())
    gain, error = np.mean([each.difference(top, at) for each in found], axis=0)
    return top if gain > error else at
