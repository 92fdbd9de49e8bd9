"""A table of the results database, and words to declare its columns with."""

from collections.abc import Iterator
from dataclasses import dataclass

from clientela.contract.tables import MONEY, Column, DType, Unit

LANGS = ("en", "pt_br")

TYPES: dict[str, tuple[DType, Unit]] = {
    "id": ("id", ""),
    "text": ("string", ""),
    "json": ("json", ""),
    "bytes": ("binary", ""),
    "flag": ("boolean", ""),
    "date": ("date", "date"),
    "moment": ("timestamp", "timestamp"),
    "integer": ("int64", ""),
    "count": ("int64", "count"),
    "days": ("int64", "days"),
    "money": (MONEY, "amount"),
    "amount": ("float64", "amount"),
    "average": ("float64", "count"),
    "share": ("float64", "share"),
    "ratio": ("float64", "ratio"),
    "number": ("float64", ""),
}
"""Words for a type with its unit."""


@dataclass(frozen=True)
class ResultTable:
    """A table of the results database.

    Parameters
    ----------
    name : str
        Its name; ``store.<name>`` is the key of its meaning in the locale catalogues.
    columns : tuple of Column
        In order, without the owner.
    owner : str
        The column that says what rows belong to: a run or an experiment; empty for what stands
        alone.
    order : tuple of str
        What readers sort by where no key tells rows apart.
    index : tuple of str
        Columns of a further index, of tables with a row a customer. Such rows come by the million:
        they reference no run, as a look-up each would cost more than the insert, and the run and
        its rows are written in one transaction anyway.
    rank : str
        A column whose rows are read in its order: those that have one are indexed by it.
    private : bool
        Whether it is kept of the published run alone and shown by no view.
    """

    name: str
    columns: tuple[Column, ...]
    owner: str = "run_id"
    order: tuple[str, ...] = ()
    index: tuple[str, ...] = ()
    rank: str = ""
    private: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the primary key beside the owner."""
        return tuple(column.name for column in self.columns if column.key)

    def meaning_key(self, column: Column) -> str:
        """Return the key of a column's meaning in the locale catalogues."""
        return column.meaning or f"store.{self.name}.{column.name}"


def key(kind: str, *names: str) -> Iterator[Column]:
    """Yield columns of the primary key."""
    return (Column(name, *TYPES[kind], key=True) for name in names)


def mandatory(kind: str, *names: str) -> Iterator[Column]:
    """Yield columns that are never empty."""
    return (Column(name, *TYPES[kind]) for name in names)


def optional(kind: str, *names: str, since: int = 1) -> Iterator[Column]:
    """Yield columns that may be empty, of a revision of the results database."""
    return (Column(name, *TYPES[kind], nullable=True, since=since) for name in names)


def sentences(*names: str) -> Iterator[Column]:
    """Yield the columns of finished texts, one a language."""
    return optional("text", *(f"{name}_{lang}" for name in names for lang in LANGS))


def define_table(
    name: str,
    *columns: Column,
    owner: str = "run_id",
    order: tuple[str, ...] = (),
    index: tuple[str, ...] = (),
    rank: str = "",
    private: bool = False,
) -> ResultTable:
    """Declare a table of the results database."""
    return ResultTable(name, columns, owner, order, index, rank, private)
