"""The shop of the rehearsal: two years of sales, and what befalls the second one."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from clientela.simulate import RetailSettings, simulate_retail

Row = dict[str, str]
FIRST_DAY, FIRST_WEEK, LAST_DAY = dt.date(2022, 1, 3), dt.date(2023, 1, 2), dt.date(2023, 12, 31)
WEEK = dt.timedelta(days=7)
WEEKS = 52
NEW_IDS, NEW_ORDERS = 50_000, 400_000
"""What is added to the ids and orders of the year's newcomers, so that they meet nobody else's."""
HEADER = (
    "InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID",
    "Country", "Channel",
)  # fmt: skip
PRICE_RISE = Decimal("1.4")
APP_SHARE, CUT_SHARE = 3, 0.4
LEAVING_A_WEEK = 0.02
PROMOTION_PRICE, PROMOTION_ORDERS = Decimal("0.7"), 2
PRICES, CHANNEL, COLUMN, CUT, AGAIN, DOUBLE, LEAVING, CLOCK, PROMOTION = (
    8, 14, 18, 22, 26, 30, 32, 43, 46,
)  # fmt: skip
"""The weeks in which something happens."""


class Incident(NamedTuple):
    """What befalls the shop: when, which checks could tell, and what the rehearsal does about it.

    ``weeks`` is how long an alarm is still its own, ``remedy`` what is delivered a week later.
    """

    name: str
    week: int
    weeks: int
    checks: tuple[str, ...]
    remedy: str = ""


VOLUME = ("rows", "customers", "money")
LOST = (*VOLUME, "drift", "moved_share")
MODELS = (
    "churn_auc", "churn_level", "churn_auc_estimated", "realised_revenue_known",
    "realised_revenue_members", "value_coverage",
)  # fmt: skip
INCIDENTS = (
    Incident("prices rise by 40 %", PRICES, 26, (*VOLUME, "drift", *MODELS)),
    Incident("a third of the orders by a new channel", CHANNEL, 4, ("new_values",)),
    Incident("an export without its column of quantities", COLUMN, 2, (), "the whole export"),
    Incident("an export cut after 40 % of its lines", CUT, 2, LOST, "the whole export"),
    Incident("last week's file once more beside this week's", AGAIN, 2, LOST),
    Incident("an export that holds every line twice", DOUBLE, 2, LOST, "the sound export"),
    Incident("the clock goes back in the night of an order", CLOCK, 1, ("refused_share",)),
    Incident("regular customers leave, 2 % more of them a week", LEAVING, 21, (*MODELS, "drift")),
    Incident("a promotion: three times the orders at 30 % off", PROMOTION, 4, (*VOLUME, "drift")),
)


def write_shop(folder: Path, customers: int, seed: int) -> list[list[Row]]:
    """Simulate the shop and return its true lines: those of the first year, then week by week.

    The newcomers of the second year, half as many again, make it grow.
    """
    rows: list[Row] = []
    for name, count, first, added in (
        ("old", customers, FIRST_DAY, 0),
        ("new", customers // 2, FIRST_WEEK, 1),
    ):
        shop = RetailSettings(
            customers=count, seed=seed + added, start=first, end=LAST_DAY, fee_share=0.0,
            dirty_share=0.0, duplicate_share=0.0, cancelled_share=0.0,
        )  # fmt: skip
        source = simulate_retail(folder / name, shop).transactions
        with source.open(encoding="utf-8", newline="") as file:
            rows += [_add_newcomer(row) if added else row for row in csv.DictReader(file)]
    weeks: list[list[Row]] = [[] for _ in range(WEEKS + 1)]
    for row in rows:
        day = dt.date.fromisoformat(row["InvoiceDate"][:10])
        weeks[max((day - FIRST_WEEK).days // 7 + 1, 0)].append(row | {"Channel": "store"})
    return [_befall(week, number) for number, week in enumerate(weeks)]


def _add_newcomer(row: Row) -> Row:
    mark, number = ("C", row["InvoiceNo"][1:]) if row["InvoiceNo"][0] == "C" else ("", "")
    row["InvoiceNo"] = f"{mark}{int(number or row['InvoiceNo']) + NEW_ORDERS}"
    if row["CustomerID"]:
        row["CustomerID"] = str(int(row["CustomerID"]) + NEW_IDS)
    return row


def _befall(rows: list[Row], week: int) -> list[Row]:
    """Let what changes the shop itself, rather than its export, happen in a week."""
    if week >= LEAVING:
        rows = [row for row in rows if not _has_left(row, week)]
    if week >= PRICES:
        rows = [row | {"UnitPrice": str(Decimal(row["UnitPrice"]) * PRICE_RISE)} for row in rows]
    if week >= CHANNEL:
        rows = [row | {"Channel": _choose_channel(row)} for row in rows]
    if week == CLOCK:
        rows = [_move_into_the_hour(row) for row in rows]
    if week == PROMOTION:
        rows = rows + [
            copy
            for number in range(1, PROMOTION_ORDERS + 1)
            for row in rows
            if (copy := _promote(row, number)) is not None
        ]
    return rows


def _has_left(row: Row, week: int) -> bool:
    """Let ever more of the customers of old buy no more, the same ones for good."""
    person = row["CustomerID"]
    is_old = person and int(person) < NEW_IDS
    return bool(is_old) and int(person) * 7919 % 1000 < 1000 * LEAVING_A_WEEK * (week - LEAVING + 1)


def _choose_channel(row: Row) -> str:
    return "app" if int(row["InvoiceNo"].lstrip("C")) % APP_SHARE == 0 else "store"


def _move_into_the_hour(row: Row) -> Row:
    """Put the orders of the Sunday on which the clock goes back into the hour that comes twice."""
    moment = row["InvoiceDate"]
    return row | {"InvoiceDate": f"2023-10-29 01:{moment[14:]}"} if "-10-29 " in moment else row


def _promote(row: Row, number: int) -> Row | None:
    if row["InvoiceNo"].startswith("C"):
        return None
    price = Decimal(row["UnitPrice"]) * PROMOTION_PRICE
    order = int(row["InvoiceNo"]) + number * 2 * NEW_ORDERS
    return row | {"InvoiceNo": str(order), "UnitPrice": str(price)}


def write_files(folder: Path, weeks: Sequence[list[Row]], week: int) -> list[Path]:
    """Write what the shop's system delivers for a week, sound or not; the remedies come with it."""
    texts = {f"week-{week:02d}.csv": _spoil(weeks[week], week)}
    before = week - 1
    if any(incident.remedy and incident.week == before for incident in INCIDENTS):
        texts = {f"week-{before:02d}-again.csv": _to_csv(weeks[before])} | texts
    if week == AGAIN:
        texts = {f"week-{before:02d}.csv": _to_csv(weeks[before])} | texts
    files = folder / "files"
    files.mkdir(exist_ok=True)
    for name, text in texts.items():
        (files / name).write_text(text, "utf-8")
    return [files / name for name in texts]


def _spoil(rows: list[Row], week: int) -> str:
    spoilers: dict[int, Callable[[], str]] = {
        COLUMN: lambda: _to_csv(rows, tuple(name for name in HEADER if name != "Quantity")),
        CUT: lambda: _to_csv(rows[: int(len(rows) * CUT_SHARE)]),
        DOUBLE: lambda: _to_csv([row for row in rows for _ in range(2)]),
    }
    return spoilers.get(week, lambda: _to_csv(rows))()


def _to_csv(rows: Sequence[Row], header: tuple[str, ...] = HEADER) -> str:
    target = io.StringIO()
    writer = csv.DictWriter(target, header, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue()


def sum_lines(rows: Sequence[Row]) -> Decimal:
    """Add up what was paid for lines, and given back."""
    return sum((Decimal(row["Quantity"]) * Decimal(row["UnitPrice"]) for row in rows), Decimal(0))
