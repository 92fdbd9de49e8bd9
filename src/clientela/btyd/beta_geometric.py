"""BG/NBD, MBG/NBD, BG/CNBD-k and MBG/CNBD-k: customers may drop out with each purchase."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from clientela.btyd import nbd
from clientela.btyd.frame import Frame, TimeUnit
from clientela.btyd.maximum_likelihood import (
    CLEAR_ERROR,
    LEAST_GAIN,
    Fit,
    NoteCode,
    compute_errors,
    group_rows,
    log_span,
    maximise,
    summarise_maximum,
    thin_rows,
)
from clientela.btyd.staged import StageLikelihood, StageModel
from clientela.statistics.arrays import Doubles


@dataclass(frozen=True)
class BetaGeometric(StageModel):
    """A fitted model of the family.

    Parameters
    ----------
    r, alpha : float
        Shape and rate (in ``unit``) of the Gamma distribution of the rate of stages.
    a, b : float
        Beta distribution of the chance to drop out with a purchase.
    k : int
        Stages from one purchase to the next: 1 is Poisson, more is more regular.
    modified : bool
        Whether a customer may drop out with the first purchase already (MBG).
    unit : {"days", "weeks"}
        Unit of time.

    References
    ----------
    Fader, Hardie & Lee (2005), Marketing Science 24(2), doi:10.1287/mksc.1040.0098.
    Batislam, Denizel & Filiztekin (2007), doi:10.1016/j.ijresmar.2006.12.005.
    Platzer & Reutterer (2016), Marketing Science 35(5), doi:10.1287/mksc.2015.0963.

    Examples
    --------
    >>> cdnow = BetaGeometric(0.243, 4.414, 0.793, 2.426, unit="weeks")
    >>> customer = [np.array([each]) for each in (2.0, 30.43, 38.86, 0.0)]
    >>> cdnow.p_alive(Frame(*customer, "weeks"))
    array([0.7266])
    """

    r: float
    alpha: float
    a: float
    b: float
    k: int = 1
    modified: bool = False
    unit: TimeUnit = "days"

    @property
    def name(self) -> str:
        """Name of the model."""
        return name_family(self.k, modified=self.modified)

    def _dropout_chance(self, frame: Frame) -> tuple[float, Doubles]:
        return self.a, self.b + frame.frequency + float(self.modified)

    def _p_alive(self, frame: Frame) -> Doubles:
        purchases = frame.frequency + float(self.modified)
        lapse = np.log((self.alpha + frame.T) / (self.alpha + frame.recency))
        before = np.where(purchases > 0.0, self.b + purchases - 1.0, 1.0)
        log_odds = np.log(self.a / before) + (self.r + self.k * frame.frequency) * lapse
        log_waiting = np.log(self._stage_terms(frame).sum(axis=0))
        return np.where(purchases > 0.0, expit(log_waiting - log_odds), 1.0)


def name_family(k: int, *, modified: bool) -> str:
    """Name a model of the family.

    Examples
    --------
    >>> name_family(1, modified=False), name_family(2, modified=True)
    ('bg_nbd', 'mbg_cnbd_2')
    """
    return ("mbg_" if modified else "bg_") + ("nbd" if k == 1 else f"cnbd_{k}")


def fit_beta_geometric(
    frame: Frame, weights: Doubles | None = None, *, k: int = 1, modified: bool = False
) -> Fit[BetaGeometric]:
    """Fit a model of the family.

    Parameters
    ----------
    frame : Frame
        Customers, or distinct rows where ``weights`` counts the customers of each.
    weights : array of shape (rows,), optional
        Customers of each row.
    k, modified
        Which model of the family.

    Returns
    -------
    Fit
        Not identified, with the code ``no_dropout``, where the same model without dropout explains
        the data as well: then ``a`` falls to 0 or ``b`` rises without end.
    """
    rows, counts = group_rows(frame, weights)
    total, age = max(float(counts.sum()), 1.0), log_span(rows, counts)
    likelihood = StageLikelihood(rows, counts, k, modified=modified)
    fewer = thin_rows(rows, counts)
    rough = StageLikelihood(*fewer, k, modified=modified) if fewer else None
    starts = [(0.0, age, -0.7, 0.7), (-1.0, age - 2.0, -1.5, 1.5), (-0.5, age - 1.0, 0.0, 1.0)]
    maximum = maximise(likelihood, starts, rough)
    r, alpha, a, b = (float(value) for value in np.exp(maximum.theta))
    model = BetaGeometric(r, alpha, a, b, k, modified, frame.unit)
    unseen = (compute_errors(maximum) > CLEAR_ERROR).any() and (
        maximum.log_likelihood - nbd.maximise_nbd(rows, counts, k) <= LEAST_GAIN
    )
    code: NoteCode = "no_dropout" if counts @ rows.frequency else "no_repeats"
    return summarise_maximum(model, likelihood.names, maximum, total, code if unseen else "")
