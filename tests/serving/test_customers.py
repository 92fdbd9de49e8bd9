"""One customer, pages of customers, and CSV."""

import csv
import datetime as dt
import io
from typing import Any
from urllib.parse import quote, urljoin

import msgspec
import pyarrow as pa
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.contract.features import FEATURES
from clientela.serving.app import create_app
from clientela.serving.listing import Cursor, encode_cursor
from clientela.serving.routes.customers import CSV_COLUMNS
from clientela.store.filters import Condition
from clientela.store.publish import publish
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import (
    FORMULA,
    IDS,
    RETURNS_ONLY,
    city_of,
    publish_shop,
    record,
    segment_of,
    segments,
)

PATH = "/v1/customers"
OF_SEGMENT_2 = [each for each in IDS if segment_of(each) == 2]


def pages(client: Client, **asked: Any) -> list[dict[str, Any]]:
    found, answer = [], client.get(PATH, params=asked)
    while True:
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        cursor = found[-1]["next_cursor"]
        assert ("next" in answer.links) == (cursor is not None)
        if cursor is None:
            return found
        answer = client.get(urljoin(PATH, answer.links["next"]["url"]))


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [each["customer_id"] for page in found for each in page["customers"]]


def test_one_customer_comes_with_every_feature(client: Client) -> None:
    answer = client.get(f"{PATH}/17810.0", params={"lang": "pt_BR"}).json()
    assert (answer["run_id"], answer["currency"]) == ("20111210T000001", "GBP")
    customer = answer["customer"]
    assert customer["customer_id"] == "17810"
    assert customer["segment_name"] == f"Segmento nº {segment_of('17810')}"
    assert list(customer["features"]) == [each.name for each in FEATURES]
    assert customer["features"]["last_order_date"] == "2011-11-30"
    assert customer["features"]["gap_days_std"] is None
    assert customer["attributes"] == {"loyalty_card": True, "city": city_of("17810"), "fee": 1.5}


def test_ids_that_look_like_formulas_are_found(client: Client) -> None:
    for spelling in (quote(FORMULA), quote(FORMULA, safe="")):  # with its slash bare or escaped
        answer = client.get(f"{PATH}/{spelling}").json()
        assert answer["customer"]["customer_id"] == FORMULA


@pytest.mark.parametrize(
    ("wanted", "said"), [("99999", "no transaction"), (RETURNS_ONLY, "no purchase"), ("nan", "no ")]
)
def test_a_customer_that_is_not_there_is_a_404(client: Client, wanted: str, said: str) -> None:
    answer = client.get(f"{PATH}/{wanted}")
    assert answer.status_code == 404
    assert said in answer.json()["detail"]


@pytest.mark.parametrize("limit", [1, 7, 20, 1000])
def test_pages_hold_every_customer_of_the_segment_once(client: Client, limit: int) -> None:
    found = pages(client, segment=2, limit=limit)
    assert ids(found) == OF_SEGMENT_2
    assert all(len(page["customers"]) == limit for page in found[:-1])


def test_without_a_segment_all_customers_come(client: Client) -> None:
    assert ids(pages(client, limit=25)) == IDS


@pytest.mark.parametrize("any_store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_cursor_stays_with_its_run(any_store_url: str) -> None:
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        first = client.get(PATH, params={"segment": 2, "limit": 5}).json()
    publish_shop(any_store_url, 2, shift=1)
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        rest = pages(client, cursor=first["next_cursor"])
        assert {page["run_id"] for page in rest} == {first["run_id"]}
        assert ids([first, *rest]) == OF_SEGMENT_2
        assert rest[0]["customers"][0]["segment_name"] == "Segment 2"
        assert client.get(PATH, params={"limit": 1}).json()["run_id"] != first["run_id"]


def test_a_cursor_of_a_run_no_longer_kept_is_gone(client: Client, store_url: str) -> None:
    cursor = client.get(PATH, params={"limit": 5}).json()["next_cursor"]
    publish_shop(store_url, 2, keep_runs=1)
    answer = client.get(PATH, params={"cursor": cursor})
    assert answer.status_code == 410
    assert answer.json()["do"] == "begin without cursor"


def test_a_cursor_belongs_to_its_segment(client: Client) -> None:
    cursor = client.get(PATH, params={"segment": 2, "limit": 5}).json()["next_cursor"]
    assert client.get(PATH, params={"segment": 3, "cursor": cursor}).status_code == 400


def test_a_cursor_with_more_values_than_a_filter_holds_is_refused(client: Client) -> None:
    tree = Condition("orders", "in", tuple(range(5_000)))
    part = msgspec.json.encode((tree, None)).decode()
    cursor = encode_cursor(Cursor(record(1).run_id, part, IDS[0]))
    answer = client.get(PATH, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["where"]) == (400, "cursor")


@pytest.mark.parametrize("cursor", ["!", "AAAA", "WyJhIl0", "é", "WyJhXHUwMDAwIiwxLCJiIl0"])
def test_a_cursor_that_is_not_ours_is_refused(client: Client, cursor: str) -> None:
    answer = client.get(PATH, params={"cursor": cursor})
    assert (answer.status_code, answer.json()["where"]) == (400, "cursor")


def test_an_unknown_segment_is_a_404_that_names_those_there_are(client: Client) -> None:
    for how in ({}, {"format": "csv"}):
        answer = client.get(PATH, params={"segment": 9, **how})
        assert (answer.status_code, answer.json()["do"]) == (404, "choose one of 1, 2, 3")


@pytest.mark.parametrize(
    "how", [{"params": {"format": "csv"}}, {"headers": {"accept": "text/csv"}}]
)
def test_csv_holds_the_whole_segment_with_its_run(client: Client, how: dict[str, Any]) -> None:
    params = {"segment": 2, "limit": 3} | how.pop("params", {})
    answer = client.get(PATH, params=params, **how)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "20111210T000001.csv" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["customer_id"].removeprefix("'") for row in rows] == OF_SEGMENT_2
    assert tuple(rows[0]) == CSV_COLUMNS
    assert {(row["run_id"], row["as_of"]) for row in rows} == {("20111210T000001", "2011-12-09")}
    assert rows[0]["attributes"].startswith('{"loyalty_card":true,"city":')


def test_csv_cannot_start_formulas(client: Client) -> None:
    text = client.get(PATH, params={"format": "csv"}).text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == len(IDS)
    by_id = {row["customer_id"]: row for row in rows}
    assert f"'{FORMULA}" in by_id
    assert {row["country"] for row in rows} == {"'@SUM(A1)"}
    assert {row["revenue"] for row in rows} == {"-12.5"}


def test_csv_takes_no_cursor(client: Client) -> None:
    cursor = client.get(PATH, params={"limit": 5}).json()["next_cursor"]
    assert client.get(PATH, params={"cursor": cursor, "format": "csv"}).status_code == 400


def test_head_of_a_download_reads_nothing(client: Client) -> None:
    answer = client.head(PATH, params={"format": "csv"})
    assert (answer.status_code, answer.content) == (200, b"")


def test_value_and_churn_are_told_with_reasons_in_the_language(
    client: Client, store_url: str
) -> None:
    rows = {
        "customer_id": ["k"],
        "segment": [1],
        "churn_probability": [0.25],
        "churn_band": ["low"],
        "churn_reasons": ['[{"feature": "orders", "value": "4", "effect": -0.5}]'],
        "churn_reasons_en": ["Orders: 4"],
        "churn_reasons_pt_br": ["Pedidos: 4"],
        "expected_revenue": [310.5],
        "next_order": [dt.date(2012, 1, 15)],
    }
    publish(store_url, record(2), {"customers": pa.table(rows), "segments": segments()})
    found = client.get(f"{PATH}/k?lang=pt_BR").json()["customer"]
    told = {
        name: found[name]
        for name in (
            *[each for each in rows if each[-3:] not in ("_en", "_br")],
            "p_alive",
            "next_order_high",
        )
    }
    assert told == {
        "customer_id": "k",
        "segment": 1,
        "churn_probability": 0.25,
        "churn_band": "low",
        "churn_reasons": "Pedidos: 4",
        "expected_revenue": 310.5,
        "next_order": "2012-01-15",
        "p_alive": None,
        "next_order_high": None,
    }
    (row,) = csv.DictReader(io.StringIO(client.get(PATH, params={"format": "csv"}).text))
    assert (row["churn_reasons"], row["next_order"], row["clv"]) == ("Orders: 4", "2012-01-15", "")


def test_an_empty_cursor_begins_with_the_first_page(client: Client) -> None:
    first = client.get("/v1/customers?limit=2").json()
    assert client.get("/v1/customers?limit=2&cursor=").json() == first


def test_a_filter_in_an_order_goes_through_all_pages(client: Client) -> None:
    wanted = "segment in (1, 2) and revenue < 0"
    found = pages(client, filter=wanted, sort="insider_since", limit=2)
    absent = [each["insider_since"] is None for page in found for each in page["customers"]]
    assert absent == sorted(absent)
    assert sorted(ids(found)) == [each for each in IDS if segment_of(each) in (1, 2)]
    count = client.get("/v1/filters/count", params={"filter": wanted}).json()
    assert (count["customers"], count["revenue"]) == (len(absent), -12.5 * len(absent))


def test_a_segment_narrows_a_filter(client: Client) -> None:
    assert ids(pages(client, filter="revenue < 0", segment=2)) == OF_SEGMENT_2
    answer = client.get(PATH, params={"filter": "segment = 2", "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["customer_id"].lstrip("'") for row in rows] == OF_SEGMENT_2


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"filter": "segment >"}, "cannot be read"),
        ({"filter": "ordes > 3"}, "try orders"),
        ({"sort": "-revenu"}, "try revenue"),
        ({"cursor": "WyJ4IiwiW10iLCIxIl0", "filter": "orders > 1"}, "another list"),
        ({"cursor": "WyJ4IiwiW10iLCIxIl0"}, "not one of ours"),
        ({"cursor": "WyJ4IiwiW251bGwsXCJ4XCJdIiwiMSJd"}, "not one of ours"),
    ],
)
def test_a_wrong_filter_is_a_wrong_request(
    client: Client, asked: dict[str, str], words: str
) -> None:
    answer = client.get(PATH, params=asked)
    assert answer.status_code == 400
    assert words in answer.text


def test_columns_of_filters_say_what_they_mean(client: Client) -> None:
    columns = client.get("/v1/filters/columns", params={"lang": "pt_BR"}).json()["columns"]
    by_name = {column["name"]: column for column in columns}
    assert (by_name["insider_since"]["type"], by_name["outlier"]["type"]) == ("day", "flag")
    assert all(column["meaning"] for column in columns)
    own = [(column["name"], column["type"]) for column in columns[-2:]]
    assert own == [("attributes.city", "text"), ("attributes.fee", "number")]


def test_attributes_narrow_lists_counts_and_audiences(client: Client) -> None:
    wanted = [each for each in IDS if city_of(each) == "Recife"]
    asked = {"filter": "attributes.city = 'Recife' and attributes.fee < 2", "limit": "100"}
    page = client.get(PATH, params=asked).json()
    assert [each["customer_id"] for each in page["customers"]] == wanted
    refused = client.get("/v1/filters/count", params={"filter": "attributes.town = 'Recife'"})
    assert (refused.status_code, "attributes.city" in refused.text) == (400, True)
    draft = {"name": "Recife", "filter": asked["filter"]}
    assert client.post("/v1/audiences", json=draft).status_code == 200
    wrong = client.post("/v1/audiences", json=draft | {"name": "x", "filter": "attributes.x = 1"})
    assert (wrong.status_code, "no attribute 'x'" in wrong.text) == (400, True)
