"""The probability of no purchase from each customer's own rhythm."""

from dataclasses import dataclass, replace

import numpy as np

from clientela.btyd.candidates import fit_dropout
from clientela.btyd.frame import Frame
from clientela.churn.fit.learners.learner import Parameters, Untuned
from clientela.churn.fit.rows import Rows
from clientela.churn.score.btyd_churn import READS, Rhythm

MOST_ROWS = 4_000


@dataclass(frozen=True)
class Btyd(Untuned):
    """MBG/NBD of the latest date learnt from, or NBD where no dropout shows.

    Parameters
    ----------
    horizon_days : int
        Days in which no purchase is asked about.

    References
    ----------
    Batislam, Denizel & Filiztekin (2007), Empirical validation and comparison of models for
    customer base analysis, doi:10.1016/j.ijresmar.2006.12.005.
    """

    horizon_days: int = 90

    def fit(self, rows: Rows, parameters: Parameters, seed: int) -> Rhythm:
        """Fit on the latest date alone: earlier ones are the same customers, younger."""
        names = [feature.name for feature in rows.encoding.numbers]
        first, second, third = (names.index(name) for name in READS)
        latest = rows.take(rows.dates == rows.dates.min()).thinned(MOST_ROWS, seed)
        days, tenure, silence = (latest.matrix[:, place] for place in (first, second, third))
        known = (days >= 1.0) & (silence >= 0.0) & (tenure >= silence)
        x = days[known] - 1.0
        late = np.where(x > 0.0, (tenure - silence)[known], 0.0)
        frame = Frame(x, late, tenure[known], np.zeros(len(x)), "days")
        fitted = Rhythm(fit_dropout(frame), self.horizon_days, (first, second, third))
        return replace(fitted, centre=float(np.mean(fitted.logits(rows.matrix))))
