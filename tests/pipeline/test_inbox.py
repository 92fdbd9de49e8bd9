"""An inbox: whole files in the order they came, moved when they are in, refused by name."""

import datetime as dt
import json
import os
from pathlib import Path
from typing import Any

import pytest

from clientela.errors import InputError, SourceError, StoreError
from clientela.pipeline.inbox import FolderInbox, run_inbox
from clientela.pipeline.reading import RunRequest

NOW = dt.datetime(2024, 5, 1, 2, 15, tzinfo=dt.UTC)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    for age, name in enumerate(("b.csv", "a.csv", "c.csv")):
        path = tmp_path / name
        path.write_text("rows", "utf-8")
        os.utime(path, (1_000 + age, 1_000 + age))
    for name in (".hidden.csv", "d.csv.part", "e.tmp"):
        (tmp_path / name).write_text("rows", "utf-8")
    return tmp_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def read_all(request: RunRequest) -> dict[str, Any]:
    """Refuse the file a.csv, as reading does."""
    for source in request.sources:
        if source.endswith("a.csv"):
            raise SourceError("the file is broken", where=f"{source}, line 3", do="mend it")
    return {"sources": request.sources}


def test_whole_files_come_in_their_order(inbox: Path) -> None:
    files = FolderInbox(inbox).list_files()
    assert [Path(file).name for file in files] == ["b.csv", "a.csv", "c.csv"]


def test_a_broken_file_is_set_aside_with_its_problem(inbox: Path) -> None:
    facts = run_inbox(str(inbox), RunRequest(sources=("own.csv",)), read_all, NOW)
    assert [Path(source).name for source in facts["sources"]] == ["own.csv", "b.csv", "c.csv"]
    assert facts["inbox"]["taken"] == ["b.csv", "c.csv"]
    assert [row["file"] for row in facts["inbox"]["refused"]] == ["a.csv"]
    assert names(inbox / "done") == ["20240501T021500-b.csv", "20240501T021500-c.csv"]
    assert names(inbox / "refused") == ["a.csv", "a.csv.problem.json"]
    problem = json.loads((inbox / "refused" / "a.csv.problem.json").read_text("utf-8"))
    assert (problem["detail"], problem["retry"]) == ("the file is broken", False)


def test_a_file_whose_name_holds_anothers_is_set_aside_alone(inbox: Path) -> None:
    (inbox / "vendas-a.csv").write_text("rows", "utf-8")

    def refuse(request: RunRequest) -> dict[str, Any]:
        for source in request.sources:
            if source.endswith("vendas-a.csv"):
                raise SourceError("there is no such file", where=f"{source}, line 3")
        return {"sources": request.sources}

    facts = run_inbox(str(inbox), RunRequest(lang="pt_BR"), refuse, NOW)
    assert facts["inbox"]["taken"] == ["b.csv", "a.csv", "c.csv"]
    (refused,) = facts["inbox"]["refused"]
    assert (refused["file"], "não há esse arquivo" in refused["problem"]) == ("vendas-a.csv", True)
    problem = (inbox / "refused" / "vendas-a.csv.problem.json").read_text("utf-8")
    assert json.loads(problem)["detail"] == "não há esse arquivo"


def test_a_failed_run_moves_nothing(inbox: Path) -> None:
    before = names(inbox)

    def fail(_: RunRequest) -> dict[str, Any]:
        raise StoreError("the database is gone")

    with pytest.raises(StoreError):
        run_inbox(str(inbox), RunRequest(), fail, NOW)
    assert names(inbox) == before


def test_a_fault_of_no_file_is_not_blamed_on_one(inbox: Path) -> None:
    def fail(_: RunRequest) -> dict[str, Any]:
        raise InputError("a key is wrong", where="clientela.toml")

    with pytest.raises(InputError, match="a key is wrong"):
        run_inbox(str(inbox), RunRequest(), fail, NOW)
    assert "refused" not in names(inbox)


def test_an_empty_inbox_is_no_fault(tmp_path: Path) -> None:
    facts = run_inbox(str(tmp_path), RunRequest(), read_all, NOW)
    assert facts == {"sources": (), "inbox": {"taken": [], "refused": []}}
    with pytest.raises(InputError, match="no such inbox"):
        FolderInbox(tmp_path / "absent").list_files()


def test_the_new_rows_of_a_table_are_taken_and_nothing_is_moved() -> None:
    table = "sqlite:///shop.db?table=sales"
    facts = run_inbox(table, RunRequest(sources=("own.csv",)), read_all, NOW)
    assert facts["sources"] == ("own.csv", table)
    assert facts["inbox"] == {"taken": [table], "refused": []}
