"""What people write beside the numbers: notes, plans, names of segments; and the past as lines."""

import datetime as dt
import json
import re
from dataclasses import replace
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pyarrow as pa
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.errors import InputError
from clientela.i18n import Lang
from clientela.pipeline.segments import rename_segment
from clientela.segments.describe.profile import SegmentProfile
from clientela.serving.app import create_app
from clientela.store.arrow_schemas import arrow_table
from clientela.store.publish import publish
from clientela.store.segment_labels import COLOURS, GIVEN, label_segment, read_labels
from tests.serving import at_risk, shop
from tests.serving.conftest import LOCAL, Client
from tests.serving.people import log_in
from tests.serving.shop import NOW, record

MONTHS = (dt.date(2011, 10, 1), dt.date(2011, 11, 1), dt.date(2011, 12, 1))
CLUB = "Clube <ouro>"


def publish_months(url: str, expected: float | None = None) -> None:
    money = dict.fromkeys(("gross", "returned", "fees", "unidentified_amount"), 0)
    rows = [{"month": month, "net": 1000.0 * month.month, **money} for month in MONTHS]
    rows = [
        row | {"lines": 9, "orders": 9, "customers": month.month}
        for row, month in zip(rows, MONTHS, strict=True)
    ]
    tables = {"revenue_by_month": pa.Table.from_pylist(rows), "customers": shop.customers(0)}
    if expected is not None:
        ends = {"expected": expected, "low": expected / 2, "high": expected * 2}
        forecast = {"customer_group": "everyone", "days": 90, "measurable": True}
        tables["value_forecast"] = arrow_table("value_forecast", [forecast | ends])
    publish(url, record(2), tables | {"segments": shop.segments()})


def read_chart(page: str, key: str) -> Any:
    charts = re.search(r'id="charts">(.*?)</script>', page, re.DOTALL)
    assert charts is not None
    return json.loads(charts[1])["charts"][key]


def test_notes_and_plans_stand_on_the_chart_of_months(client: Client, store_url: str) -> None:
    publish_months(store_url)
    token = {"csrf": log_in(client, store_url, "marketing")}
    for sent in (
        {"day": "2011-11-25", "text": "Black Friday <b>"},
        {"day": "2001-01-01", "text": "Long ago"},
        {"month": "2011-12", "amount": "R$ 12.500,50"},
        {"month": "2012-02", "amount": "20.000"},
    ):
        page = client.post("/app/annotations?lang=pt_BR", data=sent | token).text
    chart = read_chart(page, "revenue-by-month")
    assert chart["marks"] == [{"at": 1.0, "label": "Black Friday <b>"}]
    plan = next(series for series in chart["series"] if series["name"] == "Meta")
    assert (plan["line"], plan["values"]) == (True, [None, None, 12500.5, 20000.0])
    assert "25/11/2011: Black Friday &lt;b&gt;" in page
    written = client.get("/v1/annotations").json()
    assert written["targets"][0] == {"month": "2011-12-01", "amount": 12500.5}
    assert [note["text"] for note in written["notes"]] == ["Long ago", "Black Friday <b>"]
    client.post("/app/annotations", data={"month": "2011-12", "amount": ""} | token)
    note = re.search(r'name="remove" value="(\w+)" aria-label="[^"]*Black', page)
    assert note is not None
    left = client.post("/app/annotations", data={"remove": note[1]} | token).text
    assert "Black Friday &lt;b&gt;" not in left
    assert read_chart(left, "revenue-by-month")["series"][-1]["values"] == [
        None,
        None,
        None,
        20000.0,
    ]


def test_a_forecast_stands_ahead_of_the_months(client: Client, store_url: str) -> None:
    publish_months(store_url, expected=900.0)
    chart = read_chart(client.get("/app/today?lang=pt_BR").text, "revenue-by-month")
    assert chart == read_chart(client.get("/app/value?lang=pt_BR").text, "revenue-by-month")
    ahead = chart["series"][-1]
    assert (ahead["name"], ahead["line"]) == ("Previsto", True)
    assert ahead["values"][-2:] == pytest.approx([310.0, 290.0])
    assert (ahead["low"][-1], ahead["high"][-1]) == pytest.approx((145.0, 580.0))
    months = client.get("/v1/revenue").json()["months"]
    assert [row["expected"] for row in months if row["net"] is None] == ahead["values"][-2:]
    token = {"csrf": log_in(client, store_url, "marketing")}
    sent = {"month": "2012-01", "amount": "400", "page": "value"} | token
    planned = client.post("/app/annotations?lang=pt_BR", data=sent)
    assert planned.url.path == "/app/value"
    plan = read_chart(planned.text, "revenue-by-month")["series"][1]
    assert (plan["name"], plan["values"][-2:]) == ("Meta", [400.0, None])


def test_an_action_is_put_off_done_and_brought_back(client: Client, store_url: str) -> None:
    at_risk.publish_at_risk(store_url, 2)
    token = {"csrf": log_in(client, store_url, "marketing"), "action": "retention"}
    for state, words in (("postponed", "adiado até"), ("done", "feito; volta em")):
        page = client.post("/app/postpone?lang=pt_BR", data=token | {"state": state}).text
        assert words in page
        assert "<h3>Contatar</h3>" not in page
        (action,) = client.get("/v1/actions").json()["actions"]
        assert action["state"] == state
        assert action["until"] > dt.datetime.now(dt.UTC).date().isoformat()
    back = client.post("/app/postpone?lang=pt_BR", data=token | {"state": ""}).text
    assert "<h3>Contatar</h3>" in back
    assert client.get("/v1/actions").json()["actions"][0]["state"] == "open"
    for wrong in ({"state": "eaten"}, {"state": "done", "action": "none"}):
        assert client.post("/app/postpone", data=token | wrong).status_code == 400
    viewer = {"csrf": log_in(client, store_url, "viewer", user_id="vera"), "action": "retention"}
    assert client.post("/app/postpone", data=viewer | {"state": "done"}).status_code == 403
    assert 'href="today' in client.get("/app/segments").text  # reading it stays open to all


@pytest.mark.parametrize(
    "sent",
    [
        {"day": "yesterday", "text": "a"},
        {"day": "2011-11-25", "text": " "},
        {"day": "2011-11-25", "text": "a" * 61},
        {"month": "2011-13", "amount": "5"},
        {"month": "2011-12", "amount": "-5"},
        {"month": "2011-12", "amount": "1-2"},
        {"month": "2011-12", "amount": "12,500.50"},
        {"month": "2011-12", "amount": "12,500"},
        {"month": "2011-12", "amount": "R$"},
    ],
)
def test_what_is_no_note_or_plan_is_refused(
    client: Client, store_url: str, sent: dict[str, str]
) -> None:
    token = {"csrf": log_in(client, store_url, "marketing")}
    answer = client.post("/app/annotations?lang=pt_BR", data=sent | token)
    assert (answer.status_code, "Não foi possível guardar" in answer.text) == (400, True)
    assert client.get("/v1/annotations").json()["notes"] == []


def test_a_viewer_reads_notes_and_writes_none(client: Client, store_url: str) -> None:
    viewer = {"csrf": log_in(client, store_url, "viewer")}
    sent = {"day": "2011-11-25", "text": "x"}
    assert client.post("/app/annotations", data=sent | viewer).status_code == 403
    assert client.post("/app/label", data={"segment": "1", "name": "x"} | viewer).status_code == 403
    assert 'action="annotations' not in client.get("/app/today").text


def test_a_segment_is_named_and_coloured_everywhere(client: Client, store_url: str) -> None:
    token = {"csrf": log_in(client, store_url, "marketing", "analyst")}
    sent = {"segment": "2", "name": CLUB, "colour": "3"}
    before = client.get("/v1/segments", params={"lang": "pt_BR"}).headers["etag"]
    page = unescape(client.post("/app/label?lang=pt_BR", data=sent | token).text)
    assert f'value="{CLUB}"' in page
    assert "Nome original: Segmento nº 2" in page
    assert '<option value="3" selected>rosa</option>' in page
    assert CLUB in unescape(client.get("/app/customers?lang=pt_BR&filter=segment+%3D+2").text)
    held = client.get("/v1/segments?lang=pt_BR", headers={"if-none-match": before})
    assert held.status_code == 200
    segments = held.json()["segments"]
    named = {row["segment"]: (row["name"], row["colour"]) for row in segments}
    assert named[2] == (CLUB, 3)
    assert named[1] == ("Segmento nº 1", None)
    english = client.get("/v1/segments", params={"lang": "en"}).json()["segments"]
    assert english[1]["name"] == "Segment 2"
    given = read_labels(store_url)[2]
    assert given == dict.fromkeys(GIVEN) | {"name_pt_br": CLUB, "colour": 3}
    taken = client.post("/app/label?lang=pt_BR", data=sent | token | {"segment": "1"})
    assert (taken.status_code, "outro segmento se chama" in taken.text) == (400, True)
    back = {"segment": "2", "name": "", "colour": ""} | token
    assert "Segmento nº 2</h1>" not in client.post("/app/label?lang=pt_BR", data=back).text
    segments = client.get("/v1/segments", params={"lang": "pt_BR"}).json()["segments"]
    assert [row["name"] for row in segments] == [f"Segmento nº {each}" for each in (1, 2, 3)]


def test_segments_are_shown_as_one_and_apart_again(client: Client, store_url: str) -> None:
    token = {"csrf": log_in(client, store_url, "marketing", "analyst")}
    before = client.get("/v1/segments", params={"lang": "pt_BR"})
    note = {"segment": "1", "name": "", "colour": "2", "note": "Falar com <eles>"}
    client.post("/app/label?lang=pt_BR", data=note | token)
    sent = {"segment": ["1", "3"], "name": "Ativos"} | token
    page = unescape(client.post("/app/merge?lang=pt_BR", data=sent).text)
    assert "<h2>Ativos</h2>" in page
    assert "Falar com <eles>" in page
    both = "segment in (1, 3)"
    link = f"customers?{urlencode({'filter': both, 'lang': 'pt_BR'})}"
    assert f'<a href="{link}">' in page
    only = f"segments?{urlencode({'lang': 'pt_BR', 'only': both})}"
    assert f'<a href="{only}" data-cell="segments-0 segment-map-0">Ativos</a>' in page
    answer = client.get("/v1/segments", params={"lang": "pt_BR"})
    assert answer.headers["etag"] != before.headers["etag"]
    rows, (merged,) = answer.json()["segments"], answer.json()["merged"]
    assert [row["name"] for row in rows[::2]] == [f"Ativos / Segmento nº {n}" for n in (1, 3)]
    assert (merged["name"], merged["segments"]) == ("Ativos", [1, 3])
    for name in ("customers", "customers_share", "revenue", "revenue_share"):
        assert merged[name] == pytest.approx(rows[0][name] + rows[2][name])
    # means of all their customers, not of the means
    repeating = sum(rows[place]["repeat_share"] * rows[place]["customers"] for place in (0, 2))
    assert merged["repeat_share"] == pytest.approx(repeating / merged["customers"])
    assert f"<b>{merged['customers']}</b>" in page
    listed = client.get("/app/customers", params={"filter": both, "lang": "pt_BR"}).text
    assert "Ativos / Segmento nº 3" in listed
    file = client.get("/v1/segments/3/customers", params={"format": "csv", "lang": "pt_BR"})
    assert "Ativos / Segmento nº 3" in file.text
    alone = sent | {"segment": "2", "name": "Outro"}
    assert client.post("/app/merge", data=alone).status_code == 400
    assert client.post("/app/merge", data=sent | {"name": "segment 2"}).status_code == 400
    assert client.post("/app/merge", data=sent | {"name": " "}).status_code == 400
    apart = {"segment": ["1", "3"], "apart": "yes"} | token
    assert "<h2>Ativos</h2>" not in client.post("/app/merge?lang=pt_BR", data=apart).text
    after = client.get("/v1/segments", params={"lang": "pt_BR"}).json()
    assert after["merged"] == []
    notes = [(row["name"], row["colour"], row["note"]) for row in after["segments"]]
    assert notes[0] == ("Segmento nº 1", 2, "Falar com <eles>")


@pytest.mark.parametrize(
    ("segment", "name", "colour"), [(9, "x", None), (1, "a\nb", None), (1, "x", COLOURS)]
)
def test_what_is_no_label_is_refused(
    store_url: str, segment: int, name: str, colour: int | None
) -> None:
    with pytest.raises(InputError):
        label_segment(store_url, segment, names={"name_en": name}, colour=colour, by="ana", now=NOW)
    assert read_labels(store_url) == {}


def test_labels_go_with_the_past_whose_segments_they_name(store_url: str) -> None:
    label_segment(store_url, 1, names={"name_en": "Club"}, colour=None, by="ana", now=NOW)
    publish(store_url, record(2), {"customers": shop.customers(0)})
    assert 1 in read_labels(store_url)
    anew = replace(record(3), summary={"anew": True})
    publish(store_url, anew, {"customers": shop.customers(0)})
    assert read_labels(store_url) == {}


def test_a_figure_shows_the_line_of_its_past(client: Client, store_url: str) -> None:
    figure = {"name": "new_customers_30d", "unit": "count", "meaning_en": "x", "meaning_pt_br": "x"}
    days = ((2, 100.0, 60), (3, 80.0, 30), (4, 120.0, 30), (5, 110.0, 0))
    for number, value, before in days:
        run = record(number)
        run = replace(run, as_of=record(5).as_of - dt.timedelta(days=before))
        tables = {"figures": pa.Table.from_pylist([figure | {"value": value}])}
        publish(store_url, run, tables)
        page = client.get("/app/today").text
        assert ("<polyline" in page) == (number == days[-1][0])
    assert 'points="0.0,14.0 30.0,2.0 60.0,8.0"' in page  # of one day the last run counts
    viewed = {"x-api-key": ""}
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as other:
        log_in(other, store_url, "viewer", user_id="vera")
        assert "<polyline" not in other.get("/app/today", headers=viewed).text


def test_a_card_opens_its_list_and_becomes_an_audience_once(client: Client, store_url: str) -> None:
    at_risk.publish_at_risk(store_url, 2)
    token = {"csrf": log_in(client, store_url, "marketing"), "action": "retention"}
    today = client.get("/app/today?lang=pt_BR").text
    assert 'href="customers?filter=action+%3D+%27retention%27&amp;lang=pt_BR"' in today
    listed = client.get("/app/customers?filter=action+%3D+'retention'&lang=pt_BR").text
    assert "Ação: Contatar" in listed
    wanted = client.get("/v1/actions/retention/customers").json()["customers"]
    counted = client.get("/v1/filters/count", params={"filter": "action = 'retention'"}).json()
    assert counted["customers"] == len(wanted) > 0
    made = [client.post("/app/save-action?lang=pt_BR", data=token) for _ in range(2)]
    assert made[0].url == made[1].url
    (audience,) = client.get("/v1/audiences").json()["audiences"]
    assert (audience["name"], audience["frozen"]) == ("Contatar (10/12/2011)", True)
    assert audience["sizes"][0]["customers"] == len(wanted) - 1  # one is held out
    none = client.post("/app/save-action", data=token | {"action": "none"})
    assert none.status_code == 400
    viewer = {"csrf": log_in(client, store_url, "viewer", user_id="vera"), "action": "retention"}
    assert client.post("/app/save-action", data=viewer).status_code == 403
    assert "save-action" not in client.get("/app/today").text


def test_a_run_names_a_segment_after_what_it_is_shown_with() -> None:
    shares = {"customers": 1, "customers_share": 0.5, "revenue": 1.0, "revenue_share": 0.5}
    names: dict[Lang, str] = {"en": "Champions", "pt_BR": "Campeões"}
    profile = SegmentProfile(id=1, **shares, features={}, names=names, descriptions=names)  # type: ignore[arg-type]
    given = {"name_en": "Club", "merged_as": "Active"}
    named = rename_segment(profile, given).names
    assert named == {"en": "Active / Club", "pt_BR": "Active / Campeões"}
