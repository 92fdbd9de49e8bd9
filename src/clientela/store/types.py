"""Column types that mean the same on every database."""

import datetime as dt
from typing import Any

from sqlalchemy import DateTime, Dialect, Numeric, Text, TypeDecorator


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment: written in UTC, read as an aware datetime, also on SQLite, which knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        """Bring a moment to UTC; one without a zone is an error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        """Make a stored moment aware."""
        return None if value is None else utc(value)


def utc(value: dt.datetime) -> dt.datetime:
    """Give a moment in UTC; one without a zone is UTC already.

    Examples
    --------
    >>> utc(dt.datetime(2011, 12, 9, 12, 50)).isoformat()
    '2011-12-09T12:50:00+00:00'
    """
    return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


MONEY = Numeric(18, 4, asdecimal=False)
ID = Text().with_variant(Text(collation="C"), "postgresql")  # one order on every database
