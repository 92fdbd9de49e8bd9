"""The canonical tables: every column with its type, unit and the key of its meaning."""

from dataclasses import dataclass
from typing import Final, Literal

MONEY: Final = "decimal(18, 4)"
TOTAL = "decimal(38, 4)"  # what sums of it are, on every engine
KINDS = ("sale", "return", "fee")
DAY_ORDER = "day:"
"""Begins the ids of orders that the source does not number: those of a customer and a day."""
ORDER_MONTHS = "order_months"
"""The column of customers with a digit for each month from that of the first order on."""
ORDER_BITS, MOST_BITS = "order_bits", 62  # of a whole number of 64 bits that stays positive
"""Its first digits as bits, in the file of filters: of a million customers who buy in four months
of ten, a month from the first is counted in 10 to 20 ms of CPU, by a table of pairs in 66."""
DType = Literal[
    "string",
    "id",  # text in one order on every database
    "json",
    "binary",
    "int64",
    "float64",
    "boolean",
    "date",
    "timestamp",
    "timestamp(6)",
    "decimal(18, 4)",
]
Unit = Literal[
    "", "amount", "units", "days", "date", "timestamp", "years", "share", "ratio", "count"
]


@dataclass(frozen=True)
class Column:
    """A column: type, unit, whether it may be empty and stands in the primary key.

    ``meaning`` is the key of its meaning in the locale catalogues where that is not the column's
    own: :attr:`meaning_key` in the canonical tables, ``ResultTable.meaning_key`` in the results.
    ``since`` is the revision of the results database that introduced it: views show their columns
    in that order, so that whatever a firm built on a view outlives an upgrade.
    """

    name: str
    dtype: DType
    unit: Unit = ""
    nullable: bool = False
    key: bool = False
    meaning: str = ""
    since: int = 1

    @property
    def meaning_key(self) -> str:
        """The key of a canonical column's meaning in the locale catalogues."""
        return f"column.{self.name}"


TRANSACTIONS: tuple[Column, ...] = (
    Column("customer_id", "string", nullable=True),
    Column("order_id", "string"),
    Column("line_no", "int64"),
    Column("product_id", "string", nullable=True),
    Column("description", "string", nullable=True),
    Column("quantity", MONEY, "units"),
    Column("unit_price", MONEY, "amount"),
    Column("amount", MONEY, "amount"),
    Column("cost", MONEY, "amount", nullable=True),
    Column("currency", "string"),
    Column("ordered_at", "timestamp(6)", "timestamp"),
    Column("ordered_local", "timestamp(6)", "timestamp"),
    Column("kind", "string"),
    Column("returns_order_id", "string", nullable=True),
    Column("country", "string", nullable=True),
    Column("channel", "string", nullable=True),
    Column("service", "string", nullable=True),
    Column("category", "string", nullable=True),
    Column("taken_in", "timestamp(6)", "timestamp"),
    Column("line_key", "string"),
)

CUSTOMERS: tuple[Column, ...] = (
    Column("customer_id", "string"),
    Column("signup_date", "date", "date", nullable=True),
    Column("birth_date", "date", "date", nullable=True),
    Column("age", "int64", "years", nullable=True),
    Column("gender", "string", nullable=True),
    Column("region", "string", nullable=True),
    Column("churned", "boolean", nullable=True),
    Column("churned_at", "date", "date", nullable=True),
    Column("known_from", "date", "date", nullable=True),
    Column("attributes", "string", nullable=True),
    Column("taken_in", "timestamp(6)", "timestamp"),
    Column("line_key", "string"),
)

CONTACT_TEXTS = ("email", "phone", "name")
CONTACT_FLAGS = ("consent_email", "consent_whatsapp", "suppressed", "no_profiling")
CONTACTS: tuple[Column, ...] = (
    Column("customer_id", "string"),
    *(Column(name, "string", nullable=True) for name in CONTACT_TEXTS),
    *(Column(name, "boolean", nullable=True) for name in CONTACT_FLAGS),
)

QUARANTINE: tuple[Column, ...] = (
    Column("source", "string"),
    Column("source_row", "int64"),
    Column("rule", "string"),
    Column("table", "string"),
    Column("customer_id", "string", nullable=True),
    Column("ordered_local", "timestamp(6)", "timestamp", nullable=True),
    Column("amount", MONEY, "amount", nullable=True),
    Column("line", "string"),
    Column("taken_in", "timestamp(6)", "timestamp"),
    Column("line_key", "string"),
    Column("line_no", "int64"),
)
