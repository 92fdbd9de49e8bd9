"""Understand a source's columns: which of them are ours."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from clientela.config import Source

Role = Literal["transactions", "customers"]
NO_CURRENCY = "XXX"  # ISO 4217: transactions where no currency is involved


@dataclass(frozen=True)
class Mapping:
    """How the columns of a source become ours.

    Parameters
    ----------
    layout : str
        The preset's name, or ``configured``.
    role : "transactions" or "customers"
        The canonical table the source fills.
    columns : dict
        Our column -> the source's column.
    timezone : str
        IANA zone of the source's local times.
    currency : str
        ISO 4217 code of all amounts where no column tells; ``XXX`` where nobody told.
    announcement : str
        One sentence for the user: "read as UCI Online Retail: InvoiceNo is order_id, …".
    cancel_prefix : str
        What order ids of cancellations begin with in this layout; empty where there is no mark.
    extra : tuple of str
        Columns of a customers file that are none of ours and become attributes.
    """

    layout: str
    role: Role
    columns: dict[str, str]
    timezone: str = "UTC"
    currency: str = NO_CURRENCY
    announcement: str = ""
    cancel_prefix: str = ""
    extra: tuple[str, ...] = field(default=())

    @property
    def derived_order(self) -> bool:
        """Whether an order is all that a customer bought on a local day."""
        return self.role == "transactions" and "order_id" not in self.columns

    @property
    def priced(self) -> bool:
        """Whether the source tells prices, and not amounts alone."""
        return "unit_price" in self.columns


def resolve(
    columns: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    settings: Source,
    role: Role,
) -> Mapping:
    """Understand the columns of a source by its configuration or as a known layout.

    Raises
    ------
    MappingError
        The layout is unknown, or a configured column is not there.
    """
    raise NotImplementedError
