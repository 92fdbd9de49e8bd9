"""The lists there are, and their columns."""

from dataclasses import dataclass

from clientela.report.lists.columns import ListColumn, feature_column, list_column

_WHO = list_column("customer_id", width=18)
_SEGMENT = list_column("segment_name", width=24)
_FIGURES = (
    feature_column("revenue_365d", "money"),
    feature_column("orders_365d", "count"),
    feature_column("days_since_last", "count"),
)
_EXPECTED = list_column("expected_revenue", "money", 18)
_SOURCE = (list_column("as_of", "date"), list_column("run_id", width=24))


@dataclass(frozen=True)
class CustomerList:
    """A list: its name, which is also part of the file's, and its columns."""

    name: str
    columns: tuple[ListColumn, ...]

    @property
    def title_key(self) -> str:
        """The key of its title in the catalogues."""
        return f"list.title.{self.name}"


INSIDERS = CustomerList(
    "insiders",
    (
        _WHO,
        list_column("status"),
        list_column("since", "date"),
        list_column("leaves_on", "date"),
        list_column("reason", width=60),
        _SEGMENT,
        *_FIGURES,
        _EXPECTED,
        *_SOURCE,
    ),
)
CANDIDATES = CustomerList(
    "candidates",
    (
        _WHO,
        list_column("missing", width=60),
        list_column("deadline", "date"),
        _SEGMENT,
        *_FIGURES,
        _EXPECTED,
        *_SOURCE,
    ),
)
SEGMENT = CustomerList(
    "segment",
    (
        _WHO,
        _SEGMENT,
        list_column("segment_confidence", "share"),
        list_column("status"),
        list_column("since", "date"),
        feature_column("revenue", "money"),
        feature_column("orders", "count"),
        *_FIGURES,
        feature_column("average_order_value", "money"),
        feature_column("products", "count"),
        feature_column("last_order_date", "date"),
        *_SOURCE,
    ),
)
AT_RISK = CustomerList(
    "at-risk",
    (
        _WHO,
        list_column("churn_probability", "share"),
        list_column("risk"),
        list_column("expected_loss", "money", 18),
        list_column("reasons", width=60),
        _SEGMENT,
        list_column("status"),
        *_FIGURES,
        _EXPECTED,
        list_column("clv", "money", 18),
        list_column("next_order", "date", 16),
        *_SOURCE,
    ),
)
LIST_OF_STATUS = {None: INSIDERS, "member": INSIDERS, "leaving": INSIDERS, "candidate": CANDIDATES}
"""The list of a status of the programme; none is all but the candidates."""
