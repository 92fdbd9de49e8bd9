"""The dashboard: every page in both languages, on a shop and on nothing."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urljoin

import msgspec
import pyarrow as pa
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.contract.access import Role
from clientela.contract.tables import DAY_ORDER
from clientela.errors import StoreError
from clientela.i18n import LANGS
from clientela.privacy.access import Order
from clientela.report.answer import LEAST_COHORT, Answer, Figure
from clientela.serving.app import create_app
from clientela.serving.dashboard.customers import ROWS
from clientela.serving.dashboard.frame import MENU, SECTIONS, TERMS
from clientela.serving.dashboard.rule import IN
from clientela.serving.filtering import Filters
from clientela.serving.results import Results
from clientela.serving.standing import HABITS
from clientela.store import keys
from clientela.store.arrow_schemas import arrow_table
from clientela.store.publish import publish
from tests.chromium import Chromium
from tests.conftest import ROOT
from tests.serving.conftest import LOCAL, Client
from tests.serving.live import live
from tests.serving.people import log_in
from tests.serving.shop import (
    CUSTOMERS,
    FORMULA,
    IDS,
    NOW,
    city_of,
    programme_tables,
    record,
    segment_of,
    status_of,
)
from tests.serving.shop import customers as shop_customers
from tests.shop import FirstRun

PAGES = (*MENU, "members", f"customer?id={IDS[0]}")
MEANINGS = {"meaning_en": "x", "meaning_pt_br": "x"}
TILE = re.compile(
    r'<li>(?:<a href="([^"]+)">)?\s*<span class="label">([^<]+)</span>\s*<b>([^<]+)</b>'
)


@pytest.fixture(scope="module")
def full(first_run: FirstRun) -> Iterator[Client]:
    """The dashboard of a whole run."""
    url, models = f"sqlite:///{first_run.workspace}/results.db", first_run.workspace / "models"
    with TestClient(create_app(Serving(), url, models=models), base_url=LOCAL) as made:
        yield made


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", PAGES)
def test_each_page_stands_in_each_language(shared_client: Client, name: str, lang: str) -> None:
    answer = shared_client.get(f"/app/{name}", params={"lang": lang})
    assert answer.status_code == 200, answer.text
    assert f'<html lang="{lang.replace("_", "-")}">' in answer.text
    assert len(re.findall("<h1>.+</h1>", answer.text)) == 1
    assert "None" not in re.sub("<[^>]*>", "", answer.text)


@pytest.mark.parametrize("name", PAGES)
def test_each_page_says_where_it_is_and_what_can_be_taken_away(
    shared_client: Client, name: str
) -> None:
    page = shared_client.get(f"/app/{name}", params={"lang": "pt_BR"}).text
    section = SECTIONS.get(name.partition("?")[0])
    crumbs = re.search(r'class="crumbs".*?<a href="(\w+)', page)
    assert (crumbs and crumbs[1]) == section
    assert all(f">{words}<" in page for words in ("Copiar link", "Baixar", "PDF da página"))
    assert page.count('href="#meanings"') == page.count('<dl id="meanings">')
    menu = page.partition('class="menu"')[2].partition("</ul>")[0]
    files = set(re.findall(r'<a href="([^"]+)" download', page.partition("<h1>")[2]))
    of_list = {file for file in files if "/customers" in file or "file?" in file}
    assert set(re.findall(r'<a href="([^"]+)" download', menu)) <= files
    assert name != "customers" or len(of_list) == 3


@pytest.mark.parametrize("name", MENU)
def test_each_page_of_a_whole_run_tells_a_finding(full: Client, name: str) -> None:
    answer = full.get(f"/app/{name}")
    assert answer.status_code == 200, answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert not re.search(r"<script(?![^>]*(src=|application/json))|\son\w+=", answer.text)
    for link in re.findall(r'(?:href|src)="(?!data:|#)([^"]+)"', answer.text):
        target = urljoin(f"{LOCAL}/app/{name}", unescape(link))
        assert target.startswith(LOCAL)
        assert full.get(target.removeprefix(LOCAL)).status_code == 200, target


def test_customers_are_walked_once_in_the_order_asked(client: Client) -> None:
    seen: list[str] = []
    address = "/app/customers?sort=customer_id"
    while True:
        page = client.get(address).text
        seen += re.findall(r'class="name"><a href="[^"]*">([^<]+)</a>', page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        if following is None:
            break
        address = urljoin(address, unescape(following[1]))
    assert seen == IDS
    assert CUSTOMERS > ROWS


def test_a_condition_is_added_to_the_filter(client: Client) -> None:
    asked = {
        "filter": "revenue < 0",
        "add_column": "segment",
        "add_op": "=",
        "add_value": "2",
    }
    page = client.get("/app/customers", params=asked).text
    assert "revenue &lt; 0 and segment = 2</textarea>" in page
    wanted = [each for each in IDS if segment_of(each) == 2]
    assert f"<h1>{len(wanted)} customers" in page
    count = client.get("/app/customers/count", params={"filter": "segment = 2"}).text
    assert count.startswith(f"{len(wanted)} customers")


@pytest.mark.parametrize(
    ("column", "value", "condition"),
    [
        ("attributes.city", "São Luís", "attributes.city = 'São Luís'"),
        ("attributes.fee", "1,5", "attributes.fee = 1.5"),
        ("revenue", "1.234,5", "revenue = 1234.5"),
        ("insider_since", "31/12/2010", "insider_since = '2010-12-31'"),
        ("outlier", "não", "outlier = false"),
    ],
)
def test_values_are_read_as_the_language_writes_them(
    client: Client, column: str, value: str, condition: str
) -> None:
    asked = {"add_column": column, "add_op": "=", "add_value": value, "lang": "pt_BR"}
    page = unescape(client.get("/app/customers", params=asked).text)
    assert f"{condition}</textarea>" in page
    assert '<option value="attributes.city">city</option>' in page


@pytest.mark.slow
def test_conditions_are_put_into_groups_and_taken_out_by_clicks(client: Client) -> None:
    def read(address: str) -> str:
        return unescape(client.get(address).text)

    def follow(page: str, text: str) -> str:
        link = re.search(rf'<a href="(customers[^"]*)"[^>]*>{text}</a>', page)
        assert link is not None, text
        return read(f"/app/{link[1]}")

    asked = "/app/customers?filter=segment+=+1&add_column=segment&add_op=>=&add_value=2&lang=pt_BR"
    page = read(f"{asked}&add_to=or")
    assert "segment = 1 or segment = 2</textarea>" in page
    of_first = sum(segment_of(each) == 1 for each in IDS)
    assert f'Segmento: Segmento nº 1 <span class="note">{of_first} clientes' in page
    page = follow(page, "exigir todas")
    assert "Nenhum cliente cumpre" in page
    assert "A que mais corta é “Segmento: Segmento nº" in page
    assert "segment = 2</textarea>" in follow(page, "tirar")
    grouped = "filter=orders+>+1+and+segment+=+1&add_column=insider&add_value=member&add_to=1"
    page = read(f"/app/customers?{grouped}&lang=pt_BR")
    assert "orders > 1 and (segment = 1 or insider = 'member')</textarea>" in page
    assert "Pedidos: mais de 1" in page
    assert "orders > 1</textarea>" in follow(page, "tirar este grupo")


def test_scores_are_a_heat_map_whose_cells_open_their_lists(client: Client) -> None:
    cells = client.get("/v1/rfm").json()["cells"]
    assert [(cell["r_score"], cell["f_score"], cell["customers"]) for cell in cells] == [
        (5, 5, CUSTOMERS)
    ]
    page = unescape(client.get("/app/segments").text)
    cell = re.search(r'<td style="--heat: 1.00"><a href="([^"]+)">60</a>', page)
    assert cell is not None
    assert f"<h1>{CUSTOMERS} customers" in client.get(f"/app/{cell[1]}").text
    assert "On which days" not in page  # the shop's segments have no profile of them


def test_a_view_is_saved_for_all_and_removed(client: Client, store_url: str) -> None:
    token = {"csrf": log_in(client, store_url, "marketing")}
    asked = "/app/customers?filter=segment+%3D+2&sort=-orders&lang=pt_BR"
    address = re.search(r'name="address" value="([^"]+)"', client.get(asked).text)
    assert address is not None
    body = {"address": unescape(address[1]), "name": "Leais <b>"} | token
    today = unescape(client.post("/app/views?lang=pt_BR", data=body).text)
    link = re.search(r'<a href="(customers[^"]+)">Leais <b></a>', today)
    assert link is not None
    saved = client.get(f"/app/{link[1]}").text
    assert "segment = 2</textarea>" in saved
    assert parse_qs(link[1].partition("?")[2]) == parse_qs(asked.partition("?")[2])
    for wrong in (
        {"name": "Leais <b>"},  # taken
        {"address": "customers?filter=customer_id+%3D+'1'", "name": "a"},
        {"address": "customer?id=1", "name": "b"},
        {"address": "https://evil.example", "name": "c"},
        {"name": " "},
    ):
        refused = client.post("/app/views?lang=pt_BR", data=body | wrong)
        assert (refused.status_code, "não foi salva" in refused.text) == (400, True)
    view = re.search(r'name="remove" value="(\w+)"', today)
    assert view is not None
    assert "Leais" not in client.post("/app/views", data={"remove": view[1]} | token).text
    viewer = {"csrf": log_in(client, store_url, "viewer", user_id="vera")}
    assert client.post("/app/views", data=body | viewer).status_code == 403


def test_columns_are_chosen_and_attributes_sorted(client: Client) -> None:
    asked = "columns=orders,attributes.city,nonsense&columns=revenue&lang=pt_BR"
    page = unescape(client.get(f"/app/customers?{asked}&sort=-attributes.city").text)
    heads = re.findall(r'<th scope="col" class="number"[^>]*><a href="([^"]+)">([^<]+)<', page)
    assert [text for _, text in heads] == ["Pedidos", "city", "Receita"]
    assert 'aria-sort="descending"><a href="customers?' in page
    first = re.search(r'class="name"><a [^>]*>([^<]+)<', page)
    assert first is not None
    assert first[1] == next(each for each in IDS if city_of(each) == "São Luís")
    assert 'data-label="city">São Luís</td>' in page
    following = re.search(r'href="([^"]+)" rel="next"', page)
    assert following is not None
    rest = client.get(urljoin("/app/", following[1])).text
    assert rest.count('data-label="city">Recife</td>') == CUSTOMERS - ROWS
    moved = re.search(r'href="([^"]+)" aria-label="Para a esquerda: city"', page)
    assert moved is not None
    again = client.get(f"/app/{moved[1]}").text
    assert again.index(">city</a></th>") < again.index(">Pedidos</a></th>")
    assert client.get("/v1/customers?sort=-attributes.city&limit=1").json()["customers"] != []
    for wrong in ("sort=attributes.town", "filter=attributes.town+%3D+1"):
        assert "try attributes." in client.get(f"/v1/customers?{wrong}").text


def test_the_last_whole_month_stands_beside_the_one_before_and_last_year(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    months = [(2010, 11, 900), (2011, 10, 1100), (2011, 11, 1_250_000), (2011, 12, 5)]
    money = dict.fromkeys(("gross", "returned", "fees", "unidentified_amount"), 0)
    rows = [
        {"month": dt.date(year, month, 1), "net": net, **money, "lines": 9, "orders": 9}
        | {"customers": net // 100}
        for year, month, net in months
    ]
    publish(url, record(1), {"revenue_by_month": pa.Table.from_pylist(rows)})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        page = unescape(made.get("/app/today").text)
    tiles = re.findall(
        r'<span class="label">([^<]+)</span>\s*<b>([^<]+)</b>\s*((?:<span.*)?)', page
    )
    assert [parts[:2] for parts in tiles] == [("Revenue in Nov 2011", "£1.25M")]
    assert "+£1,248,900 since Oct 2011" in tiles[0][2]
    assert "+£1,249,100 since Nov 2010" in tiles[0][2]


def test_a_person_shows_place_rhythm_and_what_to_do(client: Client) -> None:
    candidate = next(each for each in IDS if status_of(each) == "candidate")
    page = unescape(client.get("/app/customer", params={"id": candidate}).text)
    row = next(
        row
        for row in client.get("/v1/programme/members?status=candidate").json()["members"]
        if row["customer_id"] == candidate
    )
    assert f'<p class="text">{row["reason"]}</p>' in page
    assert "late by their own rhythm" in page
    assert ">Clube Ação: £120 to go until 2012-06-30</label>" in page
    assert '<progress id="progress" value="1120.0" max="1240.0">90%</progress>' in page


@pytest.mark.parametrize(
    ("limit", "says"),
    [
        (1_000.0, "Clube: condições cumpridas"),
        (1_240.5, "Clube: faltam £ 0,50 até 08/01/2012 para continuar"),
    ],
)
def test_the_bar_of_a_member_is_that_of_the_condition_to_stay(
    store_url: str, limit: float, says: str
) -> None:
    programme = {"name": "Clube", "state": "launched"}
    conditions = pa.table(
        {
            "kind": ["entry", "exit", "exit"],
            "position": [1, 1, 2],
            "feature": ["revenue_365d", "days_since_last", "gross_revenue"],
            "operator": [">=", "<=", ">="],
            "value": [9_000.0, 90.0, limit],
            "unit": ["amount", "days", "amount"],
        }
    )
    customers = shop_customers(0)
    spent = pa.array([1_240.0] * CUSTOMERS)
    place = customers.column_names.index("gross_revenue")
    tables = {"customers": customers.set_column(place, "gross_revenue", spent)}
    tables |= programme_tables() | {"programme_conditions": conditions}
    publish(store_url, replace(record(2), summary={"programme": programme}), tables)
    leaving = next(each for each in IDS if status_of(each) == "leaving")
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as made:
        page = unescape(made.get("/app/customer", params={"id": leaving, "lang": "pt_BR"}).text)
    label = re.search(r'<label for="progress">([^<]+)</label>', page)
    assert label is not None
    assert label[1].replace("\xa0", " ") == says


@pytest.mark.parametrize("lang", LANGS)
def test_what_to_do_has_a_message_to_copy(full: Client, lang: str) -> None:
    action = next(
        row for row in full.get("/v1/actions").json()["actions"] if row["action"] == "basket"
    )
    condition = f"action = '{action['action_id']}'"
    rows = full.get("/v1/customers", params={"filter": condition, "limit": 1}).json()["customers"]
    page = full.get("/app/customer", params={"id": rows[0]["customer_id"], "lang": lang}).text
    messages = re.findall(r'<blockquote id="(message-\d)"[^>]*>([^<]+)<', page)
    assert messages
    for place, text in messages:
        assert f'data-copy="{place}"' in page
        assert "{{" not in text
        assert {"en": "STOP", "pt_BR": "SAIR"}[lang] in text


def test_values_are_chosen_where_a_column_has_few(client: Client) -> None:
    fragments = {
        column: client.get("/app/customers/values", params={"add_column": column}).text
        for column in ("segment", "insider", "outlier", "attributes.city", "revenue", "<i>")
    }
    assert '<option value="2">Segment 2</option>' in fragments["segment"]
    assert '<option value="leaving">' in fragments["insider"]
    assert '<option value="true">yes</option>' in fragments["outlier"]
    assert '<option value="São Luís">' in fragments["attributes.city"]
    assert '<input name="add_value" type="text"' in fragments["revenue"]
    assert ">at least</option>" in fragments["revenue"]
    assert ">at least</option>" not in fragments["segment"]
    assert "<i>" not in fragments["<i>"]


@pytest.mark.parametrize("column", ["revenue", "insider", "attributes.city"])
def test_a_condition_without_a_value_is_not_added(client: Client, column: str) -> None:
    asked = {"filter": "segment = 2", "add_column": column, "add_op": ">=", "add_value": " "}
    page = unescape(client.get("/app/customers", params=asked).text)
    assert "segment = 2</textarea>" in page
    assert "No condition was added" in page
    wanted = [each for each in IDS if segment_of(each) == 2]
    assert f"<h1>{len(wanted)} customers" in page


def test_an_unknown_attribute_is_said_where_it_is_written(client: Client) -> None:
    asked = {"filter": "attributes.town = 'x'", "lang": "pt_BR"}
    for page in ("customers", "customers/count"):
        answer = client.get(f"/app/{page}", params=asked)
        assert (answer.status_code, "não tem o atributo" in answer.text) == (200, True)


@pytest.mark.parametrize("lang", LANGS)
def test_each_column_is_explained_in_place(client: Client, lang: str) -> None:
    page = client.get("/app/customers", params={"lang": lang}).text
    meanings = re.findall(r"<dt>(.+?)</dt><dd>(.+?)</dd>", page)
    headings = re.findall(r'class="number"[^>]*><a [^>]*>(.+?)</a></th>', page)
    assert [label for label, _ in meanings][-len(headings) :] == headings


def test_columns_with_an_accent_stand_beside_those_without(client: Client) -> None:
    page = client.get("/app/customers", params={"lang": "pt_BR"}).text
    assert page.index(">Sábado</option>") < page.index(">Segunda-feira</option>")


@pytest.mark.parametrize("lang", LANGS)
def test_every_page_explains_its_words(client: Client, lang: str) -> None:
    for name in TERMS:
        page = client.get(f"/app/{name}", params={"lang": lang, "group": "insiders"}).text
        assert len(re.findall("<dt>.+?</dt><dd>.+?</dd>", page)) >= len(TERMS[name]), name


@pytest.mark.slow
@pytest.mark.parametrize("role", ["viewer", "admin", "agent", "marketing"])
def test_no_page_offers_what_its_reader_may_not_open(
    client: Client, store_url: str, role: Role
) -> None:
    log_in(client, store_url, role)
    refused, seen = [], set()
    for name in (*MENU, "rules"):
        page = client.get(f"/app/{name}")
        for link in re.findall(r'href="(?!data:|#)([^"]+)"', page.text if page.is_success else ""):
            target = urljoin(f"{LOCAL}/app/{name}", unescape(link)).partition("#")[0]
            if target not in seen and client.head(target).status_code == 403:
                refused.append((name, link))
            seen.add(target)
    assert refused == []


def test_a_filtered_list_is_taken_away_as_people_read_it(client: Client) -> None:
    asked = {"filter": "segment = 2", "sort": "-customer_id", "lang": "pt_BR"}
    page = client.get("/app/customers", params=asked).text
    found = re.findall(r'href="(customers/file[^"]+)" download', page)
    links = dict.fromkeys(unescape(link) for link in found)
    text, workbook = (client.get(f"/app/{link}") for link in links)
    lines = text.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith('"Cliente";"Receita esperada')
    wanted = [each for each in IDS if segment_of(each) == 2]
    assert [line.split('"')[1] for line in lines[1:]] == sorted(wanted, reverse=True)
    assert workbook.content[:2] == b"PK"
    wrong = client.get("/app/customers/file", params={"format": "csv", "filter": "ordes > 1"})
    assert wrong.status_code == 400


def test_words_become_the_filter_and_what_is_left_is_said(client: Client) -> None:
    words = {"words": "segmento nº 2 que não compram há 3 dias, de Marte", "lang": "pt_BR"}
    page = client.get("/app/customers", params=words).text
    phrase = client.get("/v1/filters/phrase", params=words).json()
    assert phrase["filter"] == "days_since_last > 3 and segment = 2"
    assert phrase["unknown"] == ["marte"]
    assert "days_since_last &gt; 3 and segment = 2</textarea>" in page
    assert "Não entendi: marte" in page
    nothing = client.get("/app/customers", params={"words": "Marte", "lang": "pt_BR"}).text
    assert "Nada disso foi entendido" in nothing
    assert '<td class="name">' not in nothing
    unknown = client.get("/app/customer", params={"id": "em risco", "lang": "pt_BR"}).text
    assert 'href="customers?words=em+risco&amp;lang=pt_BR"' in unknown


def test_words_are_suggested_while_they_are_typed(client: Client) -> None:
    typed = {"words": "de Marte, segmento nº 2 que não", "lang": "pt_BR"}
    options = client.get("/app/customers/phrases", params=typed).text
    twin = client.get("/v1/filters/phrase/suggestions", params=typed).json()["suggestions"]
    assert twin[0] == "de Marte, segmento nº 2 que não compram há 60 dias"
    assert [unescape(text) for text in re.findall(r'<option value="([^"]+)"', options)] == twin
    assert "Entendi: “segmento nº 2”. Não entendi: marte" in options
    long = client.get("/app/customers/phrases", params={"words": "a" * 301})
    assert "longer than" in long.text


@pytest.mark.parametrize("lang", LANGS)
def test_a_wrong_filter_is_said_in_words(client: Client, lang: str) -> None:
    page = client.get("/app/customers", params={"filter": "ordes > <b>", "lang": lang})
    assert page.status_code == 200
    assert "<b>" not in page.text.partition("<textarea")[2].partition("</textarea>")[0]
    words = {"en": "cannot be read from here on", "pt_BR": "não dá para ler o filtro"}
    assert words[lang] in page.text
    assert words[lang] in client.get(f"/app/customers/count?filter=ordes+>+<b>&lang={lang}").text


def test_the_purchases_of_a_person_add_up(full: Client) -> None:
    row = full.get("/v1/customers", params={"sort": "-orders", "limit": 1}).json()["customers"][0]
    orders = full.get(f"/v1/persons/{row['customer_id']}/orders").json()["orders"]
    assert sum(order["amount"] for order in orders) == pytest.approx(row["features"]["revenue"])
    days = [order["day"] for order in orders]
    assert days == sorted(days, reverse=True)
    assert days[0] >= row["features"]["last_order_date"]
    page = full.get("/app/customer", params={"id": row["customer_id"]}).text
    assert page.count('<td class="name">') == min(len(orders), ROWS)
    bought = {order["day"] for order in orders if order["kind"] == "sale"}
    assert f"one of {len(bought)} days of purchase" in page
    assert page.count("V24M") == len(bought) - 1
    assert full.get("/v1/persons/nobody/orders").status_code == 404


@pytest.mark.parametrize("name", ["risk", "insiders", "value", "segment?id=1"])
def test_each_number_on_top_opens_the_list_behind_it(full: Client, name: str) -> None:
    page = full.get(f"/app/{name}").text
    tiles = TILE.findall(page)
    assert len(tiles) > 1
    for link, label, text in tiles:
        assert bool(link) is not label.startswith("Expected of new customers"), label
        if "customers?filter" in link and text.replace(",", "").isdecimal():
            title = "No customer meets" if text == "0" else f"{text} customer"
            assert f"<h1>{title}" in full.get(f"/app/{unescape(link)}").text, label


def test_today_has_six_numbers_and_the_orders_of_the_week(full: Client) -> None:
    page = unescape(full.get("/app/today").text)
    tiles = {label: (link, text) for link, label, text in TILE.findall(page)}
    _, active, new, again, insiders, risk = tiles
    assert active == "Active customers, 30 days"
    assert (new, again) == ("New customers, 30 days", "Repeat rate, 90 days")
    assert "risk" in risk
    assert "Insiders" in insiders
    assert re.fullmatch(r"\d+ \([\d.]+%\)", tiles[insiders][1])
    for name in (new, again):
        assert "<h1>" in full.get(f"/app/{tiles[name][0]}").text
    count = {name: _count(full, tiles[name][0]) for name in (active, new, again)}
    assert [tiles[name][1] for name in (active, new)] == [str(count[active]), str(count[new])]
    bought = full.get("/v1/filters/count", params={"filter": "orders_90d >= 1"}).json()
    assert tiles[again][1] == f"{count[again] / bought['customers']:.1%}"
    figures = {row["name"]: row["value"] for row in full.get("/v1/figures").json()["figures"]}
    orders = round(figures["expected_orders_7d"])
    assert re.search(rf"<h3>Orders expected by [\d-]+: {orders}</h3>", page)
    assert 'href="customers?sort=-expected_orders"' in page


def _count(client: Client, link: str) -> int:
    (tree,) = parse_qs(link.partition("?")[2])["filter"]
    count: int = client.get("/v1/filters/count", params={"filter": tree}).json()["customers"]
    return count


def test_orders_that_the_source_does_not_number_have_no_number(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = dt.date(2011, 12, 1)
    orders = [
        Order(day, f"{DAY_ORDER}{IDS[0]}:{day}", "sale", 2, 31.5, [], None),
        Order(day, f"{DAY_ORDER}{IDS[0]}:{day}", "return", 1, -1.5, [], None),
    ]

    async def read_orders(*_: object) -> list[Order]:
        return orders

    monkeypatch.setattr(Results, "read_orders", read_orders)
    page = client.get("/app/customer", params={"id": IDS[0], "lang": "pt_BR"}).text
    what = re.findall(r'data-label="Pedido">([^<]+)<', page)
    assert what == ["Compra", "Devolução"]
    assert "Principais produtos" not in page  # none is known of any order


@pytest.mark.parametrize("cohort", ["month", "quarter", "product", "country"])
def test_each_cell_of_the_cohorts_lists_its_customers(full: Client, cohort: str) -> None:
    twin = full.get("/v1/value/cohorts", params={"cohort": cohort}).json()
    rows = [row for row in twin["cohorts"] if row["customers"] >= LEAST_COHORT]
    assert rows
    for row in [*rows[:2], rows[-1]]:
        assert _count_filter(full, row["filter"]) == row["customers"]
        for age in row["ages"][:3] + row["ages"][-1:]:
            assert _count_filter(full, age["filter"]) == age["active"]
    for age in twin["new_customers"][:2]:
        assert _count_filter(full, age["filter"]) == age["active"]


@pytest.mark.parametrize("show", ["retention", "revenue"])
def test_each_number_of_the_cohorts_opens_as_many(full: Client, show: str) -> None:
    asked = {"cohort": "country", "show": show, "lang": "pt_BR"}
    page = unescape(full.get("/app/value", params=asked).text)
    links = re.findall(r'href="customers\?([^"]+)" data-cell="cohorts-\d+-\d+">(\d+)</a>', page)
    assert len(links) > 2
    for query, number in [*links[:3], links[-1]]:
        assert _count(full, f"customers?{query}") == int(number)


@pytest.mark.parametrize("place", ["today", "value"])
def test_each_month_of_revenue_lists_who_ordered_in_it(full: Client, place: str) -> None:
    page = unescape(full.get(f"/app/{place}", params={"lang": "en"}).text)
    cell = r'href="customers\?([^"]+)" data-cell="revenue-by-month-\d+">[^(]+\((\d+)\)</a>'
    links = re.findall(cell, page)
    assert len(links) == 12
    for query, number in links[:2] + links[-1:]:
        assert _count(full, f"customers?{query}") == int(number) > 0


def test_a_list_names_the_month_and_the_first_product(full: Client) -> None:
    row = full.get("/v1/value/cohorts", params={"cohort": "product"}).json()["cohorts"][0]
    tree = f"{row['filter']} and ordered_in != '2011-11'"
    asked = {"filter": tree, "columns": "first_product", "lang": "pt_BR"}
    page = unescape(full.get("/app/customers", params=asked).text)
    assert f"Primeiro produto: {row['name']}" in page
    assert "Comprou no mês: não em nov. 2011" in page
    assert f'data-label="Primeiro produto">{row["name"]}</td>' in page
    values = {"add_column": "first_product", "lang": "pt_BR"}
    choices = unescape(full.get("/app/customers/values", params=values).text)
    assert f'value="{row["cohort"]}"' in choices
    values = {"add_column": "ordered_in", "lang": "pt_BR"}
    assert ">nov. 2011</option>" in full.get("/app/customers/values", params=values).text


def _count_filter(client: Client, text: str) -> int:
    answer = client.get("/v1/filters/count", params={"filter": text})
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["customers"]
    return count


def test_the_place_of_a_person_in_the_segment_is_true(full: Client) -> None:
    row = full.get("/v1/customers", params={"sort": "-orders", "limit": 1}).json()["customers"][0]
    told = full.get(f"/v1/persons/{row['customer_id']}/standing").json()
    peers = full.get("/v1/customers", params={"segment": row["segment"], "limit": 1000}).json()
    assert {place["feature"] for place in told["standing"]} == set(HABITS)
    for place in told["standing"]:
        all_own = [each["features"][place["feature"]] for each in peers["customers"]]
        values = [value for value in all_own if value is not None]
        less = sum(value < place["own"] for value in values) / len(values)
        more = sum(value > place["own"] for value in values) / len(values)
        assert place["less"] <= less < place["less"] + 0.011
        assert place["more"] <= more < place["more"] + 0.011
    page = full.get("/app/customer", params={"id": row["customer_id"]}).text
    share = next(each["less"] for each in told["standing"] if each["feature"] == "orders")
    assert f"bought more often than {share:.0%} of the segment" in page
    assert full.get("/v1/persons/nobody/standing").status_code == 404


def test_the_search_suggests_whose_id_begins_so(client: Client, store_url: str) -> None:
    def suggest(beginning: str) -> list[str]:
        answer = client.get("/app/customers/ids", params={"id": beginning})
        assert answer.status_code == 200, answer.text
        return re.findall('<option value="([^"]+)">', unescape(answer.text))

    assert suggest("178") == IDS[:8]
    assert suggest("17801") == ["17801"]
    assert suggest(FORMULA[:3]) == [FORMULA]
    assert suggest("9") == suggest("") == []
    log_in(client, store_url, "agent")
    assert client.get("/app/customers/ids", params={"id": "1"}).status_code == 403
    assert "datalist" not in client.get(f"/app/customer?id={IDS[1]}").text


def test_a_person_who_is_not_there_is_said_in_words(client: Client) -> None:
    page = client.get("/app/customer", params={"id": "<script>"}).text
    assert "No customer has the id &lt;script&gt;" in page


@pytest.mark.parametrize("capacity", ["0", "-3", "x", "999999", "1"])
def test_any_capacity_gives_a_page(full: Client, capacity: str) -> None:
    assert full.get("/app/risk", params={"capacity": capacity}).status_code == 200


@pytest.mark.parametrize("lang", LANGS)
def test_another_rule_shows_whom_it_lets_in_and_takes_out(full: Client, lang: str) -> None:
    rules = full.get("/v1/programme").json()
    asked = {rule["feature"]: rule["value"] for rule in rules["entry"]}
    query = {"lang": lang} | {name: value / 2 for name, value in asked.items()}
    fragment = full.get("/app/insiders/effect", params=query).text
    counts = []
    for link in re.findall(r'<a href="(customers[^"]+)"', fragment):
        text = parse_qs(unescape(link).partition("?")[2])["filter"][0]
        count = full.get("/v1/filters/count", params={"filter": text}).json()["customers"]
        counts.append(count)
        assert re.search(rf">{count:,}".replace(",", "[,.]") + r"\b", fragment)
    held, entering, leaving = counts
    before = full.get("/v1/filters/count", params={"filter": IN}).json()["customers"]
    assert held == before + entering - leaving
    page = full.get("/app/insiders", params=query).text
    assert fragment.strip() in page
    sliders = re.findall(r'min="(.+?)" max=".+?" step="(.+?)"', page)
    for (least, step), value in zip(sliders, asked.values(), strict=True):
        assert (value - float(least)) % float(step) == pytest.approx(0)  # else a browser moves it
    wrong = full.get("/app/insiders/effect", params=dict.fromkeys(asked, "x") | {"lang": lang})
    assert wrong.text == full.get("/app/insiders/effect", params={"lang": lang}).text


def test_nothing_published_is_said_in_words(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        answer = made.get("/app/today", params={"lang": "pt_BR"})
        start = made.get("/app", params={"lang": "pt_BR"})
    for each in (answer, start):
        assert each.status_code == 503
        assert "Ainda não há resultados" in each.text
    assert 'href="../docs"' in answer.text
    assert 'href="docs"' in start.text


def test_the_start_keeps_the_language(client: Client) -> None:
    start = client.get("/app", params={"lang": "pt_BR"})
    assert str(start.url).endswith("/app/today?lang=pt_BR")


@pytest.mark.parametrize(("lang", "words"), [("en", "Not ready yet"), ("pt_BR", "Ainda não está")])
def test_results_that_cannot_be_read_are_no_empty_ones(
    client: Client, lang: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise StoreError("the results are being made ready for filters")

    monkeypatch.setattr(Filters, "count", refuse)
    answer = client.get("/app/customers", params={"lang": lang})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert words in answer.text
    assert "clientela run" not in answer.text


def test_a_key_for_aggregates_opens_no_list(store_url: str) -> None:
    headers = {"x-api-key": keys.create(store_url, "viewer", ["viewer"], NOW)}
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as made:
        for name, status in (
            ("today", 200),
            ("customer?id=1", 403),
            ("customers", 403),
            ("members", 403),
            ("risk", 403),
        ):
            assert made.get(f"/app/{name}", headers=headers).status_code == status
        assert made.get("/app/today").status_code == 401


def test_a_change_since_the_run_before_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    figure = {"name": "new_customers_30d", "unit": "count"} | MEANINGS
    for number, value in ((1, 100.0), (2, 120.0)):
        publish(url, record(number), {"figures": pa.Table.from_pylist([figure | {"value": value}])})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        assert "+20 since the run before" in made.get("/app/today").text


@pytest.mark.parametrize(
    ("state", "label"),
    [("launched", "Membros do Insiders"), ("not_launched", "Cumprem as condições do Insiders")],
)
def test_nobody_is_called_a_member_before_the_launch(
    tmp_path: Path, state: str, label: str
) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    figure = {"name": "members", "unit": "count"} | MEANINGS
    run = replace(record(1), summary={"programme": {"state": state}})
    publish(url, run, {"figures": pa.Table.from_pylist([figure | {"value": 200.0}])})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        assert f">{label}</span>" in made.get("/app/today", params={"lang": "pt_BR"}).text


def test_a_change_since_a_year_ago_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    figure = {"name": "new_customers_30d", "unit": "count"} | MEANINGS
    for number, value, days in ((1, 100.0, 372), (2, 90.0, 100), (3, 120.0, 0)):
        run = record(number)
        run = replace(run, as_of=run.as_of - dt.timedelta(days=days))
        publish(url, run, {"figures": pa.Table.from_pylist([figure | {"value": value}])})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        page = made.get("/app/today").text
    assert "+30 since the run before" in page
    assert "+20 since a year ago" in page


@pytest.mark.parametrize(
    ("since", "changes"),
    [
        ("run", ["+20 since the run before"]),
        ("30_days", ["+15 since 30 days before"]),
        ("90_days", []),
        ("2011-11-20", ["+15 since 2011-11-09"]),
    ],
)
def test_the_reader_picks_what_numbers_are_compared_with(
    tmp_path: Path, since: str, changes: list[str]
) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    figure = {"name": "new_customers_30d", "unit": "count"} | MEANINGS
    for number, value, days in ((1, 105.0, 32), (2, 100.0, 1), (3, 120.0, 0)):
        run = record(number)
        run = replace(run, as_of=record(3).as_of - dt.timedelta(days=days))
        publish(url, run, {"figures": pa.Table.from_pylist([figure | {"value": value}])})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        page = made.get("/app/today", params={"since": since}).text
        figures = made.get("/v1/figures", params={"since": since}).json()
        wrong = made.get("/app/today", params={"since": "<i>"}, headers={"accept": "text/html"})
    assert re.findall('class="change">(.+?)<', page) == changes
    assert ("so no changes stand here" in page) == (changes == [])
    assert f'href="segments?since={since}"' in page
    assert "90 days before</a>" not in page  # there is no run of then
    before = figures["figures"][0]["before"]
    assert changes == [] or changes[0].startswith(f"+{120 - before:.0f} ")
    assert (figures["compared_run_id"] is None) == (changes == [])
    assert (wrong.status_code, "<i>" in wrong.text) == (400, False)


def test_numbers_of_actions_and_data_tell_what_changed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    texts = {
        f"{name}_{lang}": "Offer a cup" for name in ("title", "text") for lang in ("en", "pt_br")
    }
    action = {"target": "everyone", "segment": None, "upside": 90.0} | texts
    for number in (1, 2):
        same = {"action_id": "basket-1", "position": 1, "action": "basket", "audience": 40 + number}
        other = {"action_id": "cross-sell-1", "position": 2, "action": "cross_sell", "audience": 9}
        rows = [action | same, action | other | {"title_en": f"Offer {number}"}]
        figure = {"name": "rows_canonical", "unit": "count", "value": 100.0 * number} | MEANINGS
        tables = {"figures": pa.Table.from_pylist([figure]), "customers": shop_customers(0)}
        publish(url, record(number), tables | {"actions": arrow_table("actions", rows)})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        actions, models = (made.get(f"/app/{name}").text for name in ("actions", "models"))
    cards = re.findall(r'<li id="action-.+?</dl>', actions, re.S)
    assert '<dd>42<span class="change">+1 since the run before' in cards[0]
    assert "unchanged since the run before" in cards[0]  # what it can bring
    assert "since" not in cards[1]  # another product has its number now
    assert "+100 since the run before" in models


def test_a_viewer_sees_no_small_group_in_answers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    figure = Figure("3", "customers", 3.0)
    answer = Answer("value", "How much?", "3 customers bring it all.", ("Text.",), figure)
    row = {"lang": "en", "position": 1, "key": "value"}
    content = msgspec.json.encode(answer).decode()
    publish(url, record(1), {"answers": pa.Table.from_pylist([row | {"content": content}])})
    key = keys.create(url, "viewer", ["viewer"], NOW)
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        page = made.get("/app/value", headers={"x-api-key": key}).text
    assert "3 customers" not in page


@pytest.mark.browser
@pytest.mark.parametrize(("name", "width"), [("today", 1280), ("customers?lang=pt_BR", 390)])
def test_a_browser_says_nothing_and_draws(
    first_run: FirstRun, chromium: Chromium, name: str, width: int
) -> None:
    with live(f"sqlite:///{first_run.workspace}/results.db") as server:
        dom, said = chromium.dom(f"http://127.0.0.1:{server.port}/app/{name}", width)
    assert said == []
    assert name != "today" or "<svg" in dom


AXE = ROOT / "tests" / "browser" / "static" / "axe" / "axe.min.js"
RUN_AXE = """<script>axe.run().then((found) => {
  const serious = found.violations.filter((each) => ["serious", "critical"].includes(each.impact));
  const names = serious.map((each) => each.id + ": " + each.nodes[0].html);
  document.title = `${found.passes.length} rules hold; ${names.join(" | ")}`;
});</script>"""


@pytest.mark.browser
@pytest.mark.parametrize(
    "name", ["insiders?lang=pt_BR", "customers?words=champions+with+1+orders+on+Mars"]
)
def test_axe_finds_nothing_serious(
    full: Client, chromium: Chromium, tmp_path: Path, name: str
) -> None:
    page = full.get(f"/app/{name}").text
    style = f"<style>{full.get('/app/static/dashboard.css').text}</style>"
    page = re.sub(r'<link rel="stylesheet"[^>]*>', lambda _: style, page)
    page = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    script = f"<script>{AXE.read_text('utf-8')}</script>{RUN_AXE}"
    path = tmp_path / "page.html"
    path.write_text(page.replace("</body>", f"{script}</body>"), "utf-8")
    dom, _ = chromium.dom(path, 1280, until="document.title.includes('rules hold')")
    rules, serious = re.findall(r"<title>(\d+) rules hold; (.*?)</title>", dom)[0]
    assert int(rules) > 10
    assert serious == ""


@pytest.mark.parametrize(("judged", "told"), [(True, "£1,200"), (False, "£3,400")])
def test_today_has_the_money_at_risk_that_can_be_judged(
    tmp_path: Path, judged: bool, told: str
) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    loss = {"name": "expected_loss_to_contact", "value": 1200.0, "horizon_days": 90}
    spent = {"name": "revenue_at_high_risk", "value": 3400.0, "horizon_days": None}
    rows = [row | MEANINGS | {"unit": "amount", "judged": judged} for row in (loss, spent)]
    publish(url, record(1), {"figures": pa.Table.from_pylist(rows)})
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as made:
        page = made.get("/app/today").text
    amounts = re.findall(r'<a href="risk">\s*<span class="label">[^<]+</span>\s*<b>([^<]+)', page)
    assert amounts == [told]  # the other is another quantity, and has no tile beside it
    assert ("expected loss of those to contact, 90 days" in page) == judged
