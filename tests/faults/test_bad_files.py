"""Bad files: one clear message, exit code 2, nothing published, nothing lost."""

import gzip
from pathlib import Path

import pytest

from tests.shop import clientela

HEADER = "customer_id,trans_date,tran_amount\n"
GOOD = "".join(f"C{i % 40},{1 + i % 28:02d}-Feb-17,{10 + i % 7}\n" for i in range(400))


def bad(name: str, content: bytes, says: str) -> object:
    return pytest.param(name, content, says, id=name)


CASES = [
    bad("empty.csv", b"", "empty"),
    bad("header.csv", HEADER.encode(), "no rows"),
    bad("quote.csv", (HEADER + GOOD + '"C1,01-Feb-17,10\n' + GOOD).encode(), "quote"),
    bad("columns.csv", b"a,b,c\n1,2,3\n", "column"),
    bad("twice.csv", b"customer_id,customer_id,tran_amount\n1,2,3\n", "customer_id"),
    bad("truncated.csv.gz", gzip.compress((HEADER + GOOD).encode())[:-60], "truncated"),
    bad("notgzip.csv.gz", b"customer_id,trans_date\n1,2\n", "missing: amount"),
    bad("utf16.csv", (HEADER + GOOD).encode("utf-16-le"), ""),
    bad("binary.csv", bytes(range(256)) * 50, ""),
    bad("notparquet.parquet", b"PAR1 no", "Parquet"),
    bad("notexcel.xlsx", b"PK no", ""),
    bad(
        "ambiguous.csv",
        b"customer_id,trans_date,tran_amount\n1,01/02/2017,5\n2,03/04/2017,6\n",
        "date_order",
    ),
    bad("allreturns.csv", (HEADER + "1,01-Feb-17,-5\n2,02-Feb-17,-6\n").encode(), "purchase"),
    bad("dates.csv", (HEADER + "1,soon,5\n2,later,6\n").encode(), ""),
]


@pytest.mark.parametrize(("name", "content", "says"), CASES)
def test_a_bad_file_is_refused(
    name: str, content: bytes, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / name
    source.write_bytes(content)
    ran = clientela(capsys, "run", source, "--workspace", tmp_path / "workspace")
    assert ran.code == 2, ran.out
    told = " ".join(str(ran.facts.get(key, "")) for key in ("detail", "where", "do"))
    assert says in told
    assert ran.facts["do"] or ran.facts["where"]
    assert not (tmp_path / "workspace" / "results.db").exists()


@pytest.mark.parametrize("missing", ["nowhere.csv", "sqlite:///nowhere.db?table=sales"])
def test_a_source_that_is_not_there(
    missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = clientela(capsys, "run", missing, "--workspace", tmp_path)
    assert ran.code == 2
    assert "nowhere" in str(ran.facts)


def test_an_empty_workspace_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = clientela(capsys, "run", "--workspace", tmp_path)
    assert ran.code == 2
    assert "clientela run FILE" in ran.facts["do"]


def test_a_bad_file_beside_a_good_one_publishes_neither(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, empty = tmp_path / "good.csv", tmp_path / "empty.csv"
    good.write_text(HEADER + GOOD)
    empty.write_text("")
    workspace = tmp_path / "workspace"
    assert clientela(capsys, "run", good, empty, "--workspace", workspace).code == 2
    assert not (workspace / "tables" / "manifest.json").exists()
    assert clientela(capsys, "run", good, "--workspace", workspace).code == 0


def test_too_much_refused_publishes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "sales.csv"
    source.write_text(HEADER + GOOD + "C1,never,1\n" * 40)
    ran = clientela(capsys, "run", source, "--workspace", tmp_path / "w")
    assert ran.code == 2
    assert ran.facts["type"].endswith(":limit-exceeded")
    assert "unreadable_date 40 rows" in ran.facts["detail"]
    assert not (tmp_path / "w" / "tables" / "manifest.json").exists()


ODD_IDS = ["=1+1", "@SUM(A1)", "x'; DROP TABLE customers; --", "a b", "ção", "7", "-5", "1e5"]


def test_odd_ids_pass_through_unharmed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    source = tmp_path / "sales.csv"
    written = [*ODD_IDS, "'y; --"]  # an apostrophe in front, as spreadsheets write it, is no part
    rows = "".join(f'"{odd}",{day:02d}-Feb-17,10\n' for odd in written for day in (1, 5))
    source.write_text(HEADER + rows)
    ran = clientela(capsys, "run", source, "--workspace", tmp_path / "w")
    assert ran.code == 0, ran.out
    with sqlite3.connect(tmp_path / "w" / "results.db") as connection:
        ids = connection.execute("SELECT customer_id FROM current_customers").fetchall()
    connection.close()
    assert sorted(row[0] for row in ids) == sorted([*ODD_IDS, "y; --"])


@pytest.mark.parametrize(
    "rows",
    [
        "C1,01-Feb-17,10\n",
        "C1,01-Feb-17,10\nC1,02-Feb-17,10\n",
        "C1,01-Feb-17,10\nC2,01-Feb-17,10\nC3,01-Feb-17,10\n",
        "".join(f"C{i},01-Feb-17,10\n" for i in range(50)),
    ],
    ids=["one order", "one customer", "three customers", "all alike"],
)
def test_tiny_histories_give_results(
    rows: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "sales.csv"
    source.write_text(HEADER + rows)
    ran = clientela(capsys, "run", source, "--workspace", tmp_path / "w")
    assert ran.code == 0, ran.out
    assert sum(segment["customers"] for segment in ran.facts["segments"]) == ran.facts["customers"]


def test_a_field_of_ten_megabytes_is_read_or_refused_with_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "sales.csv"
    source.write_text(
        HEADER.strip()
        + ",note\n"
        + "C1,01-Feb-17,10,x\n" * 30
        + "C2,02-Feb-17,10,"
        + "x" * 10_000_000
        + "\n"
    )
    ran = clientela(capsys, "run", source, "--workspace", tmp_path / "w")
    assert ran.code in (0, 2)
    if ran.code == 0:
        assert ran.facts["rows_in"] == 31
    else:
        assert ran.facts["detail"]


def test_nul_bytes_and_infinities_go_to_the_quarantine_or_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "sales.csv"
    source.write_text(HEADER + GOOD + "C1,01-Feb-17,inf\nC1,01-Feb-17,NaN\n")
    ran = clientela(capsys, "run", source, "--workspace", tmp_path / "w")
    assert ran.code == 0
    assert ran.facts["rows_quarantined"] == 2
    source.write_text(HEADER + GOOD + "C\0001,01-Feb-17,10\n")
    ran = clientela(capsys, "run", source, "--workspace", tmp_path / "nul")
    assert ran.code in (0, 2)
    assert ran.facts.get("rows_in", 401) == 401
