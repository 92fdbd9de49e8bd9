"""Evidence on churn: bands of risk, money at stake by contacts made, other horizons."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.report.answer import AnswerTable, Axis, Chart, Mark, Series, Tone
from clientela.report.answers.queries import (
    GONE,
    SCORED,
    Doubles,
    Rows,
    list_segments,
    name_segments,
    read_numbers,
)
from clientela.report.formatter import Formatter, TableColumn, fold
from clientela.report.report_data import ReportData

SPENT, LOSS = "revenue_365d", "expected_loss"
MOST_STEPS = 10  # rows of the table; the chart shows all
STAKES: tuple[tuple[str, Tone], ...] = (
    ("at_stake", "accent"),
    ("at_stake_revenue", "quiet"),
    ("at_stake_random", "signal"),
)
"""Orders of contacting, with their colours."""
HORIZON_SHARES: tuple[tuple[str, Tone], ...] = (
    ("churn_share", "accent"),
    ("returned_share", "signal"),
)


def sum_bands(data: ReportData) -> Rows:
    """Return the bands that hold anybody, the riskiest first; none where nobody is scored."""
    table = data.table("customers")
    if table is None or "churn_band" not in table.column_names:
        return []
    band_of = np.asarray(table["churn_band"].to_pylist(), dtype=object)
    risk, money = read_numbers(table, "churn_probability"), read_numbers(table, SPENT)
    loss = read_numbers(table, LOSS) if LOSS in table.column_names else np.full(len(table), np.nan)
    masks = {name: band_of == name for name in (*SCORED, GONE)}
    rows: Rows = pa.table(
        {
            "band": list(masks),
            "customers": [int(mask.sum()) for mask in masks.values()],
            "revenue": [_aggregate(money[mask], np.nansum) for mask in masks.values()],
            "loss": [_aggregate(loss[mask], np.nansum) for mask in masks.values()],
            "probability": [_aggregate(risk[mask], np.nanmean) for mask in masks.values()],
        }
    ).to_pylist()
    return [row for row in rows if row["customers"]]


def _aggregate(values: Doubles, of: Any) -> float | None:
    return None if np.isnan(values).all() else float(of(values))


def draw_bands(bands: Rows, fmt: Formatter) -> Chart | None:
    """Draw how many customers each band holds."""
    if not bands:
        return None
    high = bands[0]["customers"] if bands[0]["band"] == "high" else 0
    customers = sum(row["customers"] for row in bands)
    return fmt.bars(
        "churn_bands",
        fmt.say(
            "risk.chart",
            n=fmt.number(high),
            customers=fmt.number(customers),
            share=fmt.share(high / customers),
        ),
        ((fmt.heading("band", row["band"]), float(row["customers"])) for row in bands),
        ("column.customers", "number"),
        "risk.note",
    )


def list_bands(
    bands: Rows, fmt: Formatter, days: int | None, *, judged: bool = True
) -> AnswerTable | None:
    """List the bands with the money at stake; the expected loss only where past dates judge it."""
    loss: list[TableColumn] = [("risk.loss", "money", "loss")] if judged else []
    customers = sum(row["customers"] for row in bands)
    return fmt.table(
        "churn_bands",
        fmt.say("risk.table" if judged else "risk.table_spent"),
        bands,
        [
            ("risk.band", "text", lambda row: fmt.heading("band", row["band"])),
            ("column.customers", "number", "customers"),
            ("column.customers_share", "share", lambda row: row["customers"] / customers),
            ("risk.probability", "share", "probability"),
            ("risk.at_stake", "money", "revenue"),
            *loss,
        ],
        note=fmt.say("risk.table_note", days=fmt.number(days)) if judged and days else "",
    )


def draw_risk_by_segment(data: ReportData, bands: Rows, fmt: Formatter) -> Chart | None:
    """Draw the money at stake by segment and band."""
    table, names = data.table("customers"), name_segments(data, fmt)
    if table is None or not {"segment", SPENT} <= {*table.column_names}:
        return None
    if len(names) < 2 or not bands:
        return None
    codes = [row["band"] for row in bands]
    band_of = np.asarray(table["churn_band"].to_pylist(), dtype=object)
    segment_of = np.asarray(pc.fill_null(table["segment"], -1))
    money = np.nan_to_num(read_numbers(table, SPENT))
    sums = {
        row["segment"]: tuple(
            float(money[(segment_of == row["segment"]) & (band_of == code)].sum()) for code in codes
        )
        for row in list_segments(data)
    }
    riskiest = max(sums, key=lambda segment: sums[segment][0])
    return Chart(
        key="risk_by_segment",
        title=fmt.say(
            "risk.segments",
            name=names[riskiest],
            band=fmt.label("band", codes[0]),
            amount=fmt.short(sums[riskiest][0]),
        ),
        kind="heat",
        categories=tuple(fmt.heading("band", code) for code in codes),
        value=Axis(fmt.say("risk.at_stake"), "money"),
        series=tuple(Series(names[segment], values) for segment, values in sums.items()),
        note=fmt.say("risk.segments_note"),
        currency=fmt.currency,
    )


def compare_orders(row: Mapping[str, Any], fmt: Formatter) -> str:
    """Say how the list's order did on past dates beside the plainest one, by past revenue.

    Of the order by past revenue no interval is known: beyond that of the list it differs surely.
    """
    other, stake = row["at_stake_revenue"], row["at_stake"]
    low, high = row["at_stake_low"], row["at_stake_high"]
    if None in (other, stake, low, high) or not stake:
        return ""
    key = "better" if other < low else "worse" if other > high else "same"
    texts = {"other": other, "stake": stake, "low": low, "high": high}
    return fmt.count(
        f"contacts.order_{key}",
        row["contacts"],
        **{name: fmt.money(value) for name, value in texts.items()},
    )


def draw_contacts(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw the money at stake by contacts made, in three orders."""
    rows = data.sorted_by("churn_contacts", "position")
    if len(rows) < 2:
        return None
    last = next((row for row in rows if row["chosen"]), rows[-1])
    share, stake = fmt.share(last["contacts_share"]), fmt.money(last["at_stake"])
    return Chart(
        key="contacts",
        title=fmt.say("contacts.chart", share=share, stake=stake),
        kind="lines",
        category=Axis(fmt.say("contacts.axis"), "share"),
        value=Axis(fmt.say("contacts.at_stake"), "money"),
        series=tuple(_draw_stakes(rows, name, tone, fmt) for name, tone in STAKES),
        marks=tuple(
            Mark(float(row["contacts_share"]), fmt.say("contacts.mark"))
            for row in rows
            if row["chosen"]
        ),
        note=fmt.say("contacts.note"),
        currency=fmt.currency,
    )


def _draw_stakes(rows: Rows, name: str, tone: Tone, fmt: Formatter) -> Series:
    points = [row for row in rows if row[name] is not None]
    with_ends = name == "at_stake" and any(row["at_stake_low"] is not None for row in points)
    return Series(
        name=fmt.say(f"contacts.by_{name}"),
        values=tuple((float(row["contacts_share"]), float(row[name])) for row in points),
        low=tuple(row["at_stake_low"] for row in points) if with_ends else (),
        high=tuple(row["at_stake_high"] for row in points) if with_ends else (),
        tone=tone,
    )


def list_contacts(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    """List some numbers of contacts, the one nearest to the advice among them."""
    rows = data.sorted_by("churn_contacts", "position")
    step = max(1, -(-len(rows) // MOST_STEPS))
    return fold(
        fmt.table(
            "contacts",
            fmt.say("contacts.table"),
            [row for i, row in enumerate(rows) if row["chosen"] or i % step == 0],
            [
                ("contacts.contacts", "number", "contacts"),
                ("column.customers_share", "share", "contacts_share"),
                ("contacts.threshold", "money", "threshold"),
                ("contacts.at_stake", "money", "at_stake"),
                ("column.low", "money", "at_stake_low"),
                ("column.high", "money", "at_stake_high"),
                ("contacts.by_at_stake_revenue", "money", "at_stake_revenue"),
                ("contacts.by_at_stake_random", "money", "at_stake_random"),
                ("contacts.break_even", "share", "break_even_share"),
                *_head_profit(rows),
            ],
            strong="chosen",
        )
    )


def _head_profit(rows: Rows) -> list[TableColumn]:
    """Return the columns of the profit, where margin, cost and effect are known."""
    if all(row["profit"] is None for row in rows):
        return []
    return [
        ("contacts.profit", "money", "profit"),
        ("column.low", "money", "profit_low"),
        ("column.high", "money", "profit_high"),
    ]


def draw_horizons(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw the churn rate and the share who returned, by horizon."""
    rows = data.sorted_by("churn_horizons", "horizon_days")
    optimum = next((row for row in rows if row["chosen"]), None)
    if len(rows) < 2 or optimum is None or optimum["churn_share"] is None:
        return None
    days, share = fmt.number(optimum["horizon_days"]), fmt.share(optimum["churn_share"])
    return Chart(
        key="churn_horizons",
        title=fmt.say("horizons.chart", days=days, share=share),
        kind="lines",
        category=Axis(fmt.say("horizons.axis"), "number"),
        value=Axis(fmt.say("horizons.share"), "share"),
        series=tuple(
            Series(fmt.say(f"horizons.{name}"), _trace_share(rows, name), tone=tone)
            for name, tone in HORIZON_SHARES
        ),
        marks=(Mark(float(optimum["horizon_days"]), fmt.say("horizons.mark")),),
        note=fmt.say("horizons.note"),
    )


def _trace_share(rows: Rows, name: str) -> tuple[tuple[float, float], ...]:
    return tuple(
        (float(row["horizon_days"]), float(row[name])) for row in rows if row[name] is not None
    )


def list_horizons(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    """List the horizons that could be tried; none where a contract says who left."""
    rows = data.sorted_by("churn_horizons", "horizon_days")
    if all(row["churn_share"] is None for row in rows):
        return None
    return fold(
        fmt.table(
            "churn_horizons",
            fmt.say("horizons.table"),
            rows,
            [
                ("horizons.axis", "number", "horizon_days"),
                ("column.customers", "number", "customers"),
                ("horizons.churn_share", "share", "churn_share"),
                ("horizons.returned_share", "share", "returned_share"),
            ],
            strong="chosen",
        )
    )
