"""The columns of a list of customers: which ones stand there, in which order, and their cells."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from clientela.serving.dashboard.builder import name_column, write_choice
from clientela.serving.dashboard.frame import Page
from clientela.store.filter_attributes import read_attribute, write_attribute
from clientela.store.filters import DERIVED, list_filter_columns
from clientela.store.read import Row

COLUMNS = (
    "revenue_365d",
    "orders",
    "last_order_date",
    "next_order",
    "churn_probability",
    "expected_revenue",
)
MOST_COLUMNS = 12  # by convention: what a screen holds
NOT_SHOWN = (*DERIVED, "customer_id", "segment", "insider")  # they stand first, or are no value


def list_shown() -> list[str]:
    """List the columns of ours that a list of customers may show."""
    return [name for name in list_filter_columns() if name not in NOT_SHOWN]


def choose_columns(written: Sequence[str], attributes: Iterable[str]) -> tuple[str, ...]:
    """Return the columns that an address names, those that a list has by itself where none."""
    names = dict.fromkeys(name for part in written for name in part.split(","))
    allowed = {*list_shown(), *map(write_attribute, attributes)}
    return tuple(name for name in names if name in allowed)[:MOST_COLUMNS] or COLUMNS


def write_columns(columns: Sequence[str]) -> str:
    """Write columns as an address has them; empty for those that a list has by itself."""
    return "" if columns == COLUMNS else ",".join(columns)


def arrange_columns(
    page: Page, columns: Sequence[str], query: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """List the columns shown with the addresses that move each one forward or take it out."""

    def link(names: Sequence[str]) -> str:
        return page.link("customers", **query, columns=",".join(names))

    arranged = []
    for index, name in enumerate(columns):
        remaining = [other for other in columns if other != name]
        forward = [*remaining[: index - 1], name, *remaining[index - 1 :]] if index else []
        arranged.append(
            (
                name_column(page, name),
                (forward and link(forward)) or "",
                link(remaining) if remaining else "",
            )
        )
    return arranged


def write_cell(page: Page, row: Row, name: str, names: Any) -> str:
    """Write a value of a customer, in words where it has a name."""
    attribute = read_attribute(name)
    own = row["attributes"] if isinstance(row["attributes"], dict) else {}
    value = row[name] if attribute is None else own.get(attribute)
    return page.write(None) if value is None else write_choice(page, name, value, names)
