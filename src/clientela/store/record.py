"""The record of one run: what it read, when, with which settings, and what came out."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

PROGRAMME = "Insiders"  # of runs whose summary does not tell


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One row of the table ``runs``.

    Parameters
    ----------
    run_id : str
        Sorts by time, for instance ``20111210T093000-5f3a``.
    as_of : datetime.date
        The day the snapshot knows, in the firm's zone.
    started_at, finished_at : datetime.datetime
        Aware, UTC.
    seconds : mapping
        Stage to seconds.
    summary : mapping
        The object that ``run --json`` prints.
    """

    run_id: str
    as_of: dt.date
    started_at: dt.datetime
    finished_at: dt.datetime
    version: str
    engine: str
    currency: str | None
    timezone: str
    data_hash: str
    config_hash: str
    model_id: str | None
    rows_in: int
    rows_canonical: int
    rows_quarantined: int
    rows_already_held: int
    customers: int
    net_amount: float
    unidentified_share: float | None
    seconds: Mapping[str, float] = field(default_factory=dict)
    summary: Mapping[str, object] = field(default_factory=dict)

    @property
    def programme_name(self) -> str:
        """What the firm calls its programme: ``programme.name`` of the summary."""
        return str(self.programme.get("name", PROGRAMME))

    @property
    def programme(self) -> Mapping[str, object]:
        """The facts of the programme: ``programme`` of the summary; empty without any."""
        facts = self.summary.get("programme")
        return facts if isinstance(facts, Mapping) else {}

    @property
    def is_anew(self) -> bool:
        """Whether the run began the tables anew: runs before it are of another past."""
        return bool(self.summary.get("anew"))

    @property
    def id_form(self) -> str:
        """How the customer ids are written (:mod:`clientela.sources.ids`)."""
        return str(self.summary.get("id_form", ""))
