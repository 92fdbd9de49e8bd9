"""A customer alone, live: the same features as in the snapshot of all."""

import datetime as dt
import io
import json
import subprocess
import sys
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from clientela.config import EngineSettings, Settings
from clientela.contract.features import FEATURES
from clientela.contract.tables import CUSTOMERS, TRANSACTIONS
from clientela.engine import Engine, connect
from clientela.features.build import SCHEMA, build
from clientela.features.live import LINES, PEOPLE, LiveSnapshot
from clientela.progress import Progress
from clientela.tables.ingest import ingest
from clientela.tables.reading import ReadJob
from clientela.tables.schema import Tables, ibis_schema
from clientela.tables.workspace import Workspace
from tests.shop import small_shop

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
EVERY = [each.name for each in FEATURES]


@pytest.fixture(scope="module")
def duck() -> Engine:
    return connect(EngineSettings(threads=1))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory, duck: Engine) -> Tables:
    """The canonical tables of a shop read in from a file with dirt, with attributes of some."""
    folder = tmp_path_factory.mktemp("live")
    workspace, shop = Workspace(folder / "w"), small_shop(folder / "shop", customers=150)
    told = Progress("test", io.StringIO())
    scratch = folder / "scratch"
    scratch.mkdir()
    job = ReadJob(workspace, duck, Settings(), told, scratch, NOW)
    manifest, _ = ingest(job, [str(shop.transactions)], [], workspace.manifest())
    workspace.commit(manifest)
    return replace(workspace.tables(duck), customers=duck.from_arrow(people()))


def people() -> pa.Table:
    """Attributes of some customers, among them one who is not known yet."""
    day = dt.date(2010, 5, 1)
    rows = [
        {"customer_id": str(number), "gender": "f", "age": number % 70, "signup_date": day}
        for number in range(12_340, 12_400)
    ]
    rows[3] |= {"birth_date": dt.date(1980, 2, 29), "region": "SP"}
    rows[5] |= {"known_from": dt.date(2030, 1, 1)}
    return pa.Table.from_pylist(rows, ibis_schema(CUSTOMERS).to_pyarrow())


@pytest.fixture(scope="module")
def live() -> LiveSnapshot:
    return LiveSnapshot(EVERY)


def posted(duck: Engine, tables: Tables) -> tuple[pa.Table, pa.Table]:
    assert tables.customers is not None
    lines = duck.to_arrow(tables.transactions.select(LINES.names)).cast(LINES)
    return lines, duck.to_arrow(tables.customers.select(PEOPLE.names)).cast(PEOPLE)


def test_the_types_are_those_of_the_canonical_tables() -> None:
    for schema, columns in ((LINES, TRANSACTIONS), (PEOPLE, CUSTOMERS)):
        canonical = ibis_schema(columns).to_pyarrow()
        assert [canonical.field(each.name).type for each in schema] == schema.types


@pytest.mark.slow
def test_every_customer_of_a_file_is_the_same_live(
    duck: Engine, tables: Tables, live: LiveSnapshot
) -> None:
    lines, people = posted(duck, tables)
    last = pc.max(lines["ordered_local"]).as_py().date()
    for as_of in (last, last - dt.timedelta(days=200)):
        batch = build(duck, lambda _: tables, as_of, [("00",)])
        found = live.of(lines, people, as_of).sort_by("customer_id")
        assert found.schema == SCHEMA
        assert found.equals(batch)
        assert len(found) > 30
        for customer_id in batch["customer_id"].to_pylist()[::25]:
            mine = pc.field("customer_id") == customer_id
            alone = live.of(lines.filter(mine), people.filter(mine), as_of)
            assert alone.equals(batch.filter(mine))


def test_what_came_before_leaves_nothing_behind(live: LiveSnapshot) -> None:
    nobody = pa.Table.from_batches([], PEOPLE)
    row = {"customer_id": "a", "order_id": "1", "quantity": 1, "amount": 5, "kind": "sale"}
    row |= {"ordered_local": dt.datetime(2011, 12, 1, 9, 30)}
    line = pa.Table.from_pylist([row], LINES)
    people = pa.Table.from_pylist([{"customer_id": "a", "region": "SP"}], PEOPLE)
    assert live.of(line, people, dt.date(2011, 12, 9))["region"].to_pylist() == ["SP"]
    assert live.of(line, nobody, dt.date(2011, 12, 9))["region"].to_pylist() == [None]
    assert live.of(line, nobody, dt.date(2011, 11, 30)).num_rows == 0
    assert live.of(pa.Table.from_batches([], LINES), nobody, dt.date(2011, 12, 9)).num_rows == 0


def test_few_features_are_the_same_as_among_all(live: LiveSnapshot) -> None:
    few = LiveSnapshot(["orders", "top_service", "revenue"])
    row = {"customer_id": "a", "order_id": "1", "quantity": 2, "amount": 7, "kind": "sale"}
    row |= {"ordered_local": dt.datetime(2011, 12, 1, 9, 30), "service": "gold"}
    line, nobody = pa.Table.from_pylist([row], LINES), pa.Table.from_batches([], PEOPLE)
    found = few.of(line, nobody, dt.date(2011, 12, 9))
    assert found.to_pylist() == [
        {"customer_id": "a", "orders": 1, "revenue": 7.0, "top_service": "gold"}
    ]
    assert live.of(line, nobody, dt.date(2011, 12, 9)).select(found.column_names).equals(found)
    few.close()


@pytest.mark.parametrize(
    "wanted",
    [
        ["returned_share", "top_product_share"],
        ["channels", "gender", "gap_regularity", "new_products_90d"],
        [name for name in EVERY if not name.startswith(("top_", "channel", "service", "categor"))],
    ],
)
def test_what_is_left_out_changes_nothing_for_any_customer(
    duck: Engine, tables: Tables, live: LiveSnapshot, wanted: list[str]
) -> None:
    lines, people = posted(duck, tables)
    last = pc.max(lines["ordered_local"]).as_py().date()
    some = LiveSnapshot(wanted)
    found = some.of(lines, people, last).sort_by("customer_id")
    some.close()
    every = live.of(lines, people, last).sort_by("customer_id")
    assert found.equals(every.select(found.column_names))


def test_it_loads_neither_ibis_nor_anything_that_learns() -> None:
    code = (
        "import json, sys; from clientela.features.live import LiveSnapshot;"
        "LiveSnapshot(['orders']); print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = set(json.loads(done.stdout))
    assert "duckdb" in loaded
    assert not loaded & {"ibis", "pandas", "sklearn", "lightgbm", "scipy"}
