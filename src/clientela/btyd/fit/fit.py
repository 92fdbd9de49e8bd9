"""What a fit by maximum likelihood found, and whether the data can tell its parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

import numpy as np

from clientela.btyd.fit.maximum_likelihood import Maximum
from clientela.statistics.arrays import Doubles

NoteCode = Literal["", "no_dropout", "not_told", "not_converged", "no_repeats", "alike", "no_spend"]
UNTOLD = 2.0
"""Standard error of a logarithm beyond which the data do not tell the parameter: a factor of 7."""
CLEAR = 0.5
"""Standard error of a logarithm within which a parameter is told beyond doubt."""
LEAST_GAIN = 2.0
"""Log-likelihood that two parameters more must gain (Akaike) for dropout to be seen at all."""

M = TypeVar("M", covariant=True)
N = TypeVar("N")


@dataclass(frozen=True, eq=False)
class Fit(Generic[M]):
    """A fitted model with its evidence.

    Parameters
    ----------
    model : Model
        The fitted model.
    log_likelihood : float
        At its maximum, constants left out as published.
    standard_errors : dict
        By parameter, by the delta method from the Hessian over logarithms; infinite where the data
        do not tell the parameter.
    covariance : array of shape (parameters, parameters)
        Of the parameters, in the order of ``model.parameters()``; empty where the Hessian has no
        inverse.
    identified : bool
        Whether the data tell the parameters.
    note_code : str
        Why not; empty where they do. ``notes.sentence`` says it in words.
    starts : int
        Starting points tried.
    customers : int
        Customers behind the fit.
    """

    model: M
    log_likelihood: float
    standard_errors: dict[str, float]
    covariance: Doubles = field(repr=False)
    identified: bool
    note_code: NoteCode
    starts: int
    customers: int


def evidence(
    model: N, names: Sequence[str], maximum: Maximum, customers: float, note_code: NoteCode
) -> Fit[N]:
    """Make the fit of a maximum; ``note_code`` is what is known to be wrong already."""
    code = note_code or trouble(maximum)
    scale = np.exp(maximum.theta)
    covariance = (
        maximum.covariance * np.outer(scale, scale)
        if maximum.covariance.size
        else (maximum.covariance)
    )
    errors = errors_of(maximum)
    return Fit(
        model=model,
        log_likelihood=maximum.log_likelihood,
        standard_errors={
            name: float(value * error) if error <= UNTOLD else float("inf")
            for name, value, error in zip(names, scale, errors, strict=True)
        },
        covariance=covariance,
        identified=not code,
        note_code=code,
        starts=maximum.starts,
        customers=round(customers),
    )


def trouble(maximum: Maximum) -> NoteCode:
    """Say what keeps the data from telling the parameters, if anything."""
    if not maximum.converged and not maximum.at_bound:
        return "not_converged"
    told = not maximum.at_bound and (errors_of(maximum) <= UNTOLD).all()
    return "" if told else "not_told"


def errors_of(maximum: Maximum) -> Doubles:
    """Give the standard errors of the logarithms, infinite where there are none."""
    if not maximum.covariance.size:
        return np.full(len(maximum.theta), np.inf)
    return np.sqrt(np.diag(maximum.covariance))
