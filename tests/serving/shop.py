"""A small shop's results, published for the API to serve."""

import datetime as dt
from decimal import Decimal

import pyarrow as pa

from clientela.contract.features import FEATURES
from clientela.store.publish import publish
from clientela.store.record import RunRecord
from tests.serving.programme import SINCE, answers, programme_tables_of, status_of_place

NOW = dt.datetime(2011, 12, 10, 9, 30, tzinfo=dt.UTC)
SEGMENTS = (1, 2, 3)
CUSTOMERS = 60
RETURNS_ONLY = "16999"
FORMULA = "=HYPERLINK(1)/0001-90"
IDS = sorted([*(str(17_800 + number) for number in range(CUSTOMERS - 1)), FORMULA])


def record(number: int) -> RunRecord:
    return RunRecord(
        run_id=f"20111210T{number:06d}",
        as_of=dt.date(2011, 12, 8) + dt.timedelta(days=number),
        started_at=NOW,
        finished_at=NOW + dt.timedelta(seconds=number),
        version="0.1.0",
        engine="duckdb",
        currency="GBP",
        timezone="Europe/London",
        data_hash="d",
        config_hash="c",
        model_id="m",
        rows_in=100,
        rows_canonical=90,
        rows_quarantined=10,
        rows_already_held=0,
        customers=CUSTOMERS,
        net_amount=1234.5,
        unidentified_share=0.1,
        seconds={"clean": 1.5},
        summary={"programme": {"name": "Clube Ação"}},
    )


def publish_shop(
    url: str, number: int = 1, *, shift: int = 0, keep_runs: int = 10, smallest: int | None = None
) -> RunRecord:
    """Publish a run; ``shift`` moves every customer so many segments on.

    ``smallest`` is how many customers the first segment says it has.
    """
    run = record(number)
    tables = {
        "customers": customers(shift),
        "segments": segments(smallest),
        "no_purchases": strangers(),
    }
    tables |= programme_tables() | {"answers": answers(), "figures": figures()}
    publish(url, run, tables, keep_runs=keep_runs)
    return run


def status_of(customer_id: str) -> str | None:
    """Give the customer's place in the programme."""
    return status_of_place(IDS.index(customer_id))


def programme_tables() -> dict[str, pa.Table]:
    return programme_tables_of(IDS)


def segment_of(customer_id: str, shift: int = 0) -> int | None:
    """Give the segment; every twentieth customer has none."""
    place = IDS.index(customer_id)
    return None if place % 20 == 19 else SEGMENTS[(place + shift) % len(SEGMENTS)]


def city_of(customer_id: str) -> str:
    """Give where a customer lives, as the firm's own file has it."""
    return ("Recife", "São Luís")[IDS.index(customer_id) % 2]


def customers(shift: int) -> pa.Table:
    found = [segment_of(each, shift) for each in IDS]
    features = {
        "int64": [7] * CUSTOMERS,
        "float64": [-12.5] * CUSTOMERS,
        "string": ["@SUM(A1)"] * CUSTOMERS,
        "date": [dt.date(2011, 11, 30)] * CUSTOMERS,
    }
    return pa.table(
        {
            "customer_id": IDS,
            "segment": pa.array(found, pa.int64()),
            "segment_confidence": [None if each is None else 0.75 for each in found],
            "rfm_segment": ["champions"] * CUSTOMERS,
            **{f"{name}_score": [5] * CUSTOMERS for name in "rfm"},
            **{each.name: features[each.dtype] for each in FEATURES},
            "gap_days_std": pa.nulls(CUSTOMERS, pa.float64()),
            "attributes": [
                f'{{"loyalty_card":true,"city":"{city_of(each)}","fee":1.5}}' for each in IDS
            ],
            "insider": [status_of(each) for each in IDS],
            "insider_since": [SINCE if status_of(each) == "member" else None for each in IDS],
        }
    )


def segments(smallest: int | None = None) -> pa.Table:
    count = len(SEGMENTS)
    usual = CUSTOMERS // count
    return pa.table(
        {
            "segment": SEGMENTS,
            "name_en": [f"Segment {each}" for each in SEGMENTS],
            "name_pt_br": [f"Segmento nº {each}" for each in SEGMENTS],
            "description_en": ["They buy often."] * count,
            "description_pt_br": ["Compram com frequência."] * count,
            "customers": [smallest or usual, *[usual] * (count - 1)],
            "customers_share": [1 / count] * count,
            "revenue": [Decimal("411.5000")] * count,
            "revenue_share": [1 / count] * count,
            "profile": ['{"orders": {"median": 7.0, "mean": 7.5, "index": null}}'] * count,
        }
    )


def strangers() -> pa.Table:
    return pa.table(
        {
            "customer_id": [RETURNS_ONLY],
            "lines": [2],
            "returned_amount": [Decimal("5.5000")],
            "fees_amount": [Decimal("0")],
            "first_seen": [dt.date(2011, 1, 2)],
            "last_seen": [dt.date(2011, 3, 4)],
        }
    )


def figures() -> pa.Table:
    """Return a figure, with its interval."""
    ends = {"value": 310.5, "low": 200.0, "high": 400.0, "horizon_days": 90}
    row = {"name": "expected_revenue_known", "unit": "amount", **ends}
    meanings = {"meaning_en": "Revenue expected.", "meaning_pt_br": "Receita esperada."}
    return pa.Table.from_pylist([row | meanings])
