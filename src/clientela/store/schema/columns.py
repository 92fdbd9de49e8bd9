"""The catalogue of tables, and the columns they are made of."""

from typing import Any

from sqlalchemy import BigInteger, Column, Date, Double, ForeignKey, MetaData, Text
from sqlalchemy.types import TypeEngine

from clientela.contract.features import FEATURE_COLUMNS
from clientela.store.types import ID

FEATURE_TYPES: dict[str, TypeEngine[Any]] = {
    "int64": BigInteger(),
    "float64": Double(),
    "string": Text(),
    "date": Date(),
}

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def column(name: str, kind: Any, unit: str = "", *parts: Any, **options: Any) -> Column[Any]:
    """Make a column with its unit."""
    return Column(name, kind, *parts, info={"unit": unit}, **options)


def key(name: str, kind: Any, unit: str = "") -> Column[Any]:
    """Make a column of the primary key, which the database never fills by itself."""
    return column(name, kind, unit, primary_key=True, autoincrement=False)


def json(name: str, **options: Any) -> Column[Any]:
    """Make a column of JSON text, which readers get parsed."""
    return Column(name, Text, info={"unit": "", "json": True}, **options)


def sentence(name: str, **options: Any) -> list[Column[Any]]:
    """Make the columns of a finished text, one a language."""
    return [column(f"{name}_{lang}", Text, **options) for lang in ("en", "pt_br")]


def run() -> Column[Any]:
    """Name the run of a row of a table without a primary key."""
    return column("run_id", ID, "", ForeignKey("runs.run_id"), nullable=False, index=True)


def run_key() -> Column[Any]:
    """Name the run in a primary key."""
    return column("run_id", ID, "", ForeignKey("runs.run_id"), primary_key=True)


def feature_columns() -> list[Column[Any]]:
    """Make the columns of the features; their meanings are the catalogue's own."""
    return [
        Column(
            feature.name,
            FEATURE_TYPES[feature.dtype],
            info={"unit": feature.unit, "meaning": f"feature.{feature.name}"},
        )
        for feature in FEATURE_COLUMNS
    ]
