"""What a fit by maximum likelihood found, and whether the data can tell its parameters."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

from clientela.scoring.columns import Doubles

M = TypeVar("M", covariant=True)


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
        Of the parameters, in the order of ``model.parameters()``; empty where not identified.
    identified : bool
        Whether the data tell the parameters.
    note_code : str
        Why not, such as ``no_dropout``; empty where they do.
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
    note_code: str
    starts: int
    customers: int
