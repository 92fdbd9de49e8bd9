"""What the Python API gives back: tables at home in notebooks, and answers made of them."""

import html
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from clientela.errors import InputError, MissingExtra
from clientela.features.snapshot import KEY
from clientela.pipeline.result import Result

SHOWN_ROWS = 8
"""Rows of a table that a notebook shows: what fits beside the cell that made it."""


class Table:
    """A table of results: Arrow inside, at home in notebooks.

    Parameters
    ----------
    table : pa.Table
        The rows.
    x, y : str
        Columns that :meth:`plot` draws.

    Examples
    --------
    >>> table = Table(pa.table({"segment": ["New", "Loyal"], "customers": [3, 5]}))
    >>> len(table), table.columns
    (2, ['segment', 'customers'])
    >>> table["customers"]
    [3, 5]
    """

    def __init__(self, table: pa.Table, x: str = "", y: str = "") -> None:
        self._table, self._x, self._y = table, x, y

    def to_arrow(self) -> pa.Table:
        """Return the rows as an Arrow table."""
        return self._table

    def to_pandas(self) -> Any:
        """Return the rows as a pandas DataFrame.

        Raises
        ------
        MissingExtra
            pandas is not installed.
        """
        try:
            import pandas  # noqa: F401 - Arrow imports it itself, with a message of its own
        except ImportError:
            raise MissingExtra.of("pandas", "a DataFrame of pandas") from None
        return self._table.to_pandas()

    def to_polars(self) -> Any:
        """Return the rows as a Polars DataFrame.

        Raises
        ------
        MissingExtra
            Polars is not installed.
        """
        try:
            import polars
        except ImportError:
            raise MissingExtra("polars is not installed", do="pip install polars") from None
        return polars.from_arrow(self._table)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return list(self._table.column_names)

    def plot(self, x: str | None = None, y: str | None = None) -> Any:
        """Draw one column over another: bars for names, a histogram for a single column.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        MissingExtra
            Matplotlib is not installed.
        """
        try:
            from matplotlib import pyplot
        except ImportError:
            raise MissingExtra.of("notebooks", "drawing tables") from None
        x, y = x or self._x, y or self._y
        _, axes = pyplot.subplots()
        if x and y:
            axes.bar([str(value) for value in self[x]], self[y])
            axes.set_xlabel(x)
            axes.tick_params(axis="x", rotation=30)
        else:
            numbers = [value for value in self[x or y] if value is not None]
            axes.hist(numbers, bins=30)
        axes.set_ylabel(y or "customers")
        return axes

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """Hand the rows to any library that speaks Arrow, without a copy."""
        return self._table.__arrow_c_stream__(requested_schema)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the rows as dicts."""
        return iter(self._table.to_pylist())

    def __getitem__(self, column: str) -> list[Any]:
        """Return the values of a column."""
        values: list[Any] = self._table[column].to_pylist()
        return values

    def __repr__(self) -> str:
        shown = "\n".join(str(row) for row in self._table.slice(0, SHOWN_ROWS).to_pylist())
        return f"{len(self):,} rows, {len(self.columns)} columns\n{shown}"

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        rows = "".join(
            "<tr>" + "".join(f"<td>{html.escape(_format(v))}</td>" for v in row.values()) + "</tr>"
            for row in self._table.slice(0, SHOWN_ROWS).to_pylist()
        )
        size = f"{len(self):,} rows, {len(self.columns)} columns"
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{size}</p>"


class SalesAnswer:
    """What a question to the sales gives: tables by name, headline facts, and the model.

    Parameters
    ----------
    result : Result
        Of a stage of the run.
    columns : sequence of str
        Columns of the customers that are the answer's own; all if empty.
    plot : pair of str
        What ``plot`` draws of ``scores``.
    """

    def __init__(
        self, result: Result, columns: Sequence[str] = (), plot: tuple[str, str] = ("", "")
    ) -> None:
        self._result, self._columns, self._plot = result, columns, plot

    @property
    def facts(self) -> dict[str, Any]:
        """Headline figures, as ``clientela run --json`` prints them."""
        return self._result.facts

    @property
    def scores(self) -> Table:
        """One row a customer."""
        table = self._result.tables["customers"]
        names = [KEY, *self._columns] if self._columns else table.column_names
        return Table(table.select(names), *self._plot)

    def table(self, name: str) -> Table:
        """Return a table of the evidence by its name in the results database.

        Raises
        ------
        InputError
            There is no such table.
        """
        tables = self._result.tables
        if name not in tables:
            raise InputError(f"there is no table {name!r}", do=f"choose one of {sorted(tables)}")
        return Table(tables[name])

    def plot(self) -> Any:
        """Draw the scores."""
        return self.scores.plot()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {', '.join(sorted(self._result.tables))}>"

    def _repr_html_(self) -> str:
        return self.scores._repr_html_()


class CustomerSegments(SalesAnswer):
    """The segments: who is in which, and what they are like."""

    def profile(self) -> Table:
        """Return a row a segment: name, description, customers, revenue, shares."""
        names = ["segment", "name_en", "description_en", "customers", "customers_share"]
        table = self._result.tables["segments"]
        return Table(table.select([*names, "revenue", "revenue_share"]), "name_en", "revenue")

    def plot(self) -> Any:
        """Draw the revenue of each segment."""
        return self.profile().plot()


class InsidersAnswer(SalesAnswer):
    """The loyalty programme: members, rules, proof."""

    @property
    def members(self) -> Table:
        """One row a member: status, revenue, expected revenue, why."""
        return Table(self._result.tables["programme_members"])

    @property
    def rules(self) -> Table:
        """The conditions to enter and to leave."""
        return Table(self._result.tables["programme_conditions"])

    @property
    def proof(self) -> Table:
        """Later revenue of members chosen on past dates, beside the rest and naive choices."""
        return Table(self._result.tables["programme_proof"])


class BacktestAnswer:
    """What the models would have been worth on a past day.

    Parameters
    ----------
    facts : dict
        What ``clientela backtest --json`` prints.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    @property
    def metrics(self) -> Table:
        """Every metric of every model on the judged days, beside its baseline."""
        return Table(pa.Table.from_pylist(self.facts["judged"]))

    def __str__(self) -> str:
        from clientela.report.terminal.backtest import format_backtest

        return format_backtest(self.facts)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(str(self))}</pre>"


def _format(value: object) -> str:
    if value is None:
        return ""
    return f"{value:,.2f}" if isinstance(value, float) else str(value)
