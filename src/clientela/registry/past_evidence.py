"""What a run measures of past days, kept for the nights that follow.

How lasting a feature is, what customers of the same start did in a quarter, how other ways of
choosing members did on past dates: such figures move with the quarter and not with the night, and
need snapshots of past days, which cost the more the more lines a firm has. Each is kept with the
day it was measured on and with what it was measured of: figures, and nobody's rows.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from clientela.errors import ArtifactError
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card

KIND = "past_evidence"
LASTS_DAYS = 30  # as the models last whose evidence it is

Recall = Callable[[str, Mapping[str, Any], Callable[[], Any]], Any]
"""Returns what was measured under a name of such things, or measures it now."""


def measure_anew(name: str, of: Mapping[str, Any], measure: Callable[[], Any]) -> Any:
    """Measure, whatever was measured before: a :data:`Recall` without a memory."""
    del name, of
    return measure()


class PastEvidence:
    """Figures of past days by name, each for as long as it lasts.

    Parameters
    ----------
    figures : dict
        By name: ``measured``, the day of the run that measured it; ``data``, the hash of its data;
        ``of``, what it was measured of; ``value``.
    card : Card
        Of the run that is going on.
    """

    def __init__(self, figures: dict[str, dict[str, Any]], card: Card) -> None:
        self.figures, self.card = figures, card
        self._found = dict(figures)

    def artifact(self) -> Artifact:
        """Return the figures as JSON."""
        return Artifact(KIND, {"figures": self.figures}, {}, self.card)

    @classmethod
    def of_artifact(cls, artifact: Artifact) -> "PastEvidence":
        """Build them of what is stored.

        Raises
        ------
        ArtifactError
            It cannot be read.
        """
        try:
            figures = {name: dict(entry) for name, entry in artifact.payload["figures"].items()}
            for entry in figures.values():
                entry["measured"], entry["data"], entry["of"], entry["value"]
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"the stored evidence of past days cannot be read: {error}",
                where=f"{KIND} of {artifact.card.as_of}",
                do="run again with --refit",
            ) from None
        return cls(figures, artifact.card)

    def recall(self, name: str, of: Mapping[str, Any], measure: Callable[[], Any]) -> Any:
        """Return what was measured under a name less than a month ago, or measure it now.

        Parameters
        ----------
        name : str
            What the figure is called.
        of : mapping
            What it was measured of; of anything else it is measured anew. Plain, as JSON holds it.
        measure : callable
            Returns the figure, as JSON holds it.
        """
        plain = _make_plain(of)
        entry = self.figures.get(name)
        if entry is None or entry["of"] != plain or not self._lasts(entry):
            entry = {
                "measured": self.card.as_of.isoformat(),
                "data": self.card.data_hash,
                "of": plain,
                "value": _make_plain(measure()),
            }
            self.figures[name] = entry
        return entry["value"]

    @property
    def grew(self) -> bool:
        """Whether anything was measured beyond what was found."""
        return self.figures != self._found

    def _lasts(self, entry: Mapping[str, Any]) -> bool:
        """Check whether it was measured within a month, and not on this day's former data."""
        measured = self.card.as_of.fromisoformat(entry["measured"])
        days = (self.card.as_of - measured).days
        return entry["data"] == self.card.data_hash if days == 0 else 0 < days < LASTS_DAYS


def _make_plain(value: Any) -> Any:
    """Return a value as JSON would give it back."""
    return msgspec.json.decode(msgspec.json.encode(value))
