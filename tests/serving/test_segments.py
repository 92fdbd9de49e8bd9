"""One segment at the dashboard and in the API: sizes, moves, products, small groups hidden."""

import json
import re
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.i18n import LANGS, Lang, t
from clientela.serving.app import create_app
from clientela.store import keys
from clientela.store.publish import publish
from tests.chromium import Chromium
from tests.serving.conftest import LOCAL, Client
from tests.serving.live import live
from tests.serving.shop import (
    CUSTOMERS,
    IDS,
    NOW,
    customers,
    publish_shop,
    record,
    segment_of,
    segments,
    status_of,
)
from tests.serving.test_products import BAG, PAIR

SIDES = ("member", "leaving")
OWN = [each for each in IDS if segment_of(each, 1) == 2]  # the second run moves all one on
MOVES = [
    {"previous_run_id": record(1).run_id, "from_segment": 1, "to_segment": 2, "customers": 20},
    {"previous_run_id": record(1).run_id, "from_segment": 2, "to_segment": 3, "customers": 4},
    {"previous_run_id": record(1).run_id, "from_segment": 2, "to_segment": 2, "customers": 9},
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("segments")
    url = f"sqlite:///{folder}/results.db"
    publish_shop(url, 1)
    buyers = pa.table({"customer_id": OWN[:7], "product_id": ["b1"] * 7})
    pq.write_table(buyers, folder / "purchases.parquet")
    tables = {
        "customers": customers(1),
        "segments": segments(None),
        "products": pa.Table.from_pylist([BAG | {"product_ids": json.dumps(["b1", "b2"])}]),
        "product_pairs": pa.Table.from_pylist([PAIR]),
        "segment_migrations": pa.Table.from_pylist([row | {"revenue": 12.5} for row in MOVES]),
    }
    publish(url, record(2), tables, purchases=Path(folder, "purchases.parquet"))
    return url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        yield made


def test_a_segment_says_who_came_what_they_buy_and_how_many_they_were(client: Client) -> None:
    content = client.get("/v1/segments/2", params={"lang": "pt_BR"}).json()
    assert content["segment"]["name"] == "Segmento nº 2"
    assert [size["run_id"] for size in content["sizes"]] == [record(1).run_id, record(2).run_id]
    ways = [(move["from_segment"], move["to_segment"]) for move in content["moves"]]
    assert ways == [(1, 2), (2, 3)]  # who stays is none
    (bag,) = content["products"]
    assert (bag["name"], bag["customers"]) == ("<BAG>", 7)
    assert bag["customers_share"] == pytest.approx(7 / 20)
    assert client.get("/v1/segments/9").status_code == 404


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_shows_the_same_and_leads_to_the_list(client: Client, lang: str) -> None:
    page = unescape(client.get("/app/segment", params={"id": "2", "lang": lang}).text)
    assert f"filter=segment+%3D+2&lang={lang}" in page
    cells = re.findall(r'<td class="name">([^<]+)</td><td class="number"[^>]*>(\d+)', page)
    assert ("<BAG>", "7") in re.findall(r'"name">(<BAG>)</td><td[^>]*>(\d+)', page)
    assert [count for name, count in cells if name[-1] in "13"] == ["20", "4"]  # who stays is none
    assert f"customer?id={OWN[0]}&" in page  # entered
    assert 'aria-current="true"' in page
    members = [each for each in IDS if segment_of(each, 1) == 2 and status_of(each) in SIDES]
    label = t("dashboard.segment.members", cast(Lang, lang))  # as tile.members: nothing is launched
    assert re.search(rf">{label}</span>\s*<b>{len(members)}</b>", page)
    assert "None" not in re.sub("<[^>]*>", "", page)


def test_who_is_in_the_programme_or_at_risk_changed_since_the_run_before(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    for number, members in ((1, [3, 5, 6]), (2, [3, 9, 4])):
        counts = {"members": members, "high_risk": [None] * 3}
        columns = {name: pa.array(values, pa.int64()) for name, values in counts.items()}
        sized = segments()
        for name, values in columns.items():
            sized = sized.append_column(name, values)
        publish(url, record(number), {"customers": customers(0), "segments": sized})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        tiles = re.findall("<li>.+?</li>", made.get("/app/segment?id=2").text, re.S)
        viewer = {"x-api-key": keys.create(url, "viewer", ["viewer"], NOW)}
        hidden = made.get("/app/segment?id=2", headers=viewer).text
    members, risk = tiles[-2:]
    assert "+4 since the run before" in members
    assert "since" not in risk  # nobody's risk was known
    assert "+4 since" not in hidden  # the run before may have had a small group


@pytest.mark.parametrize("lang", LANGS)
def test_a_customer_is_offered_what_goes_with_what_they_bought(client: Client, lang: str) -> None:
    buyer, other = (
        unescape(client.get("/app/customer", params={"id": each, "lang": lang}).text)
        for each in (OWN[0], OWN[9])
    )
    assert re.search(r"<li><b>CUP</b>: 30[.,]0% .+<BAG>", buyer)
    assert "<b>CUP</b>" not in other


def test_an_unknown_segment_has_a_page_that_says_so(client: Client) -> None:
    for id in ("9", "x", "", "9" * 5000):
        answer = client.get("/app/segment", params={"id": id})
        assert (answer.status_code, "no such segment" in answer.text) == (404, True)


def test_the_list_of_segments_says_what_changed(client: Client) -> None:
    page = client.get("/app/segments").text
    assert "Customers: unchanged since the run before" in page
    assert '<a href="segment?id=2">' in page


@pytest.mark.parametrize(("size", "value"), [("people", 20), ("money", 411.5)])
def test_segments_are_lines_over_the_runs(client: Client, size: str, value: float) -> None:
    page = client.get("/app/segments", params={"size": size, "flow": "money"}).text
    drawn = re.search(r'id="charts"[^>]*>(.+?)</script>', page)
    assert drawn is not None
    chart = json.loads(drawn[1])["charts"]["segment-sizes"]
    lines = [(line["name"], line["values"]) for line in chart["series"]]
    assert lines == [(f"Segment {number}", [value] * 2) for number in (1, 2, 3)]
    switch = f'href="segments?flow=money&size={size}#sizes" aria-current="true"'
    assert switch in unescape(page)


@pytest.mark.parametrize(("area", "value"), [("", 411.5), ("people", 20)])
def test_segments_are_areas_that_grew_or_shrank(client: Client, area: str, value: float) -> None:
    page = unescape(client.get("/app/segments", params={"area": area, "lang": "pt_BR"}).text)
    drawn = re.search(r'id="charts"[^>]*>(.+?)</script>', page)
    assert drawn is not None
    chart = json.loads(drawn[1])["charts"]["segment-map"]
    assert [series["values"] for series in chart["series"]] == [[value] * 3, [0.0] * 3]
    assert page.count("segment-map-") == 3  # each leads to its list
    assert "Crescimento desde a execução anterior" in page
    assert f'area={area or "money"}&lang=pt_BR#area" aria-current="true"' in page


def test_a_click_on_a_bar_narrows_the_page_and_is_taken_off(client: Client) -> None:
    page = unescape(client.get("/app/segments").text)
    (address,) = re.findall(r'<a href="([^"]+)" data-cell="segments-1 segment-map-1">', page)
    narrowed = unescape(client.get(f"/app/{address}").text)
    assert "only=segment" in address
    for cards, number in ((page, 3), (narrowed, 1)):
        assert cards.count("<p><b>20</b>") == number
    lines = re.findall(r'id="charts"[^>]*>(.+?)</script>', narrowed)
    charts = json.loads(lines[0])["charts"]
    assert [line["name"] for line in charts["segment-sizes"]["series"]] == ["Segment 2"]
    assert len(charts["segments"]["categories"]) == 3
    scores = re.findall(r'customers\?filter=(r_score[^"&]+)', narrowed)
    assert all("segment+%3D+2" in text for text in scores)
    (chip,) = re.findall(r'<a href="([^"]+)" aria-label="Take off: ', narrowed)
    assert unescape(client.get(f"/app/{chip}").text) == page
    other = client.get("/app/segments", params={"only": "orders > 1"}).text
    assert "this page cannot be narrowed by that" in other


def test_moves_from_a_run_of_another_past_are_not_drawn(url: str, tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    with sqlite3.connect(url.removeprefix("sqlite:///")) as db, sqlite3.connect(path) as own:
        db.backup(own)
        own.execute("delete from runs where run_id = ?", [record(1).run_id])
    shown = []
    for each in (url, f"sqlite:///{path}"):
        with TestClient(create_app(Serving(), each), base_url=LOCAL) as client:
            page = client.get("/app/segments")
        shown.append((page.status_code, t("dashboard.segments.flows_table", "en") in page.text))
    assert shown == [(200, True), (200, False)]


def test_segments_say_how_they_grew_and_what_an_order_is_worth(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    publish_shop(url, 1)
    of_run = customers(0)
    for name, values in {
        "orders": [1, 3] * (CUSTOMERS // 2),
        "gross_revenue": [20.0] * CUSTOMERS,
        "churn_band": ["high" if segment_of(each) != 1 else "low" for each in IDS],
        "churn_probability": [0.5] * CUSTOMERS,
        "expected_revenue": [4.0] * CUSTOMERS,
    }.items():
        kept = [each for each in of_run.column_names if each != name]
        of_run = of_run.select(kept).append_column(name, pa.array(values))
    grown = segments(None).set_column(5, "customers", pa.array([30, 15, 20]))
    publish(url, record(2), {"customers": of_run, "segments": grown})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        first, second, _ = made.get("/v1/segments").json()["segments"]
        page = made.get("/app/segments").text
        viewer: Any = {"x-api-key": keys.create(url, "viewer", ["viewer"], NOW)}
        seen = made.get("/v1/segments", headers=viewer).json()["segments"]
    own = [place for place, each in enumerate(IDS) if segment_of(each) == 1]
    orders = sum(1 + 2 * (place % 2) for place in own)
    assert first["growth"] == {"run": {"customers": 0.5, "revenue": 0.0}}
    assert second["growth"]["run"]["customers"] == -0.25
    assert first["mean_order"] == pytest.approx(20 * len(own) / orders)
    assert first["repeat_share"] == pytest.approx(sum(place % 2 for place in own) / 30)
    assert first["high_risk_share"] == 0.0
    assert (first["churn_probability"], first["expected_revenue"]) == (0.5, 4.0 * len(own))
    assert all(
        f'<span class="change">{text}</span>' in page
        for text in ("+50.0%", "\N{MINUS SIGN}25.0%", "=")
    )
    # three of no segment are at high risk: the next in size would tell of them
    assert [row["high_risk_share"] is None for row in seen] == [False, True, False]
    assert [row["expected_revenue"] is None for row in seen] == [False] * 3


@pytest.mark.parametrize("lang", LANGS)
def test_habits_are_drawn_beside_those_of_everybody(store_url: str, lang: str) -> None:
    rows = segments()
    profiles = [
        json.dumps({f"weekday_share_{day}": stat for day, stat in days.items()})
        for days in (
            {"mon": {"mean": 0.3, "index": 150.0}, "tue": {"mean": 0.7, "index": 87.5}},
            {"mon": {"mean": 0.1, "index": 50.0}, "tue": {"mean": 0.9, "index": 112.5}},
            {"mon": {"mean": None, "index": None}},
        )
    ]
    months = [
        {"segment": 1, "month": month, "orders": 5, "orders_share": 0.5, "base_share": base}
        for month, base in ((3, 0.25), (12, 0.75))
    ]
    rows = rows.drop_columns(["profile"]).append_column("profile", pa.array(profiles))
    tables = {"customers": customers(0), "segments": rows}
    publish(store_url, record(2), tables | {"segment_months": pa.Table.from_pylist(months)})
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as made:
        twin = made.get("/v1/segments").json()["segments"]
        page = unescape(made.get("/app/segments", params={"lang": lang}).text)
        narrowed = made.get("/app/segments", params={"lang": lang, "only": "segment = 1"}).text
    assert [len(segment["months"]) for segment in twin] == [2, 0, 0]
    drawn = re.search(r'id="charts"[^>]*>(.+?)</script>', page)
    assert drawn is not None
    charts = json.loads(drawn[1])["charts"]
    days, year = charts["weekday-share"], charts["month-share"]
    assert [series["values"] for series in days["series"]] == [
        [pytest.approx(150), pytest.approx(87.5)],
        [pytest.approx(50), pytest.approx(112.5)],
        [None, None],
    ]
    assert [name.split()[-1] for name in days["categories"]] == (
        ["20.0%", "80.0%"] if lang == "en" else ["20,0%", "80,0%"]
    )
    assert year["series"][0]["values"] == [200, pytest.approx(200 / 3)]
    assert "hour-share" not in charts  # the data do not say it
    assert '"weekday-share"' in narrowed


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_labels_of_areas_are_whole_words_or_end_in_an_ellipsis(
    store_url: str, chromium: Chromium, width: int
) -> None:
    names = ["Campeões", "Clientes regulares", "Inativos, em geral um pedido"]
    rows = segments().drop_columns(["name_pt_br", "revenue"])
    rows = rows.append_column("name_pt_br", pa.array(names))
    rows = rows.append_column("revenue", pa.array([Decimal("900.0"), Decimal(80), Decimal(20)]))
    publish(store_url, record(2), {"customers": customers(0), "segments": rows})
    with live(store_url) as server:
        address = f"http://127.0.0.1:{server.port}/app/segments?lang=pt_BR"
        dom, said = chromium.dom(address, width)
    assert said == []
    plot = re.search(r'data-chart="segment-map".*?</svg>', dom, re.DOTALL)
    assert plot is not None
    shown = [unescape(text) for text in re.findall(r"<text[^>]*>([^<]+)</text>", plot[0])]
    assert shown[0] == "Campeões"
    words = {word for name in names for word in name.split()}
    for text in shown:
        whole, _, rest = text.partition("…")
        assert not rest
        last_is_cut = "…" in text
        for word in whole.split()[: -1 if last_is_cut else None]:
            assert word in words or not word[0].isalpha()


def test_a_viewer_sees_no_small_move_and_no_person(url: str) -> None:
    viewer: Any = {"x-api-key": keys.create(url, "viewer", ["viewer"], NOW)}
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        moves = made.get("/v1/segments/2", headers=viewer).json()["moves"]
        page = made.get("/app/segment", params={"id": "2"}, headers=viewer).text
    assert moves == []  # the other one would tell of the small one, beside the sizes
    assert OWN[0] not in page
    assert "v1/segments/2/customers" not in page
