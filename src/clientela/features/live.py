"""The snapshot of customers whose lines come with the question, by the very same expressions.

The expressions are those of :mod:`clientela.features.snapshot`, as kept for DuckDB. They
are cut once to the features that are wanted, and evaluated on the lines that come.
"""

import datetime as dt
from collections.abc import Collection

import pyarrow as pa

from clientela.contract.features import FEATURES
from clientela.engine.statement import Statement
from clientela.features.snapshot_sql import parametrised_sql
from clientela.store.arrow_schemas import ARROW_TYPES

KEY = "customer_id"
MONEY = pa.decimal128(18, 4)
LINES = pa.schema(
    [
        (KEY, pa.string()),
        ("order_id", pa.string()),
        ("product_id", pa.string()),
        ("quantity", MONEY),
        ("amount", MONEY),
        ("ordered_local", pa.timestamp("us")),
        ("kind", pa.string()),
        ("returns_order_id", pa.string()),
        ("country", pa.string()),
        ("channel", pa.string()),
        ("service", pa.string()),
        ("category", pa.string()),
    ]
)
"""The columns of the canonical transactions that features are made of."""
PEOPLE = pa.schema(
    [
        (KEY, pa.string()),
        ("signup_date", pa.date32()),
        ("birth_date", pa.date32()),
        ("age", pa.int64()),
        ("gender", pa.string()),
        ("region", pa.string()),
        ("known_from", pa.date32()),
    ]
)
"""The columns of the canonical customers that features are made of."""


class LiveSnapshot:
    """Snapshots of posted customers, prepared once; threads may share it.

    Parameters
    ----------
    names : collection of str
        Features wanted, of the catalogue.
    """

    def __init__(self, names: Collection[str]) -> None:
        features = [feature for feature in FEATURES if feature.name in names]
        self.schema = pa.schema(
            [
                (KEY, pa.string()),
                *((feature.name, ARROW_TYPES[feature.dtype]) for feature in features),
            ]
        )
        tables = {"transactions": LINES, "customers": PEOPLE}
        self._statement = Statement(parametrised_sql(), tables, self.schema)

    def of(self, lines: pa.Table, people: pa.Table, as_of: dt.date) -> pa.Table:
        """Describe every customer with a sale, as known at the end of a day.

        Parameters
        ----------
        lines : pa.Table
            Of :data:`LINES`, any number of customers.
        people : pa.Table
            Of :data:`PEOPLE`, at most one row a customer.
        as_of : datetime.date
            The last local day whose lines count.

        Returns
        -------
        pa.Table
            ``customer_id`` and the features wanted, in no certain order of rows.
        """
        return self._statement.answer(as_of, {"transactions": lines, "customers": people})

    def close(self) -> None:
        """Free what it holds."""
        self._statement.close()
