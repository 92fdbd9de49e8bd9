"""Every engine reads, keeps, writes and evaluates alike."""

import datetime as dt
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clientela.config import EngineSettings
from clientela.engine import Engine, connect, spark
from clientela.errors import MissingExtra, PlatformError

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("amount", pa.decimal128(18, 4)),
        ("at", pa.timestamp("us")),
        ("day", pa.date32()),
        ("n", pa.int64()),
    ]
)
ROWS = pa.Table.from_pylist(
    [
        {
            "id": name,
            "amount": Decimal(n),
            "at": dt.datetime(2022, 3, 27, 2, 30),
            "day": dt.date(2022, 3, 27),
            "n": n,
        }
        for n, name in enumerate(["a", "b", "é", None])
    ],
    SCHEMA,
)


def test_a_table_comes_back_as_it_went_in(engine: Engine) -> None:
    found = engine.to_arrow(engine.from_arrow(ROWS).order_by("n"))
    assert found.equals(ROWS)


def test_files_are_written_by_folder_and_read_by_name(engine: Engine, tmp_path: Path) -> None:
    table = engine.from_arrow(ROWS)
    table = table.mutate(kind=(table.n > 1).ifelse("late", "early"))
    engine.write_parquet(table, tmp_path / "out", partition_by=["kind"])
    folders = sorted(path.name for path in (tmp_path / "out").iterdir() if path.is_dir())
    assert folders == ["kind=early", "kind=late"]
    found = engine.read_parquet(sorted((tmp_path / "out").rglob("*.parquet")))
    assert engine.to_arrow(found.order_by("n")).equals(ROWS)


def test_a_file_written_whole_keeps_its_types(engine: Engine, tmp_path: Path) -> None:
    engine.write_parquet(engine.from_arrow(ROWS), tmp_path / "out")
    files = (tmp_path / "out").glob("*.parquet")
    written = pa.concat_tables(pq.read_table(file) for file in files)
    assert written.sort_by("n").equals(ROWS)


def test_files_of_schemas_that_add_up(engine: Engine, tmp_path: Path) -> None:
    for number, names in enumerate((["id", "n"], ["n", "amount"])):
        pq.write_table(ROWS.select(names), tmp_path / f"{number}.parquet")
    found = engine.to_arrow(engine.read_parquet(sorted(tmp_path.iterdir())))
    assert set(found.column_names) == {"id", "n", "amount"}
    assert (found.num_rows, found["id"].null_count, found["amount"].null_count) == (8, 5, 4)


def test_a_file_written_anew_is_read_anew(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "n.parquet"
    for rows in (1, 2):
        pq.write_table(pa.table({"n": range(rows)}), path)
        assert engine.to_arrow(engine.read_parquet([path])).num_rows == rows


def test_a_materialised_result_stays_as_it_was(engine: Engine) -> None:
    engine.bind("source", engine.from_arrow(ROWS))
    source = ibis.table(ibis.Schema.from_pyarrow(SCHEMA), name="source")
    kept = engine.materialise(source)
    engine.bind("source", engine.from_arrow(ROWS.slice(0, 1)))
    assert engine.to_arrow(kept.order_by("n")).equals(ROWS)


def test_a_staged_result_stays_as_it_was_and_another_may_be_dropped(engine: Engine) -> None:
    engine.bind("source", engine.from_arrow(ROWS))
    source = ibis.table(ibis.Schema.from_pyarrow(SCHEMA), name="source")
    staged, materialised = engine.stage(source), engine.materialise(source)
    engine.bind("source", engine.from_arrow(ROWS.slice(0, 1)))
    engine.drop(materialised)
    assert engine.to_arrow(staged.order_by("n")).equals(ROWS)
    with pytest.raises(Exception, match=materialised.get_name()):
        engine.to_arrow(materialised)


def test_a_compiled_query_reads_what_is_bound_now(engine: Engine) -> None:
    rows = ibis.table({"n": "int64"}, name="numbers")
    sql = engine.compile(rows.aggregate(total=rows.n.sum()))
    schema = pa.schema([("total", pa.int64())])
    for table in (ROWS, ROWS.slice(3)):
        engine.bind("numbers", engine.from_arrow(table))
        expected = sum(table["n"].to_pylist())
        assert engine.query(sql, schema).to_pylist() == [{"total": expected}]


def add_up_so_far(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Say of each row what those of its name before it add up to."""
    sums: dict[str, int] = {}
    for batch in batches:
        rows = batch.to_pylist()
        for row in rows:
            row["before"] = sums.get(row["id"], 0)
            sums[row["id"]] = row["before"] + row["n"]
        yield pa.RecordBatch.from_pylist(rows, SO_FAR)


SO_FAR = pa.schema([("id", pa.string()), ("n", pa.int64()), ("before", pa.int64())])


def test_a_function_sees_its_rows_together_and_in_order(engine: Engine) -> None:
    rows = [{"id": name, "n": n} for n in (3, 1, 2) for name in "abcdefgh"]
    table = engine.from_arrow(pa.Table.from_pylist(rows, SO_FAR).select(["id", "n"]))
    mapped = engine.map_batches(
        table, add_up_so_far, SO_FAR, by=("id",), order=(), descending=("n",)
    )
    found = engine.to_arrow(mapped.order_by("id", "n")).to_pylist()
    before = {3: 0, 2: 3, 1: 5}
    assert found == [{"id": i, "n": n, "before": before[n]} for i in "abcdefgh" for n in (1, 2, 3)]


def test_a_function_is_called_of_each_item_in_their_order(engine: Engine) -> None:
    assert engine.call_each(len, ["a", "", "ccc"]) == [1, 0, 3]


def test_a_division_by_zero_is_not_left_to_the_engine(engine: Engine) -> None:
    from clientela.features.expressions import ratio

    table = engine.from_arrow(ROWS)
    found = engine.to_arrow(table.select(share=ratio(table.n, table.n - table.n)))
    assert found["share"].to_pylist() == [None] * 4


def test_spark_without_java_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingExtra, match="Java runtime") as caught:
        connect(EngineSettings(name="spark"))
    assert "Java 17" in caught.value.do


def test_an_old_java_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingExtra, match="this is 11"):
        spark.require_java()


@pytest.mark.parametrize("library", ["pyspark.sql", "pandas"])
def test_spark_without_a_library_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra, match="extra 'spark'"):
        connect(EngineSettings(name="spark"))


def test_a_master_that_does_not_answer_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pyspark = pytest.importorskip("pyspark")

    def give_up(_: object) -> None:
        raise pyspark.errors.PySparkRuntimeError("the gateway is gone")

    monkeypatch.setattr(pyspark.sql.SparkSession.Builder, "getOrCreate", give_up)
    with pytest.raises(PlatformError, match="does not start") as caught:
        connect(EngineSettings(name="spark", master="spark://127.0.0.1:9"))
    assert caught.value.where == "engine.master = spark://127.0.0.1:9"


def test_what_is_sorted_comes_in_its_order(tmp_path: Path) -> None:
    engine = connect(EngineSettings(threads=2))
    rows = pa.table({"i": [n * 7_919 % 40_000 for n in range(40_000)], "k": ["x" * 9] * 40_000})
    pq.write_table(rows, tmp_path / "rows.parquet", row_group_size=5_000)
    table = engine.read_parquet([tmp_path / "rows.parquet"])
    for _ in range(5):  # where the order is lost at all, half of the results lose it
        ordered = engine.to_arrow(table.order_by("i").drop("k"))
        assert ordered["i"].to_pylist() == list(range(40_000))
    engine.close()


@pytest.mark.slow
def test_partitions_are_written_in_the_memory_of_a_few_rows(tmp_path: Path) -> None:
    """Ten times what memory holds, in as many files at once as a million customers ask for."""
    engine = connect(EngineSettings(memory_limit_mb=64, threads=2), tmp_path / "spill")
    numbers = ibis.range(300_000).unnest().name("n").as_table()
    text = ibis.literal("a text of thirty letters ") + numbers.n.cast("string")
    texts = {f"text{number}": text for number in range(30)}
    rows = numbers.mutate(**texts, part=(numbers.n % 32).cast("string"))
    engine.write_parquet(rows, tmp_path / "parts", ["part"], partitions=32)
    paths = list((tmp_path / "parts").rglob("*.parquet"))
    assert len({path.parent.name for path in paths}) == 32
    assert sum(pq.ParquetFile(path).metadata.num_rows for path in paths) == 300_000
    engine.close()
