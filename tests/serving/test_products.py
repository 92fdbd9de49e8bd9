"""Products at the dashboard and in the API: ranked, paired, and small groups hidden."""

import datetime as dt
import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pyarrow as pa
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.i18n import LANGS
from clientela.serving.app import create_app
from clientela.store import keys
from clientela.store.filter_text import read_filter
from clientela.store.publish import publish
from tests.serving.conftest import LOCAL
from tests.serving.shop import NOW, record

BAG = {
    "position": 1,
    "family": "b1",
    "name": "<BAG>",
    "variants": 2,
    "product_ids": json.dumps(["b1", "b'2"]),
    "revenue": 900.0,
    "revenue_share": 0.6,
    "customers": 50,
    "orders": 70,
    "repeat_share": 0.04,
    "first_customers": 40,
    "first_returned_share": 0.5,
    "insiders": 3,
}
CUP = BAG | {"position": 2, "family": "c", "name": "CUP", "variants": 1, "product_ids": '["c"]'}
CUP |= {"first_customers": 3}
RARE = BAG | {"position": 3, "family": "r", "name": "RARE", "customers": 2}
PAIR = {
    "position": 1,
    "first": "b1",
    "second": "c",
    "first_name": "<BAG>",
    "second_name": "CUP",
    "orders": 12,
    "support": 0.1,
    "confidence": 0.3,
    "lift": 2.5,
}


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/results.db"
    tables: dict[str, list[dict[str, Any]]] = {
        "products": [BAG, CUP, RARE],
        "product_pairs": [PAIR],
    }
    publish(url, record(1), {name: pa.Table.from_pylist(rows) for name, rows in tables.items()})
    return url


@pytest.mark.parametrize("lang", LANGS)
def test_a_pair_leads_to_who_bought_the_first_alone(url: str, lang: str) -> None:
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:
        page = client.get("/app/products", params={"lang": lang, "sort": "customers"}).text
        filters = [unescape(text) for text in re.findall(r'href="customers\?filter=([^"&]+)', page)]
    assert "&lt;BAG&gt;" in page
    assert len(filters) == 4
    held = read_filter("bought in ('b1', 'b''2') and not bought in ('c')")
    assert read_filter(unquote_plus(filters[-1])) == held


def test_what_no_order_held_since_an_earlier_run_is_listed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    runs = ((1, 95, [BAG, CUP]), (2, 1, [BAG, CUP]), (3, 0, [BAG | {"orders": 71}, CUP, RARE]))
    for number, days, rows in runs:
        run = replace(record(number), as_of=record(3).as_of - dt.timedelta(days=days))
        publish(url, run, {"products": pa.Table.from_pylist(rows)})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:
        page = client.get("/app/products").text
        twin = client.get("/v1/products/unsold").json()
    assert (twin["since"], [row["name"] for row in twin["products"]]) == ("2011-09-07", ["CUP"])
    listed = page.partition("<h2>Not sold since 2011-09-07</h2>")[2]
    assert re.findall(r'class="name"><a [^>]*>([^<]+)</a>', listed) == ["CUP"]


def test_a_viewer_sees_no_few_buyers(url: str) -> None:
    viewer = {"x-api-key": keys.create(url, "viewer", ["viewer"], NOW)}
    reader = {"x-api-key": keys.create(url, "reader", ["read"], NOW)}
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:
        whole = client.get("/v1/products", headers=reader).json()
        hidden = client.get("/v1/products", headers=viewer).json()
        page = client.get("/app/products", headers=viewer).text
    assert [row["name"] for row in whole["products"]] == ["<BAG>", "CUP", "RARE"]
    assert whole["products"][0]["insiders"] == 3
    assert [row["name"] for row in hidden["products"]] == ["<BAG>", "CUP"]
    bag = hidden["products"][0]  # of 50 buyers two came again
    assert (bag["insiders"], bag["repeat_share"], bag["first_returned_share"]) == (None, None, 0.5)
    assert [row["first_customers"] for row in whole["products"][:2]] == [40, 3]
    assert [row["first_customers"] for row in hidden["products"]] == [40, 0]
    assert "RARE" not in page
    assert "customers?filter" not in page


def test_a_run_without_products_says_what_to_do(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    publish(url, record(1), {})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:
        assert "product_id" in client.get("/app/products", params={"lang": "pt_BR"}).text
        assert client.get("/v1/products").json()["products"] == []


@pytest.mark.parametrize("lang", LANGS)
def test_families_say_how_they_changed_since_earlier_runs(url: str, lang: str) -> None:
    later = [BAG | {"revenue": 1000.0}, CUP | {"customers": 49}, RARE | {"customers": 8}]
    publish(url, record(2), {"products": pa.Table.from_pylist(later)})
    viewer = {"x-api-key": keys.create(url, "viewer", ["viewer"], NOW)}
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:
        page = client.get("/app/products", params={"lang": lang}, headers=viewer).text
    changes = re.findall(r'class="change">([^<]+)<', page)
    plain = [text.replace("\N{MINUS SIGN}", "-") for text in changes]
    assert [re.sub(r"[^\d+=? -]", "", text.replace("\xa0", "")) for text in plain] == [
        *("+100", "="),
        *("=", "-1"),  # of RARE, once of two, a viewer sees no change
    ]
