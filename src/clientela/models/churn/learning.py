"""Learn who is about to leave, and by how much better than simpler ways."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from clientela.config.churn import Churn
from clientela.models.churn.framing import Framing
from clientela.models.churn.labelled import Labelled
from clientela.scoring.churn import ChurnModel


@dataclass(frozen=True, eq=False)
class LearntChurn:
    """A churn model with the evidence for it.

    Parameters
    ----------
    model : ChurnModel or None
        The champion; None where nothing can be learnt, and the notes say why.
    tables : dict of str to pa.Table
        Tables of :mod:`clientela.models.results` by name.
    facts : dict of str to any
        Figures of the choice, ready for JSON.
    """

    model: ChurnModel | None
    tables: dict[str, pa.Table]
    facts: dict[str, Any] = field(default_factory=dict)


def learn(
    past: Sequence[Labelled],
    settings: Churn,
    framing: Framing,
    progress: Callable[[str], None] | None = None,
) -> LearntChurn:
    """Learn from dated snapshots, the latest first; no outcome may be known after ``as_of``.

    Raises
    ------
    ValueError
        An outcome lies in the future of ``framing.as_of``.
    """
    raise NotImplementedError


def learn_undated(one: Labelled, settings: Churn, framing: Framing) -> LearntChurn:
    """Learn from customers without time, by repeated stratified folds."""
    raise NotImplementedError
