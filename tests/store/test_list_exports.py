"""Lists that runs write of who entered and who left: since the last time, and never twice."""

import csv
from pathlib import Path

import pytest
import sqlalchemy as sa

from clientela.config import ListExport, read_settings
from clientela.errors import ConfigError
from clientela.pipeline.lists import export_configured
from clientela.store import schema
from clientela.store.audience_queries import AudienceDraft
from clientela.store.audiences import create_audience
from clientela.store.connect import transaction
from tests.serving.shop import IDS, NOW, publish_shop, segment_of

SEGMENT_2 = {each for each in IDS if segment_of(each) == 2}
LATER = {each for each in IDS if segment_of(each, 1) == 2}


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/results.db"
    publish_shop(url)
    return url


def export(url: str, folder: Path, **options: object) -> dict[str, set[str]]:
    """Write a list of changes, and read who stands in which file."""
    asked = {"list": "segment", "part": 2, "changes": True} | options
    listed = ListExport(to=f"{folder}/{{as_of}}-{{change}}.csv", **asked)  # type: ignore[arg-type]
    written = dict(export_configured(url, [listed], "day", "en"))
    assert all(isinstance(rows, int) for rows in written.values()), written
    return {
        change: {
            next(iter(row.values())).removeprefix("'")
            for row in csv.DictReader(
                (folder / f"day-{change}.csv").read_text("utf-8-sig").splitlines()
            )
        }
        for change in ("entered", "left")
    }


@pytest.mark.parametrize("kind", ["segment", "audience"])
def test_changes_are_written_once_since_the_last_time(url: str, tmp_path: Path, kind: str) -> None:
    part: object = 2
    if kind == "audience":
        part = create_audience(url, AudienceDraft("Two", "segment = 2"), "ana", NOW)
    assert export(url, tmp_path, list=kind, part=part) == {"entered": SEGMENT_2, "left": set()}
    nothing: dict[str, set[str]] = {"entered": set(), "left": set()}
    assert export(url, tmp_path, list=kind, part=part) == nothing
    publish_shop(url, 2, shift=1)
    moved = {"entered": LATER - SEGMENT_2, "left": SEGMENT_2 - LATER}
    assert export(url, tmp_path, list=kind, part=part) == moved
    publish_shop(url, 3)  # two runs later: what both changed back is no change
    publish_shop(url, 4, shift=1)
    assert export(url, tmp_path, list=kind, part=part) == nothing


def test_who_may_not_be_listed_is_no_change(url: str, tmp_path: Path) -> None:
    hidden = min(SEGMENT_2)
    row = {"run_id": "20111210T000001", "customer_id": hidden, "suppressed": True}
    with transaction(url, migrate=False) as connection:
        connection.execute(sa.insert(schema.contacts), row)
    assert export(url, tmp_path)["entered"] == SEGMENT_2 - {hidden}


def test_a_list_that_failed_is_written_again(url: str, tmp_path: Path) -> None:
    wanted = ListExport(
        list="segment", part=2, to=f"{tmp_path}/{{change}}.csv", changes=True, contacts="plain"
    )
    ((_, failure),) = export_configured(url, [wanted], "day", "en")
    assert "no contacts" in str(failure)
    assert export(url, tmp_path)["entered"] == SEGMENT_2


@pytest.mark.parametrize(
    "text",
    [
        'list = "segment"\npart = 2\nto = "a.csv"\nchanges = true',
        'list = "at-risk"\nto = "{change}.csv"\nchanges = true',
        'list = "segment"\npart = 2\nto = "{change}.csv"',
        'list = "audience"\nto = "a.csv"',
    ],
)
def test_changes_that_cannot_be_written_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "clientela.toml"
    path.write_text(f"[[exports]]\n{text}\n")
    with pytest.raises(ConfigError):
        read_settings(path)
