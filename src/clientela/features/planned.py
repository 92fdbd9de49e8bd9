"""The snapshot's SQL for DuckDB as written ahead, with a parameter where the day goes.

Apart from the expressions, so that a server reads it without loading what wrote it.
"""

import datetime as dt
from importlib import resources

FILE = "snapshot.duckdb.sql"
ANY_DAY = dt.date(9999, 12, 31)  # stands in the file where as_of goes


def ahead() -> str:
    """Read the SQL written ahead; :data:`ANY_DAY` stands where the day goes."""
    return resources.files("clientela.features").joinpath(FILE).read_text("utf-8")


def written(day: dt.date) -> str:
    """Write a day as the SQL does.

    Examples
    --------
    >>> written(dt.date(2011, 12, 9))
    'MAKE_DATE(2011, 12, 9)'
    """
    return f"MAKE_DATE({day.year}, {day.month}, {day.day})"


def planned_sql() -> str:
    """Give the SQL with ``$1`` for the day."""
    return ahead().replace(written(ANY_DAY), "CAST($1 AS DATE)")
