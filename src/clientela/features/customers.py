"""The table of customers in memory: who left, and attributes as known on a day.

Age, gender, region and signup are features of the snapshot; here stand the attributes that only
this firm has, and the churn column, which is an outcome and no feature.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.build import SCHEMA
from clientela.features.history import History
from clientela.features.snapshot import KEY
from clientela.tables.attributes import typed_attributes

ROWS = pa.schema(
    [
        (KEY, pa.string()),
        ("churned", pa.bool_()),
        ("churned_at", pa.date32()),
        ("known_from", pa.date32()),
        ("attributes", pa.string()),
    ]
)


@dataclass(frozen=True, eq=False)
class People:
    """The customers of a firm, one row each, sorted by ``customer_id``.

    Parameters
    ----------
    table : pa.Table
        ``customer_id``, ``churned`` (bool), ``churned_at`` and ``known_from`` (date32).
    attributes : pa.Table
        The same rows: doubles and texts, null where nothing is known.
    left_out : dict
        Columns of the source that are no attributes, with why
        (:class:`clientela.tables.attributes.Attributes`).
    """

    table: pa.Table
    attributes: pa.Table
    left_out: dict[str, str]

    @property
    def lacks_dates(self) -> bool:
        """Whether rows bear no date from which they were known, so that nothing can be checked."""
        return bool(self.table["known_from"].null_count)

    def without(self, names: Collection[str]) -> "People":
        """Return the customers without some attributes."""
        return People(self.table, self.attributes.drop_columns(sorted(names)), self.left_out)

    def known_on(self, day: dt.date) -> pa.Table:
        """Return the attributes as known on a day: none of rows dated later.

        Returns
        -------
        pa.Table
            ``customer_id`` and the attributes. Rows without a date count as always known.
        """
        since = self.table["known_from"]
        is_known = pc.fill_null(pc.less_equal(since, pa.scalar(day, pa.date32())), True)
        columns = {
            name: pc.if_else(is_known, values, pa.scalar(None, values.type))
            for name, values in zip(
                self.attributes.column_names, self.attributes.columns, strict=True
            )
        }
        return pa.table({KEY: self.table[KEY], **columns})


def read_people(history: History) -> People:
    """Read the customers of a history's firm; empty where it has no table of customers.

    The types of attributes are decided once, on all rows, so that they are the same on every day.
    """
    parts = [pa.Table.from_batches([], ROWS)]
    read, groups = history.source
    for group in groups:
        customers = read(group).customers
        if customers is not None:
            parts.append(history.engine.to_arrow(_rows(customers)).cast(ROWS))
    rows = pa.concat_tables(parts).sort_by(KEY).combine_chunks()
    attributes, left_out = typed_attributes(rows["attributes"])
    attributes = attributes.rename_columns([_free(name) for name in attributes.column_names])
    return People(rows.drop_columns(["attributes"]), attributes, left_out)


def join_attributes(snapshot: pa.Table, people: People, day: dt.date) -> pa.Table:
    """Put the attributes known on a day beside a snapshot of it, row by row."""
    attributes = people.known_on(day)
    positions = pc.index_in(snapshot[KEY], value_set=attributes[KEY])
    for name in attributes.column_names[1:]:
        snapshot = snapshot.append_column(name, pc.take(attributes[name], positions))
    return snapshot


def _rows(customers: ir.Table) -> ir.Table:
    return customers.select(
        KEY,
        "churned",
        "churned_at",
        "known_from",
        attributes=customers.attributes.cast("string"),
    )


def _free(name: str) -> str:
    """Rename an attribute that bears the name of a feature."""
    return f"{name}_attribute" if name in SCHEMA.names else name
