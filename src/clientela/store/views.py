"""The views ``current_*``: the published run's rows, for BI tools.

They hold no data, so every migration drops them all and makes them anew from here.
"""

from sqlalchemy import Connection, Select, select

from clientela.store import schema


def _current_customers() -> Select[tuple[object, ...]]:
    """Return the current customers with the names of their segments and the day of the run."""
    run, customers, segments = schema.current_run, schema.customers, schema.segments
    return (
        select(
            schema.runs.c.as_of,
            *customers.columns,
            segments.c.name_en.label("segment_name_en"),
            segments.c.name_pt_br.label("segment_name_pt_br"),
        )
        .join_from(run, schema.runs, schema.runs.c.run_id == run.c.run_id)
        .join(customers, customers.c.run_id == run.c.run_id)
        .outerjoin(
            segments,
            (segments.c.run_id == customers.c.run_id) & (segments.c.segment == customers.c.segment),
        )
    )


def define_views() -> dict[str, Select[tuple[object, ...]]]:
    """Return every view's name and query."""
    run = schema.current_run
    return {
        "current_runs": select(*schema.runs.columns).join(
            run, run.c.run_id == schema.runs.c.run_id
        ),
        "current_customers": _current_customers(),
        **{
            f"current_{table.name}": select(*table.columns).join(
                run, run.c.run_id == table.c.run_id
            )
            for table in schema.OF_A_RUN
            if table is not schema.customers and not table.info["private"]
        },
    }


def create(connection: Connection) -> None:
    """Make every view."""
    for name, query in define_views().items():
        body = query.compile(dialect=connection.dialect)
        connection.exec_driver_sql(f"CREATE VIEW {name} AS {body}")


def drop(connection: Connection) -> None:
    """Drop the views that are there."""
    for name in define_views():
        connection.exec_driver_sql(f"DROP VIEW IF EXISTS {name}")
