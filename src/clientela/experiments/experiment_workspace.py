"""Where experiments are made: the configuration, the tables and the results database."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from clientela.config import Settings
from clientela.engine import connect
from clientela.features.daily_revenue import Takings, takings
from clientela.features.history import History
from clientela.tables import summary
from clientela.tables.workspace import Workspace


@dataclass(frozen=True)
class Lab:
    """Where experiments are made.

    Parameters
    ----------
    settings : Settings
        The configuration.
    workspace : Workspace
        The tables that tell what customers brought.
    url : str
        The results database, which knows the groups and keeps the experiments.
    """

    settings: Settings
    workspace: Workspace
    url: str

    @property
    def currency(self) -> str | None:
        """The currency of the tables."""
        return self.workspace.manifest().currency

    @property
    def last_day(self) -> dt.date:
        """The last day that the tables hold."""
        engine = connect(self.settings.engine)
        try:
            return summary.totals(engine, self.workspace.tables(engine)).last_day or dt.date.min
        finally:
            engine.close()

    def today(self, now: dt.datetime) -> dt.date:
        """Give the firm's own date at a moment."""
        return now.astimezone(ZoneInfo(self.workspace.manifest().timezone or "UTC")).date()

    def takings(self, as_of: dt.date | None = None) -> Takings:
        """Read what customers brought, up to a day or the last one known."""
        engine = connect(self.settings.engine)
        try:
            totals = summary.totals(engine, self.workspace.tables(engine))
            first, last = totals.first_day or dt.date.min, totals.last_day or dt.date.min
            past = History(
                engine,
                lambda group: self.workspace.tables(engine, group),
                self.workspace.groups(),
                first,
                as_of or last,
            )
            return takings(past)
        finally:
            engine.close()
