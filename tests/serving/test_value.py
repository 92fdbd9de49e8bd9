"""The page of value: days that are forecast, the calendar of next orders, few who bring much."""

import datetime as dt
import json
import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs

import pyarrow as pa
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.i18n import LANGS
from clientela.serving.app import create_app
from clientela.store import keys
from clientela.store.arrow_schemas import arrow_table
from clientela.store.publish import publish
from tests.serving import shop
from tests.serving.conftest import LOCAL, Client

SPENT = [1000.0, 400.0, 400.0, -5.0, *([10.0] * (shop.CUSTOMERS - 4))]
FORECAST = {
    "customer_group": "known",
    "expected": 900.0,
    "last_period": 800.0,
    "last_year": None,
    "method": "btyd",
    "hits": 8,
    "dates": 9,
    "bias": 0.0,
    "level": 0.8,
    "low": 700.0,
    "high": 1100.0,
    "measurable": True,
    "sentence_en": "Text",
    "sentence_pt_br": "Texto",
}
UNJUDGED = {"level": None, "low": None, "high": None, "measurable": False, "hits": None, "dates": 0}


def publish_value(url: str) -> None:
    """Publish a run in which every third customer has a next order, the first three tomorrow."""
    run, customers = shop.record(2), shop.customers(0)
    run = replace(run, summary={"value": {"clv_days": 365, "discount_rate": 0.1}})
    ahead = [n // 3 if n % 3 == 0 else None for n in range(shop.CUSTOMERS)]
    days = [None if n is None else run.as_of + dt.timedelta(max(1, n - 1)) for n in ahead]
    customers = customers.drop_columns(["revenue_365d"])
    customers = customers.append_column("revenue_365d", pa.array(SPENT))
    customers = customers.append_column("next_order", pa.array(days, pa.date32()))
    forecast = arrow_table("value_forecast", [FORECAST | UNJUDGED | {"days": 90}])
    programme = arrow_table("programme_forecast", [FORECAST | {"months": 1}])
    tables = {"customers": customers, "segments": shop.segments(), "value_forecast": forecast}
    publish(url, run, tables | {"programme_forecast": programme})


FIRST_DAYS = [dt.date(2011, month, 1) for month in range(8, 13)]
SHOP, WEB, OTHER = [40, 30, 24], [20, 18, 9], [6, 4, 3]


def publish_cohorts(url: str) -> None:
    """Publish a run of five months in which each month fewer begin, and half of them come back."""
    run, customers = shop.record(2), shop.customers(0)
    months = [
        {
            "cohort": first,
            "month": month,
            "customers": 40 - 10 * place,
            "active": (40 - 10 * place) // (2 if age else 1),
            "revenue": 100.0,
        }
        for place, first in enumerate(FIRST_DAYS[:4])
        for age, month in enumerate(FIRST_DAYS[place:])
    ]
    groups = [
        {
            "kind": "channel",
            "cohort": name,
            "age_months": age,
            "name": name,
            "customers": size,
            "active": size // (4 if age else 1),
            "revenue": 60.0,
        }
        for name, sizes in (("shop", SHOP), ("web", WEB), ("", OTHER))
        for age, size in enumerate(sizes)
    ]
    tables = {"customers": customers, "segments": shop.segments()}
    tables["cohorts"] = arrow_table("cohorts", months)
    publish(url, run, tables | {"cohort_groups": arrow_table("cohort_groups", groups)})


def test_quarters_hold_the_people_of_their_months(client: Client, store_url: str) -> None:
    publish_cohorts(store_url)
    twin = client.get("/v1/value/cohorts", params={"cohort": "quarter"}).json()
    assert twin["kinds"] == ["month", "quarter", "channel"]
    assert [(row["cohort"], row["customers"]) for row in twin["cohorts"]] == [
        ("2011-07-01", 40 + 30),
        ("2011-10-01", 20 + 10),
    ]
    counts = [[age["active"] for age in row["ages"]] for row in twin["cohorts"]]
    assert counts == [[70, 35, 35, 35], [30, 15]]  # up to where its last month is known
    assert [age["revenue_per_customer"] for age in twin["cohorts"][1]["ages"]] == [
        pytest.approx(200 / 30),
        pytest.approx(400 / 30),
    ]
    assert twin["new_since"] == "2011-09-01"
    told = [(age["customers"], age["active"]) for age in twin["new_customers"]]
    assert told == [(60, 60), (50, 25), (30, 15)]  # without the first month, and months that run


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_draws_the_cohorts_that_are_asked_for(
    client: Client, store_url: str, lang: str
) -> None:
    publish_cohorts(store_url)
    asked = {"cohort": "channel", "show": "revenue", "lang": lang, "since": "run"}
    page = unescape(client.get("/app/value", params=asked).text)
    drawn = re.search(r'id="charts"[^>]*>(.+?)</script>', page)
    assert drawn is not None
    chart = json.loads(drawn[1])["charts"]["cohorts"]
    assert [series["name"] for series in chart["series"]][:2] == ["shop", "web"]
    assert chart["series"][0]["values"] == [1.5, 3.5, 6.0]
    assert chart["series"][1]["values"][2] is None  # of fewer than ten
    assert len(chart["series"]) == 3  # the others are too few; all new customers stand below
    links = re.findall(r'href="customers\?([^"]+)" data-cell="cohorts-\d+"', page)
    texts = [parse_qs(query)["filter"][0] for query in links]
    assert texts[0] == "first_channel = 'shop' and first_order_date >= '2011-09-01'"
    assert f"cohort=quarter&lang={lang}&show=revenue" in page
    for odd in ({"cohort": "product"}, {"cohort": "x", "show": "y"}):
        assert client.get("/app/value", params=odd).status_code == 200


def test_small_groups_of_cohorts_are_hidden_from_viewers(store_url: str) -> None:
    publish_cohorts(store_url)
    viewer = {"x-api-key": keys.create(store_url, "viewer", ["viewer"], shop.NOW)}
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as client:
        asked = client.get("/v1/value/cohorts?cohort=channel", headers=viewer)
    cohorts = asked.json()["cohorts"]
    assert [row["cohort"] for row in cohorts] == ["shop", "web", ""]
    web, other = (row["ages"] for row in cohorts[1:])
    assert [age["active"] for age in web] == [20, None, None]
    assert [age["revenue"] for age in other] == [60.0, None, None]
    assert {row["filter"] for row in cohorts} == {None}  # it would name the small ones


@pytest.mark.parametrize("lang", LANGS)
def test_each_cell_of_the_calendar_leads_to_as_many_as_it_says(
    client: Client, store_url: str, lang: str
) -> None:
    publish_value(store_url)
    twin = client.get("/v1/value/orders", params={"days": 42}).json()["days"]
    page = client.get("/app/value", params={"lang": lang}).text
    cells = re.findall(r'href="customers\?filter=(next_order\+%3D[^"]+)">(\d+)</a>', page)
    assert [int(count) for _, count in cells] == [row["customers"] for row in twin]
    assert twin[0] == {"day": "2011-12-11", "customers": 3}
    for query, count in cells[:3]:
        asked = parse_qs(unescape(f"filter={query}"))["filter"][0]
        found = client.get("/v1/filters/count", params={"filter": asked}).json()
        assert found["customers"] == int(count)
    assert client.get("/v1/value/orders", params={"days": 1}).json()["days"] == twin[:1]
    assert client.get("/v1/value/orders", params={"days": 0}).status_code == 400


@pytest.mark.parametrize("lang", LANGS)
def test_each_day_of_charges_leads_to_who_is_charged(
    client: Client, store_url: str, lang: str
) -> None:
    run, customers = shop.record(2), shop.customers(0)
    risk = client.get("/app/risk", params={"lang": lang}).text
    assert 'id="calendar"' not in risk  # without a contract nobody is charged
    days = [run.as_of + dt.timedelta(1 + n % 3) if n % 2 else None for n in range(shop.CUSTOMERS)]
    customers = customers.append_column("next_charge", pa.array(days, pa.date32()))
    run = replace(run, summary={"churn": {"charges": {"expected": 40, "held": 38}}})
    publish(store_url, run, {"customers": customers, "segments": shop.segments()})
    twin = client.get("/v1/value/orders", params={"of": "charge"}).json()["days"]
    assert [row["day"] for row in twin] == ["2011-12-11", "2011-12-12", "2011-12-13"]
    page = unescape(client.get("/app/risk", params={"lang": lang}).text)
    cells = re.findall(r'href="customers\?(filter=next_charge[^"]+)">(\d+)</a>', page)
    assert [int(count) for _, count in cells] == [row["customers"] for row in twin]
    (asked,) = parse_qs(cells[0][0])["filter"]
    found = client.get("/v1/filters/count", params={"filter": asked}).json()
    assert found["customers"] == twin[0]["customers"]
    assert ("95,0%" if lang == "pt_BR" else "95.0%") in page


def test_the_point_of_the_curve_leads_to_its_customers(client: Client, store_url: str) -> None:
    publish_value(store_url)
    twin = client.get("/v1/value/concentration").json()["shares"]
    counts = [row["customers"] for row in twin]
    assert counts[0] == 1
    assert 2 not in counts  # two spent as much as each other
    assert counts == sorted(set(counts))
    assert (twin[-1]["customers"], twin[-1]["revenue_share"]) == (shop.CUSTOMERS, 1.0)
    assert [row["revenue"] for row in twin[:2]] == [1000.0, 1800.0]
    first = client.get("/app/value/point", params={"point": "1", "lang": "pt_BR"}).text
    (link,) = re.findall(r'href="customers\?([^"]+)"', first)
    asked = parse_qs(unescape(link))["filter"][0]
    count = client.get("/v1/filters/count", params={"filter": asked}).json()
    assert count["customers"] == 3 == twin[1]["customers"]
    for odd in ("-1", "99999", "9" * 400, "x"):
        assert client.get("/app/value", params={"point": odd}).status_code == 200


@pytest.mark.parametrize("lang", LANGS)
def test_days_that_are_not_forecast_get_no_number(
    client: Client, store_url: str, lang: str
) -> None:
    publish_value(store_url)
    twin = client.get("/v1/value/horizons", params={"lang": lang}).json()
    assert [(row["days"], row["measurable"]) for row in twin["horizons"]] == [
        (30, True),
        (90, False),
    ]
    assert twin["lifetime"] == {"days": 365, "discount_rate": 0.1}
    page = client.get("/app/value", params={"lang": lang}).text
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    lines = [re.findall(r"<td[^>]*>([^<]*)</td>", line) for line in table.split("</tr>")[:-1]]
    assert [len(line) for line in lines] == [7, 7, 7]
    assert ["8" in line[-1] for line in lines] == [True, False, False]
    assert [re.sub(r"\D", "", line[1]) for line in lines] == ["900", "900", ""]


def test_a_viewer_sees_what_is_forecast_and_nobody(store_url: str) -> None:
    publish_value(store_url)
    viewer = {"x-api-key": keys.create(store_url, "viewer", ["viewer"], shop.NOW)}
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as client:
        page = client.get("/app/value", headers=viewer)
        refused = client.get("/v1/value/concentration", headers=viewer)
    assert page.status_code == 200
    assert "customers?filter" not in page.text
    assert 'id="point"' not in page.text
    assert refused.status_code == 403
