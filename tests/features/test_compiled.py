"""The SQL compiled ahead is the SQL of the expressions, on any day."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.engine import Engine
from clientela.features.compiled import AHEAD, compiled_now, snapshot_sql


def test_duckdb_is_compiled_ahead(duckdb: Engine) -> None:
    assert duckdb.name in AHEAD


@settings(max_examples=3, deadline=None)
@given(as_of=st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)))
def test_the_files_are_fresh(duckdb: Engine, as_of: dt.date) -> None:
    """Else run ``python scripts/snapshot_sql.py``."""
    assert snapshot_sql(duckdb, as_of).strip() == compiled_now(duckdb, as_of)
