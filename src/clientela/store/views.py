"""The views ``current_*``: the published run's rows, for BI tools.

They hold no data, so a migration makes them anew from here. BI tools build views on them, and
PostgreSQL lets a view gain columns at its end alone: a column of a later revision says so
(``contract``: ``since``) and comes last.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Select, select, text
from sqlalchemy.sql.expression import ColumnElement

from clientela.store import schema


def _current_customers() -> Select[*tuple[Any, ...]]:
    """Return the current customers with the names of their segments and the day of the run."""
    run, customers, segments = schema.current_run, schema.customers, schema.segments
    columns = (
        schema.runs.c.as_of,
        *customers.columns,
        segments.c.name_en.label("segment_name_en"),
        segments.c.name_pt_br.label("segment_name_pt_br"),
    )
    return (
        select(*_by_introduction(columns))
        .join_from(run, schema.runs, schema.runs.c.run_id == run.c.run_id)
        .join(customers, customers.c.run_id == run.c.run_id)
        .outerjoin(
            segments,
            (segments.c.run_id == customers.c.run_id) & (segments.c.segment == customers.c.segment),
        )
    )


def define_views() -> dict[str, Select[*tuple[Any, ...]]]:
    """Return every view's name and query."""
    run = schema.current_run
    return {
        "current_runs": select(*_by_introduction(schema.runs.columns)).join(
            run, run.c.run_id == schema.runs.c.run_id
        ),
        "current_customers": _current_customers(),
        **{
            f"current_{table.name}": select(*_by_introduction(table.columns)).join(
                run, run.c.run_id == table.c.run_id
            )
            for table in schema.OF_A_RUN
            if table is not schema.customers and not table.info["private"]
        },
    }


def _by_introduction(columns: Iterable[ColumnElement[Any]]) -> list[ColumnElement[Any]]:
    """Order columns by the revision that introduced them, and within one as they stand."""
    return sorted(columns, key=lambda column: getattr(column, "info", {}).get("since", 1))


def create(connection: Connection) -> None:
    """Make every view; PostgreSQL replaces those that are there."""
    verb = "CREATE OR REPLACE" if connection.dialect.name == "postgresql" else "CREATE"
    for name, query in define_views().items():
        body = query.compile(dialect=connection.dialect)
        connection.exec_driver_sql(f"{verb} VIEW {name} AS {body}")


def list_dependents(connection: Connection) -> list[str]:
    """Name the views of others that read ours, or our tables, on PostgreSQL."""
    query = text(
        "SELECT DISTINCT v.oid::regclass::text FROM pg_depend d"
        " JOIN pg_rewrite r ON r.oid = d.objid JOIN pg_class v ON v.oid = r.ev_class"
        " JOIN pg_class ours ON ours.oid = d.refobjid"
        " WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass"
        " AND ours.relnamespace = current_schema()::regnamespace AND v.oid <> ours.oid"
        " AND NOT (v.relnamespace = ours.relnamespace AND v.relname = ANY(:names)) ORDER BY 1"
    )
    return list(connection.scalars(query, {"names": list(define_views())}))


def drop(connection: Connection) -> None:
    """Drop the views that are there."""
    for name in define_views():
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
