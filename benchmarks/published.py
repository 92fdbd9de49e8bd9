"""A results database of any number of customers, as a run would publish it, every column filled."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa

from clientela.contract.features import FEATURES
from clientela.store.publish import publish
from clientela.store.record import RunRecord
from clientela.store.revisions import list_revisions

FIRST_ID = 10_000_000
SEGMENTS = 6
RUN_ID = "20111210T093000-be7c"
AS_OF = dt.date(2011, 12, 9)
NAMES = np.array(["champions", "loyal", "at_risk", "lost", "new", "promising"])
BOUGHT = np.datetime64(AS_OF)


def results(folder: Path, customers: int) -> str:
    """Give the URL of the database, made if it is not there."""
    path = folder / f"results-{list_revisions()[-1]}-{customers}.db"
    url = f"sqlite:///{path}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / "making.db"
        aside.unlink(missing_ok=True)
        publish(f"sqlite:///{aside}", record(customers), tables(customers))
        aside.rename(path)
    return url


def record(customers: int, run_id: str = RUN_ID) -> RunRecord:
    """Make the record of the run."""
    moment = dt.datetime(2011, 12, 10, 9, 30, tzinfo=dt.UTC)
    return RunRecord(
        run_id=run_id,
        as_of=AS_OF,
        started_at=moment,
        finished_at=moment,
        version="0.1.0",
        engine="duckdb",
        currency="GBP",
        timezone="UTC",
        data_hash="0" * 16,
        config_hash="0" * 16,
        model_id=None,
        rows_in=customers,
        rows_canonical=customers,
        rows_quarantined=0,
        rows_already_held=0,
        customers=customers,
        net_amount=1.0,
        unidentified_share=0.0,
    )


def tables(customers: int) -> dict[str, pa.Table]:
    """Make the rows of the customers and of their segments."""
    draw = np.random.default_rng(7)
    segment = draw.integers(0, SEGMENTS, customers)
    columns = {
        "customer_id": np.arange(FIRST_ID, FIRST_ID + customers).astype("U8"),
        "segment": segment,
        "segment_confidence": draw.random(customers),
        "rfm_segment": NAMES[segment],
        **{f"{name}_score": draw.integers(1, 6, customers) for name in "rfm"},
        **{each.name: _feature(each.dtype, customers, draw) for each in FEATURES},
        "order_months": _draw_months(draw.integers(0, 36, customers), draw),
        "outlier": draw.random(customers) > 0.95,
        "insider": np.where(draw.random(customers) > 0.9, "member", "candidate"),
        "insider_since": _feature("date", customers, draw),
    }
    return {"customers": pa.table(columns), "segments": _segments()}


def _draw_months(lengths: np.ndarray, draw: np.random.Generator) -> list[str]:
    """Draw a digit a month from the first order on, an eighth of them with an order."""
    digits = (draw.random((len(lengths), 36)) < 1 / 8).astype(np.uint8) + ord("0")
    digits[:, 0] = ord("1")
    texts = digits.view("S36").ravel().astype("U36").tolist()
    return [text[: length + 1] for text, length in zip(texts, lengths, strict=True)]


def _feature(dtype: str, customers: int, draw: np.random.Generator) -> np.ndarray:
    numbers = draw.integers(0, 400, customers)
    if dtype == "float64":
        return np.round(numbers * 1.37, 2)
    if dtype == "date":
        return BOUGHT - numbers.astype("timedelta64[D]")
    return NAMES[numbers % len(NAMES)] if dtype == "string" else numbers


def _segments() -> pa.Table:
    return pa.table(
        {
            "segment": list(range(SEGMENTS)),
            **{f"name_{lang}": NAMES for lang in ("en", "pt_br")},
            **{f"description_{lang}": NAMES for lang in ("en", "pt_br")},
            "customers": [1] * SEGMENTS,
            "customers_share": [1 / SEGMENTS] * SEGMENTS,
            "revenue": [1.0] * SEGMENTS,
            "revenue_share": [1 / SEGMENTS] * SEGMENTS,
            "profile": ["{}"] * SEGMENTS,
        }
    )
