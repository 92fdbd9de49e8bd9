"""Raw text to typed canonical columns, in expressions that run on every engine."""

import ibis.expr.types as ir

from clientela.tables.formats import Formats
from clientela.tables.mapping import Mapping


def typed(staging: ir.Table, mapping: Mapping, formats: Formats) -> ir.Table:
    """Type the lines of a transactions source.

    Returns
    -------
    ir.Table
        ``source_row``; every column of schema.TRANSACTIONS but line_no, kind and
        returns_order_id, null where absent or unreadable; ``raw_date``, ``raw_quantity``,
        ``raw_unit_price``, ``raw_amount`` (text, null where absent or blank); ``line`` (JSON of
        the source's columns).
    """
    raise NotImplementedError


def typed_customers(staging: ir.Table, mapping: Mapping, formats: Formats) -> ir.Table:
    """Type the rows of a customers source.

    Returns
    -------
    ir.Table
        ``source_row``; every column of schema.CUSTOMERS; ``raw_signup_date``,
        ``raw_birth_date``, ``raw_age``, ``raw_churned_at``; ``line``.
    """
    raise NotImplementedError
