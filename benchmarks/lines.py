"""Canonical transactions at any size: a workspace of N lines, made bucket by bucket with NumPy."""

import datetime as dt
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from clientela.contract.tables import TRANSACTIONS
from clientela.tables.buckets import BUCKETS
from clientela.tables.manifest import File, Manifest, bucket_of
from clientela.tables.recovery import describe_file
from clientela.tables.schema import ibis_schema
from clientela.tables.workspace import Workspace

LINES_A_CUSTOMER = 54
FIRST_DAY = dt.datetime(2022, 1, 3)  # noqa: DTZ001 - canonical local times carry no zone
DAYS = 730
AS_OF = dt.date(2023, 10, 31)  # two months of later rows stand in the files and must not count
PRODUCTS = 4_000
COUNTRIES = np.array(["United Kingdom", "Germany", "France", "EIRE", "Spain", "Netherlands"])
SCHEMA = ibis_schema(TRANSACTIONS).to_pyarrow()


def workspace(folder: Path, lines: int) -> Workspace:
    """Give the workspace of about so many lines, made if it is not there."""
    made = Workspace(folder / f"{lines}")
    if not made.manifest_path.exists():
        ids = _ids_by_bucket(max(lines // LINES_A_CUSTOMER, 16))
        files = [file for bucket in BUCKETS for file in _bucket(made, bucket, ids[bucket])]
        made.tables_folder.mkdir(parents=True, exist_ok=True)
        made.commit(Manifest(currency="GBP", timezone="UTC", files=tuple(files)))
    return made


def _ids_by_bucket(customers: int) -> dict[str, np.ndarray]:
    ids: dict[str, list[str]] = {bucket: [] for bucket in BUCKETS}
    for number in range(10_000, 10_000 + customers):
        ids[bucket_of(str(number))].append(str(number))
    return {bucket: np.array(held, dtype="U8") for bucket, held in ids.items()}


def _bucket(made: Workspace, bucket: str, ids: np.ndarray) -> list[File]:
    rng = np.random.default_rng(int(bucket, 16))
    sales = _sales(rng, ids, int(bucket, 16))
    parts = {"sale": sales, "return": _returns(rng, sales), "fee": _fees(rng, sales)}
    return [_write(made, bucket, kind, part) for kind, part in parts.items()]


def _sales(rng: np.random.Generator, ids: np.ndarray, bucket: int) -> dict[str, np.ndarray]:
    orders = rng.geometric(1 / 5.4, len(ids))
    customer = np.repeat(np.arange(len(ids)), orders)
    when = _moments(rng, len(customer))
    size = rng.geometric(1 / 10, len(customer))
    line_order = np.repeat(np.arange(len(customer)), size)
    n = len(line_order)
    product = np.minimum((rng.pareto(0.8, n) * 20).astype(int), PRODUCTS - 1)
    quantity = rng.geometric(0.15, n)
    price = (rng.gamma(2.0, 2.0, PRODUCTS) * 100).astype(int) + 1
    unidentified = (rng.random(len(customer)) < 0.1)[line_order]
    return {
        "customer": np.where(unidentified, "", ids[customer[line_order]]),
        "order": line_order + 500_000 + bucket * 10_000_000,
        "product": product,
        "quantity": quantity * 10_000,
        "price": price[product] * 100,
        "when": when[line_order],
        "country": (customer % 40)[line_order],
        "channel": (line_order * 7) % 3,
    }


def _moments(rng: np.random.Generator, n: int) -> np.ndarray:
    days = rng.integers(0, DAYS, n)
    minutes = (np.clip(rng.normal(13, 3, n), 0, 23.9) * 60).astype(int)
    since = (days * 1440 + minutes).astype("timedelta64[m]")
    return np.asarray(np.datetime64(FIRST_DAY, "us") + since)


def _returns(rng: np.random.Generator, sales: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    whole_order = rng.random(sales["order"].max() - sales["order"].min() + 1) < 0.005
    chosen = (rng.random(len(sales["order"])) < 0.015) | (
        whole_order[sales["order"] - sales["order"].min()]
    )
    rows = {name: values[chosen] for name, values in sales.items()}
    n = len(rows["order"])
    linked = rng.random(n) < 0.8
    later = rng.integers(0, 60, n).astype("timedelta64[D]")
    return rows | {
        "returns": np.where(linked, rows["order"], -1),
        "order": rows["order"] + 5_000_000,
        "quantity": -rows["quantity"],
        "when": rows["when"] + later,
    }


def _fees(rng: np.random.Generator, sales: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    chosen = rng.random(len(sales["order"])) < 0.01
    rows = {name: values[chosen] for name, values in sales.items()}
    return rows | {"quantity": np.full(len(rows["order"]), 10_000), "product": rows["product"] * 0}


def _write(made: Workspace, bucket: str, kind: str, rows: dict[str, np.ndarray]) -> File:
    path = Path("transactions", f"kind={kind}", f"bucket={bucket}", "part-0.parquet")
    target = made.tables_folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    as_it_happened = np.lexsort((rows["order"], rows["when"]))
    table = _table(kind, {name: values[as_it_happened] for name, values in rows.items()})
    pq.write_table(table, target, compression="zstd")
    return describe_file(made.tables_folder, str(path))


def _table(kind: str, rows: dict[str, np.ndarray]) -> pa.Table:
    n = len(rows["order"])
    amount = rows["quantity"] // 10_000 * rows["price"]
    columns = {
        "customer_id": pa.array(rows["customer"], mask=rows["customer"] == ""),
        "order_id": pa.array(rows["order"]).cast(pa.string()),
        "line_no": pa.array(np.ones(n, dtype=np.int64)),
        "product_id": pa.array(rows["product"] + 20_000).cast(pa.string()),
        "quantity": _decimal(rows["quantity"]),
        "unit_price": _decimal(rows["price"]),
        "amount": _decimal(amount),
        "currency": pa.array(["GBP"] * n),
        "ordered_at": pa.array(rows["when"]),
        "ordered_local": pa.array(rows["when"]),
        "kind": pa.array([kind] * n),
        "country": pa.array(COUNTRIES[np.where(rows["country"] < 35, 0, rows["country"] - 34)]),
        "channel": pa.array(np.array(["web", "store", "phone"])[rows["channel"]]),
        "category": pa.array(np.char.add("category ", (rows["product"] % 20).astype(str))),
        "line_key": pa.array(rows["order"] * 31 + rows["product"]).cast(pa.string()),
    }
    if "returns" in rows:
        links = pa.array(rows["returns"], mask=rows["returns"] < 0)
        columns["returns_order_id"] = links.cast(pa.string())
    empty = pa.nulls(n, pa.string())
    return pa.table([columns.get(name, empty) for name in SCHEMA.names], SCHEMA.names).cast(SCHEMA)


def _decimal(ten_thousandths: np.ndarray) -> pa.Array:
    """Read integers of 1/10,000 as DECIMAL(18, 4) by their bytes."""
    high = np.where(ten_thousandths < 0, -1, 0)
    words = np.column_stack([ten_thousandths.astype(np.int64), high]).ravel()
    return pa.Array.from_buffers(
        pa.decimal128(18, 4), len(ten_thousandths), [None, pa.py_buffer(words)]
    )
