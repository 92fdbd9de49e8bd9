"""The canonical tables: every column with its type, unit and the key of its meaning.

The data dictionary, the empty tables and the checks all come from here.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from clientela.contract.tables import Column


@dataclass(frozen=True)
class Tables:
    """The canonical tables of one engine, the input of a snapshot, and the quarantine."""

    transactions: ir.Table
    customers: ir.Table | None = None
    quarantine: ir.Table | None = None


def ibis_schema(columns: tuple[Column, ...]) -> ibis.Schema:
    """Return the Ibis schema of a canonical table.

    Examples
    --------
    >>> from clientela.contract.tables import TRANSACTIONS
    >>> ibis_schema(TRANSACTIONS)["amount"]
    Decimal(precision=18, scale=4, nullable=True)
    """
    return ibis.schema({column.name: column.dtype for column in columns})
