"""Who is likely to take a step, page by page and as files; nobody held out of campaigns."""

import csv
import io
from pathlib import Path
from urllib.parse import urljoin

import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.pipeline.lists import export_customers
from clientela.serving.app import create_app
from tests.serving.at_risk import HELD_OUT, TARGET, probability_of, publish_at_risk
from tests.serving.conftest import LOCAL
from tests.serving.shop import IDS, segment_of, status_of

PATH = "/v1/propensity/customers"


@pytest.mark.parametrize("any_store_url", ["sqlite", "postgresql"], indirect=True)
def test_pages_and_files_hold_who_is_likely_in_order(any_store_url: str, tmp_path: Path) -> None:
    publish_at_risk(any_store_url, 2)
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        (target,) = client.get("/v1/propensity").json()["targets"]
        answer = client.get(PATH, params={"target": TARGET, "limit": 25})
        found = [*answer.json()["customers"]]
        while "next" in answer.links:
            answer = client.get(urljoin(PATH, answer.links["next"]["url"]))
            found += answer.json()["customers"]
        file = client.get(PATH, params={"target": TARGET, "format": "csv"})
        unknown = client.get(PATH, params={"target": "insider"})
    assert target["target"] == TARGET
    likely = [each for each in IDS if probability_of(each) and each != HELD_OUT]
    likely.sort(key=lambda each: (-probability_of(each), each))
    assert [each["customer_id"] for each in found] == likely
    assert all(each["propensity"] == probability_of(each["customer_id"]) for each in found)
    lines = csv.DictReader(io.StringIO(file.content.decode("utf-8-sig")))
    assert [line["Customer"].lstrip("'") for line in lines] == likely
    assert (unknown.status_code, unknown.json()["do"]) == (404, f"choose one of {TARGET}")
    rows, _ = export_customers(any_store_url, "propensity", TARGET, tmp_path / "p.csv", "en")
    assert rows == len(likely)


def test_who_is_held_out_stands_in_no_list_to_address(store_url: str, tmp_path: Path) -> None:
    publish_at_risk(store_url, 2)
    exported = {}
    for what, part in (("segment", segment_of(HELD_OUT)), ("candidates", None), ("insiders", None)):
        target = tmp_path / f"{what}.csv"
        export_customers(store_url, what, part, target, "en")
        rows = csv.DictReader(io.StringIO(target.read_bytes().decode("utf-8-sig")))
        exported[what] = {row["Customer"] for row in rows}
    assert HELD_OUT not in exported["segment"] | exported["candidates"]
    status = status_of(HELD_OUT)
    assert (HELD_OUT in exported["insiders"]) is (status in ("member", "leaving"))
    assert status is not None
    neighbours = {each for each in IDS if segment_of(each) == segment_of(HELD_OUT)} - {HELD_OUT}
    assert exported["segment"] == neighbours
