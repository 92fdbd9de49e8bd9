"""The cells of a list, from the rows of the results database."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from clientela.i18n import NO_CURRENCY, Lang, t
from clientela.report.lists.kinds import CustomerList
from clientela.store.record import RunRecord
from clientela.store.row_types import Row

_DECIMALS = {"money": 2, "share": 4}


@dataclass(frozen=True)
class ListContent:
    """What the rows of one list of one run become in one language.

    Parameters
    ----------
    kind : CustomerList
        Which list.
    run : RunRecord
        The run of the rows.
    names : mapping
        Segment to its name in the language.
    lang : str
        ``en`` or ``pt_BR``.
    """

    kind: CustomerList
    run: RunRecord
    names: Mapping[int, str]
    lang: Lang

    @property
    def title(self) -> str:
        """The title of the list."""
        return t(self.kind.title_key, self.lang)

    def header(self) -> list[str]:
        """Give the headings of the columns."""
        currency = None if self.run.currency == NO_CURRENCY else self.run.currency
        return [column.heading(self.lang, currency) for column in self.kind.columns]

    def cells(self, rows: Iterable[Row]) -> Iterable[Sequence[object]]:
        """Give the cells of rows of ``customers`` or ``programme_members``, in order."""
        columns = [(column.name, _DECIMALS.get(column.kind)) for column in self.kind.columns]
        said = {each: t(f"list.status.{each}", self.lang) for each in _STATUSES}
        said |= {each: t(f"list.risk.{each}", self.lang) for each in _RISKS}
        for row in rows:
            filled = row | self._told(row, said)
            yield [_cell(filled[name], decimals) for name, decimals in columns]

    def _told(self, row: Row, said: Mapping[str, str]) -> Row:
        """Give what is not in the row as it is shown."""
        segment, reason = row["segment"], row.get(f"reason_{self.lang.lower()}")
        return {
            "segment_name": self.names.get(segment) if isinstance(segment, int) else None,
            "status": said.get(str(row["status"] if "status" in row else row["insider"])),
            "since": row["since"] if "since" in row else row["insider_since"],
            "reason": reason,
            "missing": reason,
            "risk": said.get(str(row.get("churn_band"))),
            "reasons": row.get(f"churn_reasons_{self.lang.lower()}"),
            "as_of": self.run.as_of,
            "run_id": self.run.run_id,
        }


_STATUSES = ("member", "leaving", "candidate")
_RISKS = ("high", "medium", "low", "gone")


def _cell(value: object, decimals: int | None) -> object:
    return round(value, decimals) if decimals and isinstance(value, float) else value
