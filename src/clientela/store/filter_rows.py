"""Rows of customers as the DuckDB file of filters holds them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import pyarrow as pa

from clientela.contract.tables import ORDER_MONTHS
from clientela.store import schema
from clientela.store.filter_attributes import KINDS, get_kind, name_file_column
from clientela.store.filter_compile import REASON_MARK
from clientela.store.filters import DERIVED, list_filter_columns
from clientela.store.load import MONEY, fit_rows, slices
from clientela.store.row_types import Row

BATCH_ROWS = 100_000  # DuckDB compresses rows in groups of 122,880
REASONS = "churn_reasons"
FILE_COLUMNS = tuple(name for name in list_filter_columns() if name not in DERIVED)


def spread_attributes(lines: pa.Array, names: Sequence[str]) -> dict[str, pa.Array]:
    """Spread JSON texts over columns of the DuckDB file.

    Examples
    --------
    >>> from clientela.store.filter_attributes import read_file_column
    >>> columns = spread_attributes(pa.array(['{"plan":"x"}', None]), ["plan"])
    >>> [(read_file_column(name), column.to_pylist()) for name, column in columns.items()]
    [(('plan', 'number'), [None, None]), (('plan', 'text'), ['x', None])]
    """
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    objects = [decode(line) if line else {} for line in lines.to_pylist()]
    columns: dict[str, pa.Array] = {}
    for name in names:
        values = [attributes.get(name) for attributes in objects]
        kinds = [get_kind(value) for value in values]
        for kind, of_arrow in zip(KINDS, (pa.float64(), pa.string()), strict=True):
            of_kind = [
                value if own == kind else None for value, own in zip(values, kinds, strict=True)
            ]
            columns[name_file_column(name, kind)] = pa.array(of_kind, of_arrow)
    return columns


def join_reasons(lines: pa.Array) -> pa.Array:
    r"""Write the features that speak for leaving as one text a customer, from their JSON.

    Examples
    --------
    >>> join_reasons(pa.array(['[{"feature":"orders"},{"feature":"units"}]', None])).to_pylist()
    ['\x1forders\x1funits\x1f', None]
    """
    decode = msgspec.json.Decoder(list[_Reason]).decode
    features = ([reason.feature for reason in decode(line or "[]")] for line in lines.to_pylist())
    texts = [REASON_MARK.join(["", *names, ""]) if names else None for names in features]
    return pa.array(texts, pa.string())


class _Reason(msgspec.Struct):
    feature: str


def batch_customers(
    customers: pa.Table, attributes: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield the customers of a run as the file holds them, in the order of their ids.

    Parameters
    ----------
    attributes : sequence of str
        Attributes of the firm's own that become columns, by name.
    """
    for part in slices(customers, schema.customers, BATCH_ROWS):
        fitted = pa.Table.from_batches([fit_rows(part, schema.customers)])
        own = {REASONS: join_reasons(fitted[REASONS])}
        own |= spread_attributes(fitted["attributes"], attributes)
        own[ORDER_MONTHS] = fitted[ORDER_MONTHS]
        fitted = fitted.select(FILE_COLUMNS)
        exact = [
            pa.field(field.name, pa.decimal128(18, 4)) if field.type == MONEY else field
            for field in fitted.schema
        ]
        fitted = fitted.cast(pa.schema(exact))
        for name, column in own.items():
            fitted = fitted.append_column(name, column)
        yield from fitted.combine_chunks().to_batches(BATCH_ROWS)


def batch_rows(
    pages: Iterable[list[Row]], attributes: Sequence[str] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield customers as the file holds them from rows of the results database."""
    for rows in pages:
        columns = {
            name: pa.array([row[name] for row in rows], _arrow_type(name)) for name in FILE_COLUMNS
        }
        lines = [msgspec.json.encode(row["attributes"] or {}) for row in rows]
        columns["attributes"] = pa.array(lines, pa.binary()).cast(pa.string())
        columns[ORDER_MONTHS] = pa.array([row[ORDER_MONTHS] for row in rows], pa.string())
        reasons = [msgspec.json.encode(row[REASONS] or []) for row in rows]
        columns[REASONS] = pa.array(reasons, pa.binary()).cast(pa.string())
        yield from batch_customers(pa.table(columns), attributes)


def _arrow_type(name: str) -> pa.DataType | None:
    return pa.float64() if list_filter_columns()[name].dtype.startswith("decimal") else None
