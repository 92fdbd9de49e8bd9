"""Which Buy Till You Die model serves: by counts foretold from earlier dates, or by likelihood."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from clientela.models.clv.fit import Fit
from clientela.scoring.clv.frame import Frame
from clientela.scoring.clv.model import Model
from clientela.scoring.clv.span import Span
from clientela.scoring.columns import Doubles


@dataclass(frozen=True, eq=False)
class Past:
    """Customers as known on an earlier date, with what they bought after it.

    Parameters
    ----------
    frame : Frame
        As known on the earlier date.
    purchases : array of shape (customers,)
        Purchase days in the span after it.
    span : Span
        From the earlier date to the end of what is known.
    """

    frame: Frame
    purchases: Doubles
    span: Span


@dataclass(frozen=True, eq=False)
class Choice:
    """The model that serves, and why.

    Parameters
    ----------
    model : Model
        The model, fitted on all that is known.
    mean_factor : float
        What its expected purchases are multiplied by, so that the totals foretold from the earlier
        dates come true; 1 without such dates.
    fits : tuple of Fit
        Every model that was fitted, on all that is known.
    rule : str
        ``past`` where earlier dates decided, ``likelihood`` otherwise.
    notes : tuple of str
        Codes of what the reader should know, such as ``no_dropout``; see ``notes.sentence``.
    """

    model: Model
    mean_factor: float
    fits: tuple[Fit[Model], ...]
    rule: str
    notes: tuple[str, ...]


def past_of(early: pa.Table, late: pa.Table, span: Span) -> Past:
    """Pair two snapshots of ``span`` apart (catalogue columns with ``customer_id``)."""
    raise NotImplementedError


def choose(frame: Frame, past: Sequence[Past] = ()) -> Choice:
    """Fit every model and choose the one that serves; see the module for the rule.

    Parameters
    ----------
    frame : Frame
        Customers as known now; beyond 50,000 distinct rows a sample of them is fitted.
    past : sequence of Past
        Earlier dates, all known by now.
    """
    raise NotImplementedError
