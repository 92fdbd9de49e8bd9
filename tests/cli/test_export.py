"""Lists of customers from the results database."""

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from clientela.cli.data import write_exports
from clientela.cli.options import Site
from clientela.config import parse_settings
from clientela.errors import ConfigError, InputError
from clientela.store.connect import open_store
from clientela.store.publish import publish
from tests.serving import shop
from tests.serving.at_risk import listed, publish_at_risk
from tests.serving.shop import FORMULA, IDS, publish_shop, segment_of, status_of
from tests.shop import clientela

Capture = pytest.CaptureFixture[str]
OF_SEGMENT_2 = [each for each in IDS if segment_of(each) == 2]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "w"
    folder.mkdir()
    publish_shop(url_of(folder))
    return folder


def url_of(workspace: Path) -> str:
    return f"sqlite:///{workspace}/results.db"


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))


def test_insiders_are_all_who_are_in(capsys: Capture, workspace: Path) -> None:
    target = workspace / "insiders.csv"
    told = clientela(capsys, "export", "insiders", "-w", workspace, "-o", target)
    rows = rows_of(target)
    wanted = [each for each in IDS if status_of(each) in ("member", "leaving")]
    assert told.facts == {"written": str(target), "rows": len(wanted)}
    assert [row["Customer"].removeprefix("'") for row in rows] == wanted
    assert rows[-1]["Customer"] == f"'{FORMULA}"
    assert {row["Reason"] for row in rows} == {"'=spent £1,300"}
    assert {row["Leaves on"] for row in rows if row["Programme"] == "leaving"} == {"2012-01-08"}
    assert {row["As of"] for row in rows} == {"2011-12-09"}


@pytest.mark.parametrize(("words", "own"), [(("--lang", "pt_BR"), "en_GB.UTF-8"), ((), "pt_BR")])
def test_candidates_are_told_what_is_missing_in_portuguese(
    capsys: Capture,
    workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    own: str,
) -> None:
    monkeypatch.setenv("LC_ALL", own)
    target = workspace / "candidatos.xlsx"
    asked: tuple[str | Path, ...] = ("export", "candidates", "-w", workspace, "-o", target, *words)
    told = clientela(capsys, *asked)
    sheet = openpyxl.load_workbook(target).active
    rows = list(sheet.iter_rows(values_only=True))
    assert sheet.title == "Candidatos"
    assert rows[0][:3] == ("Cliente", "O que falta", "Prazo")
    assert (
        len(rows) - 1 == told.facts["rows"] == sum(status_of(each) == "candidate" for each in IDS)
    )
    assert {row[1] for row in rows[1:]} == {"faltam £ 120 até 30 de junho"}


def test_who_is_at_risk_comes_with_the_reasons(capsys: Capture, workspace: Path) -> None:
    publish_at_risk(url_of(workspace), 2)
    target = workspace / "at-risk.csv"
    told = clientela(capsys, "export", "at-risk", "-w", workspace, "-o", target)
    rows = rows_of(target)
    assert told.facts == {"written": str(target), "rows": len(listed())}
    assert [row["Customer"] for row in rows] == listed()
    assert {row["Reasons"] for row in rows} == {"'=96 days since the last order"}


def test_whom_an_action_addresses_comes_by_value(capsys: Capture, workspace: Path) -> None:
    publish_at_risk(url_of(workspace), 2)
    target = workspace / "action.csv"
    words = ("export", "action", "--id", "retention", "-w", workspace, "-o", target)
    told = clientela(capsys, *words)
    rows = rows_of(target)
    assert told.facts == {"written": str(target), "rows": len(listed())}
    values = [float(row["Expected revenue (GBP)"]) for row in rows]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_a_segment_comes_in_every_format(capsys: Capture, workspace: Path, suffix: str) -> None:
    target = workspace / f"two.{suffix}"
    told = clientela(capsys, "export", "segment", "2", "-w", workspace, "-o", target)
    assert told.facts["rows"] == len(OF_SEGMENT_2)
    if suffix == "csv":
        found = [row["Customer"] for row in rows_of(target)]
    elif suffix == "xlsx":
        rows = openpyxl.load_workbook(target).active.iter_rows(min_row=2, values_only=True)
        found = [row[0] for row in rows]
    else:
        table = pq.read_table(target)
        assert table.column_names[:3] == ["customer_id", "segment_name", "segment_confidence"]
        found = table["customer_id"].to_pylist()
    assert found == OF_SEGMENT_2
    assert [each.name for each in workspace.iterdir() if each.suffix == ".tmp"] == []


def test_leading_zeros_live_in_a_workbook(capsys: Capture, workspace: Path) -> None:
    rows = shop.customers(0).slice(0, 2).set_column(0, "customer_id", [["007", "0"]])
    publish(url_of(workspace), shop.record(2), {"customers": rows, "segments": shop.segments()})
    target = workspace / "zeros.xlsx"
    found = []
    for segment in (1, 2):
        clientela(capsys, "export", "segment", str(segment), "-w", workspace, "-o", target)
        cell = openpyxl.load_workbook(target).active["A2"]
        found.append((cell.value, cell.data_type))
    assert sorted(found) == [("0", "s"), ("007", "s")]


def failed(capsys: Capture, *arguments: str | Path, code: int = 2) -> str:
    told = clientela(capsys, *arguments)
    assert told.code == code
    return str(told.facts)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("segment", "9"), "choose one of 1 (Segment 1), 2 (Segment 2), 3 (Segment 3)"),
        (("segment",), "which segment?"),
        (("action",), "which action?"),
        (("action", "--id", "no"), "there is no action 'no'"),
        (("insiders", "--id", "no"), "takes no id"),
        (("insiders", "3"), "takes no number"),
        (("insiders", "-o", "list.pdf"), "end it in .csv, .xlsx or .parquet"),
        (("insiders", "-o", "no/such/folder/list.parquet"), "No such file or directory"),
        (("insiders", "--as-of", "2011-01-01"), "of the day of its run"),
    ],
)
def test_what_cannot_be_exported_says_why(
    capsys: Capture, workspace: Path, asked: tuple[str, ...], said: str
) -> None:
    assert said in failed(capsys, "export", *asked, "-w", workspace)


def test_a_run_without_a_programme_says_so(capsys: Capture, workspace: Path) -> None:
    publish(url_of(workspace), shop.record(2), {"customers": shop.customers(0)})
    for what in ("insiders", "candidates"):
        assert "no programme" in failed(capsys, "export", what, "-w", workspace)
    assert "no list of customers at risk" in failed(capsys, "export", "at-risk", "-w", workspace)
    told = failed(capsys, "export", "segment", "9", "-w", workspace)
    assert "a run that has segments" in told


def test_before_the_first_run_there_is_nothing_to_export(capsys: Capture, tmp_path: Path) -> None:
    asked = ("export", "insiders", "-w", tmp_path)
    assert "no results database yet" in failed(capsys, *asked, code=3)
    open_store(url_of(tmp_path), migrate=True).dispose()
    assert "nothing is published yet" in failed(capsys, *asked, code=3)


def test_a_run_writes_the_lists_of_the_settings_and_says_which_it_could_not(
    workspace: Path,
) -> None:
    exports = [
        {"list": "insiders", "to": str(workspace / "none" / "insiders.csv")},
        {"list": "segment", "part": 2, "to": str(workspace / "two-{as_of}.csv"), "lang": "pt_BR"},
    ]
    site = Site(workspace, parse_settings({"exports": exports}))
    summary: dict[str, Any] = {"as_of": "2011-12-09"}
    with pytest.raises(InputError, match="is published, and a list was not written: the path") as e:
        write_exports(site, summary, "en")
    assert e.value.where == str(workspace / "none" / "insiders.csv")
    written = workspace / "two-2011-12-09.csv"
    assert summary["exports"] == {str(written): len(OF_SEGMENT_2)}
    header, *rows = written.read_text("utf-8-sig").splitlines()
    assert header.startswith('"Cliente";')
    assert len(rows) == len(OF_SEGMENT_2)
    (workspace / "none").mkdir()
    text = write_exports(site, {"as_of": "2011-12-09"}, "pt_BR")
    assert text.splitlines()[1] == f"{len(OF_SEGMENT_2)} linhas: {written}"


@pytest.mark.parametrize(
    ("exports", "why"),
    [
        ([{"list": "segment", "to": "s.csv"}], "does not fit its part"),
        ([{"list": "insiders", "part": 2, "to": "s.csv"}], "does not fit its part"),
        ([{"list": "insiders", "to": "s.txt"}], "exports"),
        ([{"list": "insiders", "to": "{day}.csv"}], "names what no run knows"),
        ([{"list": "insiders", "to": "s.csv"}, {"list": "at-risk", "to": "s.csv"}], "one place"),
    ],
)
def test_exports_that_cannot_be_meant_are_refused(exports: list[object], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        parse_settings({"exports": exports})
