"""Every model of purchases fitted to the same customers."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from clientela.btyd import beta_geometric, nbd, pareto_nbd
from clientela.btyd.beta_geometric import BetaGeometric, name_family
from clientela.btyd.frame import Frame
from clientela.btyd.maximum_likelihood import LEAST_GAIN, Fit
from clientela.btyd.model import PurchaseModel
from clientela.btyd.nbd import Nbd
from clientela.btyd.pareto_nbd import ParetoNbd
from clientela.errors import ArtifactError
from clientela.statistics.arrays import Doubles

# Largest k of the regular models, by convention.
MOST_STAGES = 4
FAMILIES: tuple[type[BetaGeometric] | type[Nbd] | type[ParetoNbd], ...] = (
    BetaGeometric,
    Nbd,
    ParetoNbd,
)


def fit_all(frame: Frame, counts: Doubles | None = None) -> tuple[Fit[PurchaseModel], ...]:
    """Fit all models, those without dropout last.

    Of the regular ones (k > 1) the k of the highest likelihood is kept; more stages are tried as
    long as each is better than the one before.

    Parameters
    ----------
    frame : Frame
        Customers, or distinct rows where ``counts`` says how many of each.
    counts : array of shape (rows,), optional
        Customers of each row.
    """
    regular = _more_regular(frame, counts)
    k = regular.model.k
    return (
        beta_geometric.fit_beta_geometric(frame, counts),
        beta_geometric.fit_beta_geometric(frame, counts, modified=True),
        pareto_nbd.fit_pareto_nbd(frame, counts),
        regular,
        beta_geometric.fit_beta_geometric(frame, counts, k=k, modified=True),
        nbd.fit_nbd(frame, counts),
        nbd.fit_nbd(frame, counts, k=k),
    )


def fit_one(name: str, frame: Frame, counts: Doubles | None = None) -> Fit[PurchaseModel]:
    """Fit the model of a name.

    Raises
    ------
    ValueError
        There is no model of that name.
    """
    if name == "pareto_nbd":
        return pareto_nbd.fit_pareto_nbd(frame, counts)
    for k in range(1, MOST_STAGES + 1):
        if name == Nbd(1.0, 1.0, k).name:
            return nbd.fit_nbd(frame, counts, k=k)
        for modified in (False, True):
            if name == name_family(k, modified=modified):
                return beta_geometric.fit_beta_geometric(frame, counts, k=k, modified=modified)
    raise ValueError(f"there is no model {name!r} of purchases")


def fit_dropout(frame: Frame, counts: Doubles | None = None) -> PurchaseModel:
    """Fit MBG/NBD, or NBD where the data show no dropout: one fit or two, not all.

    Dropout shows where its parameters are identified, or where it explains the data better. Of
    customers chosen for a recent purchase the share that leaves may be identified, but not how it
    differs.
    """
    fit = fit_one("mbg_nbd", frame, counts)
    if fit.identified:
        return fit.model
    never = nbd.fit_nbd(frame, counts)
    gains = fit.log_likelihood > never.log_likelihood + LEAST_GAIN
    return fit.model if gains else never.model


def pick_likeliest(fits: Sequence[Fit[PurchaseModel]]) -> Fit[PurchaseModel]:
    """Return the fit of the highest likelihood."""
    return max(fits, key=lambda fit: fit.log_likelihood)


def _more_regular(frame: Frame, counts: Doubles | None) -> Fit[BetaGeometric]:
    best_fit = beta_geometric.fit_beta_geometric(frame, counts, k=2)
    for k in range(3, MOST_STAGES + 1):
        fit = beta_geometric.fit_beta_geometric(frame, counts, k=k)
        if fit.log_likelihood <= best_fit.log_likelihood:
            break
        best_fit = fit
    return best_fit


def load_purchase_model(payload: dict[str, Any]) -> PurchaseModel:
    """Return the model that ``to_json`` wrote.

    Raises
    ------
    ArtifactError
        The payload names no model that is known, or lacks a parameter.

    Examples
    --------
    >>> load_purchase_model(Nbd(0.5, 30.0).to_json())
    Nbd(r=0.5, alpha=30.0, k=1, unit='days')
    """
    try:
        maker = {parameter.__name__: parameter for parameter in FAMILIES}[payload["family"]]
        return maker(**{parameter.name: payload[parameter.name] for parameter in fields(maker)})
    except (KeyError, TypeError) as error:
        raise ArtifactError(
            f"the stored model of purchases does not hold together: {error}",
            do="run again with --refit",
        ) from None
