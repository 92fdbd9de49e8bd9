"""Customers at risk worth contacting, page by page and as files."""

import csv
import io
import re
from html import unescape
from urllib.parse import parse_qs, unquote_plus, urljoin, urlsplit

import openpyxl
import pyarrow as pa
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.store.publish import publish
from tests.serving import at_risk, shop
from tests.serving.at_risk import REASON, listed, probability_of, publish_at_risk
from tests.serving.conftest import LOCAL, Client
from tests.serving.test_annotations import read_chart

PATH = "/v1/churn/at-risk"
THRESHOLDS = "/v1/churn/thresholds"


@pytest.mark.parametrize("any_store_url", ["sqlite", "postgresql"], indirect=True)
def test_pages_hold_whom_to_contact_in_order(any_store_url: str) -> None:
    publish_at_risk(any_store_url, 2)
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        answer = client.get(PATH, params={"limit": 10, "lang": "pt_BR"})
        found = [*answer.json()["customers"]]
        while "next" in answer.links:
            answer = client.get(urljoin(PATH, answer.links["next"]["url"]))
            found += answer.json()["customers"]
    assert [each["customer_id"] for each in found] == listed()
    assert all(each["churn_probability"] == probability_of(each["customer_id"]) for each in found)
    losses = [each["expected_loss"] for each in found]
    assert losses == pytest.approx([100.0 * probability_of(each) for each in listed()])
    assert {each["reasons"] for each in found} == {"96 dias desde o último pedido"}
    assert "Segmento nº 1" in {each["segment_name"] for each in found}


def test_nobody_worth_a_contact_is_an_empty_list(client: Client, store_url: str) -> None:
    publish_at_risk(store_url, 2, least=2.0)
    assert client.get(PATH).json()["customers"] == []


def test_a_run_that_asked_nobody_says_so(client: Client, store_url: str) -> None:
    publish(store_url, shop.record(2), {"customers": shop.customers(0)})
    for path in (PATH, PATH + "?format=csv"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "silence may not mean leaving" in answer.json()["do"]


def test_the_list_as_a_file_is_safe_and_has_reasons(client: Client, store_url: str) -> None:
    publish_at_risk(store_url, 2, least=0.0)
    answer = client.get("/lists/en/at-risk.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == len(listed(0.0))
    assert [row["Customer"] for row in rows] == listed(0.0)
    assert {row["Reasons"] for row in rows} == {f"'{REASON}"}
    assert rows[0]["Expected loss of revenue (GBP)"] == "80.0"
    assert {row["Customer lifetime value (CLV), gross margin (GBP)"] for row in rows} == {"120.5"}
    book = client.get(PATH, params={"format": "xlsx", "lang": "pt_BR"})
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert sheet.title == "Em risco"
    assert sheet.max_row == len(rows) + 1
    assert {row[2] for row in sheet.iter_rows(min_row=2, values_only=True)} == {"alto", "médio"}


def test_a_cursor_of_another_list_is_refused(client: Client, store_url: str) -> None:
    publish_at_risk(store_url, 2)
    cursor = client.get("/v1/programme/members", params={"limit": 1}).json()["next_cursor"]
    assert client.get(PATH, params={"cursor": cursor}).status_code == 400
    own = client.get(PATH, params={"limit": 1}).json()["next_cursor"]
    assert client.get(PATH, params={"cursor": own, "format": "csv"}).status_code == 400


@pytest.mark.parametrize("any_store_url", ["sqlite", "postgresql"], indirect=True)
def test_an_action_is_listed_with_its_customers_by_value(any_store_url: str) -> None:
    publish_at_risk(any_store_url, 2)
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        (action,) = client.get("/v1/actions", params={"lang": "pt_BR"}).json()["actions"]
        path = f"/v1/actions/{action['action_id']}/customers"
        answer = client.get(path, params={"limit": 10})
        found = [*answer.json()["customers"]]
        while "next" in answer.links:
            answer = client.get(urljoin(path, answer.links["next"]["url"]))
            found += answer.json()["customers"]
        file = client.get(path, params={"format": "csv"}).content.decode("utf-8-sig")
        unknown = client.get("/v1/actions/win-back-9/customers")
    assert (action["title"], action["audience"]) == ("Contatar", len(listed()))
    ids = [each["customer_id"] for each in found]
    assert sorted(ids) == sorted(listed())
    values = [each["expected_revenue"] for each in found]
    assert values == sorted(values, reverse=True)
    assert [row["Customer"] for row in csv.DictReader(io.StringIO(file))] == ids
    assert all(each["actions"] == ["retention"] for each in found)
    assert (unknown.status_code, unknown.json()["do"]) == (404, "choose one of retention")


def test_the_slider_says_whom_it_reaches_and_leads_to_them(client: Client, store_url: str) -> None:
    publish_at_risk(store_url, 2)
    twin = client.get(THRESHOLDS).json()["thresholds"]
    losses = [100.0 * probability_of(each) for each in listed()]
    reached = [(row["threshold"], row["customers"]) for row in twin]
    assert reached == [(90.0, 0), (50.0, len(losses))]
    assert [row["expected_loss"] for row in twin] == pytest.approx([0.0, sum(losses)])
    page = client.get("/app/risk", params={"lang": "pt_BR"}).text  # the chosen one, where none is
    fragment = client.get("/app/risk/threshold", params={"threshold": "1", "lang": "pt_BR"}).text
    assert f"{len(losses)} clientes hoje" in fragment
    assert fragment.strip().partition("</ul>")[0] in page
    (link,) = re.findall(r'href="customers\?([^"]+)"', fragment)
    asked = parse_qs(unescape(link))["filter"][0]
    count = client.get("/v1/filters/count", params={"filter": asked}).json()
    assert count["customers"] == len(losses)
    for odd in ("-1", "99999", "9" * 400, "x"):
        assert client.get("/app/risk", params={"threshold": odd}).status_code == 200


def test_money_at_risk_stands_by_segment_and_risk(client: Client, store_url: str) -> None:
    publish_at_risk(store_url, 2)
    bands = client.get("/v1/churn/bands", params={"lang": "pt_BR"}).json()["bands"]
    assert sum(row["customers"] for row in bands) == shop.CUSTOMERS
    losses = sum(100.0 * probability_of(each) for each in shop.IDS)
    assert sum(row["expected_loss"] for row in bands) == pytest.approx(losses)
    page = client.get("/app/risk", params={"lang": "pt_BR"}).text
    cells = re.findall(r'<a href="customers\?(filter=segment[^"]+)">[^<]*· (\d+)</a>', page)
    assert len(cells) == sum(row["segment"] is not None for row in bands)
    for query, count in cells:
        asked = {"filter": parse_qs(unescape(query))["filter"][0]}
        assert client.get("/v1/filters/count", params=asked).json()["customers"] == int(count)


def test_a_click_on_a_segment_narrows_the_lists_of_the_page(client: Client, store_url: str) -> None:
    publish_at_risk(store_url, 2)
    page = unescape(client.get("/app/risk", params={"lang": "pt_BR", "capacity": "60"}).text)
    losses = read_chart(page, "losses")
    bands = client.get("/v1/churn/bands").json()["bands"]
    narrowings = re.findall(r'<a href="(risk\?[^"]+)" data-cell="losses-(\d)">', page)
    assert len(narrowings) == len(losses["categories"]) == len(shop.SEGMENTS)
    for address, place in narrowings:
        number = shop.SEGMENTS[int(place)]
        at_stake = sum(
            row["expected_loss"]
            for row in bands
            if row["segment"] == number and row["churn_band"] != "gone"
        )
        assert losses["series"][0]["values"][int(place)] == pytest.approx(at_stake)
        narrowed = unescape(client.get(f"/app/{address}").text)
        wanted = [each for each in listed() if shop.segment_of(each) == number]
        assert re.findall(r'class="name"><a href="[^"]*">([^<]+)', narrowed) == wanted
        assert f"Os primeiros {len(wanted)} " in narrowed  # what they may lose is of them alone
        cells = re.findall(
            r'<a href="customers\?filter=(segment[^"&]+)[^"]*">[^<]*· (\d+)</a>', narrowed
        )
        assert {unquote_plus(text).split(" and ")[0] for text, _ in cells} == {
            f"segment = {number}"
        }
        (chip,) = re.findall(r'<a href="([^"]+)" aria-label="Tirar: Segmento', narrowed)
        assert unescape(client.get(f"/app/{chip}").text).count('class="name"') == len(listed())
    refused = client.get("/app/risk", params={"only": "ordes > <b>", "lang": "pt_BR"})
    assert (refused.status_code, "não dá para ler o filtro" in refused.text) == (200, True)


def test_who_is_later_than_usual_opens_as_a_list(client: Client, store_url: str) -> None:
    customers = at_risk.tables()["customers"]
    index = customers.column_names.index("last_gap_ratio")
    ratios = [0.5 if number % 2 else 2.0 for number in range(len(customers))]
    late = customers.set_column(index, "last_gap_ratio", pa.array(ratios))
    publish(store_url, shop.record(2), at_risk.tables() | {"customers": late})
    page = client.get("/app/risk?lang=pt_BR").text
    links = re.findall(r'<a href="([^"]+)">(\d+) clientes estão há mais tempo', page)
    asked = parse_qs(urlsplit(unescape(links[0][0])).query)
    counted = client.get("/v1/filters/count", params={"filter": asked["filter"][0]}).json()
    wanted = [
        each
        for ratio, each in zip(ratios, shop.IDS, strict=True)
        if ratio > 1 and at_risk.band_of(each) != "gone"
    ]
    assert (int(links[0][1]), counted["customers"]) == (len(wanted), len(wanted))
