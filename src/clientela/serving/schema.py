"""Schemas of the API derived from the result tables: a column is declared in ``contract`` alone."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta

from clientela.contract.result_table import LANGS, ResultTable
from clientela.contract.results import RESULT_TABLES
from clientela.contract.tables import MONEY, Column, DType
from clientela.i18n import t
from clientela.serving.listing import NextCursor
from clientela.serving.response import MoneyStamp

TYPES: dict[DType, Any] = {
    "string": str,
    "id": str,
    "json": Any,
    "int64": int,
    "float64": float,
    "boolean": bool,
    "date": dt.date,
    "timestamp": dt.datetime,
    MONEY: float,
}
Schema = type[msgspec.Struct]


def define_schema(
    name: str, meaning: str, fields: Mapping[str, Any], base: Schema = msgspec.Struct
) -> Schema:
    """Define a schema by its fields; those of the base go before."""
    return msgspec.defstruct(
        name, list(fields.items()), bases=(base,), namespace={"__doc__": meaning}
    )


def define_body(name: str, meaning: str, fields: Mapping[str, Any]) -> type[Any]:
    """Define the schema of what is posted by its fields: a type, or a type and its default.

    What it does not know is refused.
    """
    listed = [
        (field, *(kind if isinstance(kind, tuple) else (kind,))) for field, kind in fields.items()
    ]
    return msgspec.defstruct(
        name, listed, namespace={"__doc__": meaning}, forbid_unknown_fields=True
    )


def derive_schema(name: str, meaning: str, table: str, *fields: str, **types: Any) -> Schema:
    """Derive the schema of a row of a result table.

    Texts that the table keeps in each language are one field, in the language asked for; beside a
    segment's number stands its name.

    Parameters
    ----------
    name, meaning : str
        Of the schema, for the API's document.
    table : str
        A result table, by its name in :mod:`clientela.contract.results`.
    *fields : str
        What to take, in this order; by default all.
    **types
        Types of fields that the table lacks or holds as JSON.
    """
    derived = _derive_fields(_find_table(table)) | types
    return define_schema(
        name, meaning, {field: derived[field] for field in fields or derived} | types
    )


def derive_page(name: str, meaning: str, **rows: Schema) -> type[MoneyStamp]:
    """Derive the schema of a page of rows, with the run that it comes from and its cursor."""
    lists = {field: list_of(schema) for field, schema in rows.items()}
    page = define_schema(name, meaning, {**lists, "next_cursor": NextCursor}, MoneyStamp)
    return cast(type[MoneyStamp], page)


def list_of(schema: Schema) -> Any:
    """Return the type of a list of a schema's rows."""
    return list.__class_getitem__(schema)


def list_fields(table: str) -> tuple[str, ...]:
    """Return the fields of a result table's rows, in order."""
    return tuple(_derive_fields(_find_table(table)))


def _find_table(name: str) -> ResultTable:
    return next(table for table in RESULT_TABLES if table.name == name)


def _derive_fields(table: ResultTable) -> dict[str, Any]:
    """Map each field of a table's rows to its type, with its meaning as the description."""
    fields: dict[str, Any] = {}
    for column in table.columns:
        field, meaning = column.name, t(table.meaning_key(column), "en")
        for lang in LANGS:
            field = field.removesuffix(f"_{lang}")
        if field != column.name:
            meaning = meaning.replace(", in English", ", in the language asked for")
        if column.name in (field, f"{field}_{LANGS[0]}"):
            fields[field] = Annotated[_type_of(column), Meta(description=meaning)]
        if field == "segment" and table.name != "segments":
            fields["segment_name"] = str | None
    return fields


def _type_of(column: Column) -> Any:
    kind = TYPES[column.dtype]
    return kind | None if column.nullable and kind is not Any else kind
