"""Lists of customers for people: which there are, their columns, and their cells."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from clientela.contract.features import find_feature
from clientela.contract.results import CHURN_BANDS
from clientela.files.csv_lines import MARK
from clientela.i18n import NO_CURRENCY, Lang, format_exact_amount, t
from clientela.store.record import RunRecord
from clientela.store.row_types import Row

ColumnKind = Literal["text", "date", "money", "count", "share", "flag"]


@dataclass(frozen=True)
class ListColumn:
    """A column of a list.

    Parameters
    ----------
    name : str
        Name in Parquet and in the rows.
    kind : str
        ``text``, ``date``, ``money`` (2 decimals), ``count`` or ``share`` (0 to 1).
    label_key : str
        Key of the heading in the catalogues.
    width : int
        Characters in a workbook.
    title : str
        The heading in every language, where a program asks for it; else the catalogue's.
    """

    name: str
    kind: ColumnKind
    label_key: str
    width: int = 14
    title: str = ""

    def heading(self, lang: Lang, currency: str | None) -> str:
        """Return the heading, money with its currency.

        Examples
        --------
        >>> feature_column("revenue_365d", "money").heading("pt_BR", "BRL")
        'Receita em 12 meses (BRL)'
        """
        label = self.title or t(self.label_key, lang)
        return f"{label} ({currency})" if self.kind == "money" and currency else label


def feature_column(name: str, kind: ColumnKind) -> ListColumn:
    """Return the column of a feature, under the feature's own name."""
    return ListColumn(name, kind, f"feature.{name}.label", 16)


def list_column(name: str, kind: ColumnKind = "text", width: int = 14) -> ListColumn:
    """Return a column that only lists have."""
    return ListColumn(name, kind, f"list.{name}", width)


_CUSTOMER = list_column("customer_id", width=18)
_SEGMENT = list_column("segment_name", width=24)
_ACTIVITY = (
    feature_column("revenue_365d", "money"),
    feature_column("orders_365d", "count"),
    feature_column("days_since_last", "count"),
)
_EXPECTED = list_column("expected_revenue", "money", 18)
_RISK = (
    list_column("churn_probability", "share"),
    list_column("risk"),
    list_column("next_order", "date", 16),
)
_SOURCE = (list_column("as_of", "date"), list_column("run_id", width=24))


@dataclass(frozen=True)
class CustomerList:
    """A list: its name, which is also part of the file's, and its columns."""

    name: str
    columns: tuple[ListColumn, ...]
    mark: bytes = MARK
    """What a CSV begins with; spreadsheets need it, programs do not know it."""


INSIDERS = CustomerList(
    "insiders",
    (
        _CUSTOMER,
        list_column("status"),
        list_column("since", "date"),
        list_column("leaves_on", "date"),
        list_column("reason", width=60),
        _EXPECTED,
        *_RISK,
        _SEGMENT,
        *_ACTIVITY,
        list_column("tier"),
        list_column("tier_ends_on", "date", 18),
        *_SOURCE,
    ),
)
CANDIDATES = CustomerList(
    "candidates",
    (
        _CUSTOMER,
        list_column("missing", width=60),
        list_column("deadline", "date"),
        list_column("to_go"),
        _EXPECTED,
        *_RISK,
        _SEGMENT,
        *_ACTIVITY,
        *_SOURCE,
    ),
)
SEGMENT = CustomerList(
    "segment",
    (
        _CUSTOMER,
        _SEGMENT,
        list_column("segment_confidence", "share"),
        _EXPECTED,
        *_RISK,
        list_column("reasons", width=60),
        list_column("status"),
        list_column("since", "date"),
        feature_column("revenue", "money"),
        feature_column("orders", "count"),
        *_ACTIVITY,
        feature_column("average_order_value", "money"),
        feature_column("products", "count"),
        feature_column("last_order_date", "date"),
        *_SOURCE,
    ),
)
AT_RISK = CustomerList(
    "at-risk",
    (
        _CUSTOMER,
        list_column("churn_probability", "share"),
        list_column("risk"),
        list_column("contact_rank", "count"),
        list_column("expected_revenue_if_active", "money", 18),
        list_column("expected_revenue_churn_days", "money", 18),
        list_column("expected_loss", "money", 18),
        list_column("expected_loss_margin", "money", 18),
        list_column("reasons", width=60),
        _SEGMENT,
        list_column("status"),
        *_ACTIVITY,
        list_column("expected_revenue_long", "money", 18),
        list_column("clv", "money", 18),
        list_column("next_order", "date", 16),
        *_SOURCE,
    ),
)
_ADDRESSED = (
    _CUSTOMER,
    _EXPECTED,
    *_RISK,
    list_column("reasons", width=60),
    _SEGMENT,
    list_column("status"),
    *_ACTIVITY,
    feature_column("average_order_value", "money"),
    feature_column("products", "count"),
    feature_column("last_order_date", "date"),
    *_SOURCE,
)
ACTION = CustomerList("action", _ADDRESSED)
AUDIENCE = CustomerList("audience", _ADDRESSED)
CUSTOMERS = CustomerList("customers", _ADDRESSED)
CHANGES = CustomerList("changes", (_CUSTOMER, *_SOURCE))
PROPENSITY = CustomerList(
    "propensity",
    (
        _CUSTOMER,
        list_column("propensity", "share"),
        _EXPECTED,
        _SEGMENT,
        list_column("status"),
        *_ACTIVITY,
        feature_column("last_order_date", "date"),
        *_SOURCE,
    ),
)
LIST_OF_STATUS = {None: INSIDERS, "member": INSIDERS, "leaving": INSIDERS, "candidate": CANDIDATES}
"""The list of a status of the programme; none is all but the candidates."""

DECIMALS = {"money": 2, "share": 4}  # cents; hundredths of a per cent
STATUSES = ("member", "leaving", "candidate")


class ListContent:
    """The headings and cells of a list of one run in one language.

    Parameters
    ----------
    kind : CustomerList
        Which list.
    run : RunRecord
        The run of the rows.
    names : mapping
        Segment to its name in the language.
    lang : str
        ``en`` or ``pt_BR``.
    """

    def __init__(
        self, kind: CustomerList, run: RunRecord, names: Mapping[int, str], lang: Lang
    ) -> None:
        self.kind, self.run, self.names, self.lang = kind, run, names, lang

    @property
    def title(self) -> str:
        """The title of the list."""
        return t(f"list.title.{self.kind.name}", self.lang)

    @property
    def dialect(self) -> Lang:
        """Whose spreadsheet reads the CSV; what goes to a program is written as in English."""
        return self.lang if self.kind.mark else "en"

    def header(self) -> list[str]:
        """Return the headings of the columns."""
        currency = None if self.run.currency == NO_CURRENCY else self.run.currency
        return [column.heading(self.lang, currency) for column in self.kind.columns]

    def cells(self, rows: Iterable[Row]) -> Iterable[Sequence[object]]:
        """Yield the cells of rows of ``customers`` or ``programme_members``, in order."""
        columns = [(column.name, DECIMALS.get(column.kind)) for column in self.kind.columns]
        labels = {code: t(f"list.status.{code}", self.lang) for code in STATUSES}
        if self.run.programme.get("state") == "not_launched":
            labels["member"] = t("list.status.launch", self.lang)
        labels |= {code: t(f"list.risk.{code}", self.lang) for code in CHURN_BANDS}
        for row in rows:
            completed = row | self._derive(row, labels)
            yield [_round(completed[name], decimals) for name, decimals in columns]

    def _derive(self, row: Row, labels: Mapping[str, str]) -> Row:
        """Return what is shown otherwise than the row holds it."""
        segment, lang = row["segment"], self.lang.lower()
        reason = row.get(f"reason_{lang}")
        return {
            "segment_name": self.names.get(segment) if isinstance(segment, int) else None,
            "status": labels.get(str(row["status"] if "status" in row else row["insider"])),
            "since": row["since"] if "since" in row else row["insider_since"],
            "reason": reason,
            "missing": reason,
            "to_go": write_to_go(row.get("missing"), self.lang, self.run.currency),
            "risk": labels.get(str(row.get("churn_band"))),
            "reasons": row.get(f"churn_reasons_{lang}"),
            "as_of": self.run.as_of,
            "run_id": self.run.run_id,
        }


def write_to_go(missing: object, lang: Lang, currency: str | None) -> str | None:
    """Write what a candidate lacks in few letters: an amount, or orders.

    Examples
    --------
    >>> write_to_go({"orders": 2.0}, "en", None), write_to_go({"orders": 1.0}, "pt_BR", None)
    ('2 orders', '1 pedido')
    """
    if not isinstance(missing, dict) or not missing:
        return None
    amounts = [value for name, value in missing.items() if find_feature(name).unit == "amount"]
    if amounts:
        return format_exact_amount(max(amounts), lang, currency)
    orders = int(max(missing.values()))
    form = "one" if orders == 1 else "other"
    return t(f"list.to_go.orders.{form}", lang, n=orders)


def _round(value: object, decimals: int | None) -> object:
    return round(value, decimals) if decimals and isinstance(value, float) else value
