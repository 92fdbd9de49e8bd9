"""Models read back from JSON."""

from dataclasses import fields
from typing import Any

from clientela.btyd.beta_geometric import BetaGeometric
from clientela.btyd.model import Model
from clientela.btyd.nbd import Nbd
from clientela.btyd.pareto_nbd import ParetoNbd
from clientela.errors import ArtifactError

FAMILIES: tuple[type[BetaGeometric] | type[Nbd] | type[ParetoNbd], ...] = (
    BetaGeometric,
    Nbd,
    ParetoNbd,
)


def from_json(payload: dict[str, Any]) -> Model:
    """Give the model that ``to_json`` wrote.

    Raises
    ------
    ArtifactError
        The payload names no model that is known, or lacks a parameter.

    Examples
    --------
    >>> from_json(Nbd(0.5, 30.0).to_json())
    Nbd(r=0.5, alpha=30.0, k=1, unit='days')
    """
    try:
        family = {each.__name__: each for each in FAMILIES}[payload["family"]]
        return family(**{each.name: payload[each.name] for each in fields(family)})
    except (KeyError, TypeError) as error:
        raise ArtifactError(
            f"the stored model of purchases does not hold together: {error}",
            do="run again with --refit",
        ) from None
