"""The lists there are, and their columns."""

from dataclasses import dataclass

from clientela.report.lists.columns import Column, feature, own

_WHO = own("customer_id", width=18)
_SEGMENT = own("segment_name", width=24)
_FIGURES = (
    feature("revenue_365d", "money"),
    feature("orders_365d", "count"),
    feature("days_since_last", "count"),
)
_EXPECTED = own("expected_revenue", "money", 18)
_SOURCE = (own("as_of", "date"), own("run_id", width=24))


@dataclass(frozen=True)
class CustomerList:
    """A list: its name, which is also part of the file's, and its columns."""

    name: str
    columns: tuple[Column, ...]

    @property
    def title_key(self) -> str:
        """The key of its title in the catalogues."""
        return f"list.title.{self.name}"


INSIDERS = CustomerList(
    "insiders",
    (
        _WHO,
        own("status"),
        own("since", "date"),
        own("leaves_on", "date"),
        own("reason", width=60),
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
        own("missing", width=60),
        own("deadline", "date"),
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
        own("segment_confidence", "share"),
        own("status"),
        own("since", "date"),
        feature("revenue", "money"),
        feature("orders", "count"),
        *_FIGURES,
        feature("average_order_value", "money"),
        feature("products", "count"),
        feature("last_order_date", "date"),
        *_SOURCE,
    ),
)
AT_RISK = CustomerList(
    "at-risk",
    (
        _WHO,
        own("churn_probability", "share"),
        own("risk"),
        own("expected_loss", "money", 18),
        own("reasons", width=60),
        _SEGMENT,
        own("status"),
        *_FIGURES,
        _EXPECTED,
        own("clv", "money", 18),
        own("next_order", "date", 16),
        *_SOURCE,
    ),
)
MEMBERS = {None: INSIDERS, "member": INSIDERS, "leaving": INSIDERS, "candidate": CANDIDATES}
"""The list of a status of the programme; none is all but the candidates."""
