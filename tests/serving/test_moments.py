"""Looking back on pages and in the API: who moved, which arm, what became of a past list."""

import datetime as dt
import re
from contextlib import closing
from html import unescape
from typing import Any
from urllib.parse import parse_qs

import pyarrow as pa
import pytest
from litestar.testing import TestClient
from msgspec.structs import replace

from clientela.config import Serving
from clientela.i18n import LANGS, Lang, load_catalogue
from clientela.serving.app import create_app
from clientela.store import experiments
from clientela.store.campaigns import CampaignDraft, create_campaign
from clientela.store.experiments import MEMBERS, Experiment
from clientela.store.history import CAMPAIGN, HistoryEvent, read_events
from clientela.store.programme import Membership
from clientela.store.publish import publish
from clientela.store.read import open_reader
from tests.conftest import ROOT
from tests.serving import shop
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import IDS, NOW, segment_of
from tests.serving.test_annotations import read_chart

AUTUMN = "Autumn <2011>"
EARLIER = dt.date(2011, 11, 9)
LISTED = IDS[:20]
BOUGHT = IDS[:8]
LAST_DAY = dt.date(2011, 12, 2)


def moved(left: int, entered: int) -> list[str]:
    """Give who stood in a segment a month before and stands in another now."""
    return [each for each in IDS if (segment_of(each, 1), segment_of(each)) == (left, entered)]


def change(table: pa.Table, **columns: list[Any]) -> pa.Table:
    for name, values in columns.items():
        table = table.drop_columns([name]) if name in table.column_names else table
        table = table.append_column(name, pa.array(values))
    return table


def publish_two(url: str) -> None:
    """Publish a list at risk, and a month later what its customers did."""
    ranks = [LISTED.index(each) + 1 if each in LISTED else None for each in IDS]
    before = change(shop.customers(1), contact_rank=ranks, revenue=[100.0] * len(IDS))
    after = change(
        shop.customers(0),
        contact_rank=[1 if each == IDS[0] else None for each in IDS],
        churn_reasons=['[{"feature":"days_since_last","value":"9"}]'] * len(IDS),
        churn_band=["gone" if each == IDS[19] else "low" for each in IDS],
        revenue=[150.0 if each in BOUGHT else 100.0 for each in IDS],
        last_order_date=[LAST_DAY if each in BOUGHT else EARLIER for each in IDS],
    )
    tables = {"segments": shop.segments()}
    early = shop.record(2)
    early = type(early)(**{**vars(early), "as_of": EARLIER})
    publish(url, early, tables | {"customers": before})
    entered = Membership(
        recorded_on=EARLIER,
        customer_id=IDS[0],
        entered_on=EARLIER,
        tier="gold",
        rule_version=1,
        reason="entered",
    )
    publish(url, shop.record(3), tables | {"customers": after}, memberships=[entered])
    drawn = {field.name: pa.nulls(4, field.type) for field in MEMBERS}
    drawn |= {
        "customer_id": IDS[:4],
        "arm": ["control", "treatment"] * 2,
        "stratum": [""] * 4,
        "starts_on": [LAST_DAY] * 4,
    }
    experiment = Experiment(name=AUTUMN, created_at=NOW, as_of=LAST_DAY, design={})
    experiments.save(url, experiment, pa.table(drawn, schema=MEMBERS))


@pytest.fixture
def looking(any_store_url: str) -> Any:
    publish_two(any_store_url)
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        yield client


def list_shown(page: str) -> list[str]:
    return re.findall(r'class="name"><a href="[^"]*">([^<]+)</a>', page)


def test_who_moved_is_asked_by_three_choices(looking: Client) -> None:
    asked = {"moved_from": "1", "moved_to": "3", "moved_since": "run", "sort": "customer_id"}
    page = looking.get("/app/customers", params=asked).text
    assert list_shown(page) == moved(1, 3) == sorted(moved(1, 3))
    assert "Segment in the run before: Segment 1" in page
    for since in ("2011-11-09", "30_days", shop.record(2).run_id):
        query = {"filter": f"past.{since}.segment = 1 and segment = 3"}
        count = looking.get("/v1/filters/count", params=query).json()
        assert count["customers"] == len(moved(1, 3))
    wrong = looking.get("/app/customers", params=asked | {"moved_from": "x"}).text
    assert "there is no such segment" in wrong


def test_what_happened_to_a_person_is_told_with_its_days(looking: Client) -> None:
    this = IDS[0]
    before, after = str(segment_of(this, 1)), str(segment_of(this))
    told = looking.get(f"/v1/persons/{this}/history").json()["events"]
    assert told == [
        {"day": day, "kind": kind, "about": about, "before": start, "after": end}
        for day, kind, about, start, end in [
            (shop.record(1).as_of.isoformat(), "segment", None, before, after),
            (LAST_DAY.isoformat(), "experiment", AUTUMN, None, "control"),
            (EARLIER.isoformat(), "entered", "gold", None, None),
        ]
    ]
    page = unescape(looking.get("/app/customer", params={"id": this}).text)
    assert f"Segment: from Segment {before} to Segment {after}" in page
    assert f"Drawn for the experiment “{AUTUMN}”: control: do not contact" in page
    assert "Entered the programme" in page
    assert f"<dd>Segment {after}, since " in page
    assert looking.get(f"/v1/persons/{IDS[4]}/history").json()["events"][-1]["kind"] == "segment"
    assert looking.get("/v1/persons/nobody/history").status_code == 404


@pytest.mark.parametrize(
    ("group", "reached"),
    [
        ("segment:1", lambda id_: segment_of(id_, 1) == 1),  # as they stood on the first day
        ("at-risk", lambda id_: id_ in LISTED),
        ("insiders", lambda id_: shop.status_of(id_) in ("member", "leaving")),
        ("audience:none", lambda id_: False),
    ],
)
def test_a_campaign_stands_in_the_history_of_whom_it_was_for(
    store_url: str, group: str, reached: Any
) -> None:
    publish_two(store_url)
    draft = CampaignDraft("Spring", "ready", group, "Free gift", starts_on=EARLIER)
    create_campaign(store_url, draft, "ana", NOW)
    create_campaign(store_url, replace(draft, starts_on=dt.date(2999, 1, 1)), "ana", NOW)
    create_campaign(store_url, replace(draft, state="idea"), "ana", NOW)
    with closing(open_reader(store_url)) as reader:
        told = {each: [e for e in read_events(reader, each) if e.kind == CAMPAIGN] for each in IDS}
    event = HistoryEvent(EARLIER, CAMPAIGN, "Spring", None, "Free gift")
    assert told == {each: [event] if reached(each) else [] for each in IDS}


def test_a_measured_campaign_was_for_those_whom_chance_drew(looking: Client) -> None:
    draft = {"title": "Autumn", "experiment": AUTUMN, "customer_group": "at-risk"}
    assert looking.post("/v1/campaigns", json=draft).status_code == 200
    pages = [
        unescape(looking.get("/app/customer", params={"id": each, "lang": "pt_BR"}).text)
        for each in IDS[:2]
    ]
    assert ["Campanha “Autumn”" in page for page in pages] == [False, True]


@pytest.mark.parametrize("since", ["", "30_days", "2011-11-09"])
def test_each_flow_between_segments_leads_to_its_people(looking: Client, since: str) -> None:
    flows = looking.get("/v1/segments/flows", params={"since": since} if since else {}).json()
    assert flows["since_run_id"] == shop.record(2).run_id
    counts = {(row["from_segment"], row["to_segment"]): row["customers"] for row in flows["flows"]}
    assert counts[1, 3] == len(moved(1, 3))
    assert sum(counts.values()) == len(IDS)
    asked = {"lang": "pt_BR", "flow": "people"} | ({"since": since} if since else {})
    page = unescape(looking.get("/app/segments", params=asked).text)
    cells = re.findall(r'href="customers\?([^"]+)" data-cell="flows-\d-\d">(\d+)<', page)
    assert len(cells) == sum(None not in ends for ends in counts)
    for query, count in cells:
        (text,) = parse_qs(query)["filter"]
        asked_count = looking.get("/v1/filters/count", params={"filter": text}).json()
        assert asked_count["customers"] == int(count)
    chart = read_chart(page, "flows")
    drawn = sum(value or 0 for series in chart["series"] for value in series["values"])
    assert drawn == sum(count for ends, count in counts.items() if ends[1] is not None)


def read_flows(client: Client, **asked: str) -> tuple[dict[tuple[Any, Any], int], str]:
    """Return the moves of the API by their ends, and the page that shows them."""
    flows = client.get("/v1/segments/flows", params=asked).json()
    assert (flows["since_run_id"], flows["until_run_id"]) == (asked["before"], asked["after"])
    counts = {(row["from_segment"], row["to_segment"]): row["customers"] for row in flows["flows"]}
    page = client.get("/app/segments", params=asked | {"lang": "pt_BR", "size": "money"}).text
    return counts, unescape(page)


@pytest.mark.parametrize(("before", "after"), [(2, 3), (2, 4), (3, 4)])
def test_flows_between_any_two_runs_lead_to_their_people(
    store_url: str, before: int, after: int
) -> None:
    for number, shift in {2: 2, 3: 1, 4: 0}.items():
        shop.publish_shop(store_url, number, shift=shift)
    runs = {"before": shop.record(before).run_id, "after": shop.record(after).run_id}
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as client:
        counts, page = read_flows(client, **runs)
        assert sum(counts.values()) == len(IDS)
        for (left, entered), count in counts.items():
            ends = [(segment_of(each, 4 - before), segment_of(each, 4 - after)) for each in IDS]
            assert ends.count((left, entered)) == count
        cells = re.findall(r'href="customers\?([^"]+)" data-cell="flows-\d-\d">(\d+)<', page)
        assert len(cells) == sum(None not in ends for ends in counts)
        for query, count in cells:
            (text,) = parse_qs(query)["filter"]
            told = client.get("/v1/filters/count", params={"filter": text}).json()
            assert told["customers"] == int(count)
    for name, run_id in runs.items():
        chosen = rf'<select name="{name}">.*?<option value="{run_id}" selected>.*?</select>'
        assert re.search(chosen, page)
    assert '<input type="hidden" name="size" value="money">' in page


def test_runs_that_are_not_kept_or_not_in_order_have_no_flows(looking: Client) -> None:
    first, last = (shop.record(number).run_id for number in (2, 3))
    for asked, problem in {
        (last, first): "is not before",
        ("20010101T000000", last): "is kept with its customers",
    }.items():
        query = dict(zip(("before", "after"), asked, strict=True))
        refused = looking.get("/v1/segments/flows", params=query)
        assert (refused.status_code, problem in refused.text) == (400, True)
        page = looking.get("/app/segments", params=query)
        assert (page.status_code, problem in page.text) == (200, True)
        assert read_chart(unescape(page.text), "flows")["series"]  # those of the usual runs


def test_a_condition_is_added_as_of_an_earlier_run(looking: Client) -> None:
    form = {
        "add_column": "segment",
        "add_op": "=",
        "add_value": "2",
        "add_when": EARLIER.isoformat(),
    }
    page = unescape(looking.get("/app/customers", params=form | {"lang": "pt_BR"}).text)
    assert "past.2011-11-09.segment = 2</textarea>" in page
    assert "Segmento em 09/11/2011: Segmento nº 2" in page
    assert '<option value="2011-11-09">em 09/11/2011</option>' in page
    never = looking.get("/app/customers", params=form | {"add_when": "2001-01-01"}).text
    assert "no run of that time is kept" in never


@pytest.mark.parametrize("lang", LANGS)
def test_arms_and_reasons_are_chosen_from_lists(looking: Client, lang: str) -> None:
    page = unescape(looking.get("/app/customers", params={"lang": lang}).text)
    name = f'experiments."{AUTUMN}"'
    assert f'value="{name}"' in page
    values = looking.get("/app/customers/values", params={"add_column": name, "lang": lang}).text
    assert re.findall('value="(treatment|control)"', values) == ["treatment", "control"]
    asked = {"add_column": name, "add_op": "=", "add_value": "control", "sort": "customer_id"}
    assert list_shown(looking.get("/app/customers", params=asked).text) == [IDS[0], IDS[2]]
    reasons = looking.get("/app/customers/values", params={"add_column": "churn_reason"}).text
    assert '<option value="days_since_last">Days since last order</option>' in reasons


def test_an_audience_may_ask_for_an_arm(looking: Client) -> None:
    draft = {"name": "Left alone", "filter": f"experiments.\"{AUTUMN}\" = 'control'"}
    saved = looking.post("/v1/audiences", json=draft)
    assert saved.status_code == 200, saved.text
    members = looking.get(f"/v1/audiences/{saved.json()['audience']['audience_id']}/members").json()
    assert sorted(each["customer_id"] for each in members["customers"]) == [IDS[0], IDS[2]]
    wrong = {"name": "Another", "filter": "experiments.X = 'control'"}
    missing = looking.post("/v1/audiences", json=wrong)
    assert (missing.status_code, "no experiment 'X'" in missing.text) == (400, True)


def test_the_fate_of_the_list_of_a_month_before_is_told(looking: Client) -> None:
    fate = looking.get("/v1/churn/at-risk/past").json()
    assert (fate["since"], fate["listed"], fate["bought"]) == ("2011-11-09", 20, 8)
    assert (fate["revenue"], fate["listed_again"], fate["gone"]) == (400.0, 1, 1)
    assert looking.get("/v1/churn/at-risk/past", params={"since": "year"}).status_code == 404
    page = unescape(looking.get("/app/risk").text)
    texts = dict(re.findall(r'<li><a href="(customers\?filter=past[^"]*)">([^<]*)</a>', page))
    shown = {
        text: len(list_shown(looking.get(f"/app/{link}").text)) for link, text in texts.items()
    }
    assert shown == {
        "20 customers were on the list of 2011-11-09": 20,
        "8 of them (40.0%) have bought since, for £400": 8,
        "12 (60.0%) have not bought yet": 12,
        "1 (5.0%) count as lost today": 1,
    }
    chip = re.search(r'<a href="(customers\?[^"]*churn_reason[^"]*)">([^<]*)<b>1</b>', page)
    assert chip is not None
    assert chip[2].strip() == "Silent for longer than usual"
    assert list_shown(looking.get(f"/app/{chip[1]}").text) == [IDS[0]]


def test_a_run_without_a_past_has_no_earlier_list(client: Client) -> None:
    assert client.get("/v1/churn/at-risk/past").status_code == 404
    assert "moved_from" not in client.get("/app/customers").text


@pytest.mark.parametrize("lang", LANGS)
def test_each_record_of_the_ledger_has_words(lang: Lang) -> None:
    """They are written as ``reason="…"`` or as the name of a tier's move."""
    folder = ROOT / "src" / "clientela" / "insiders" / "score"
    written = "".join((folder / name).read_text("utf-8") for name in ("ledger.py", "tiers.py"))
    pairs = re.findall(r'reason = .*?"(\w+)"(?: if .* else "(\w+)")?|reason="(\w+)"', written)
    moves = re.findall(r'day, "(\w+)"\)', written)
    names = {name for pair in pairs for name in pair if name} | set(moves)
    assert {"launched", "unwarned", "split", "tier_closed", "tier_corrected"} <= names
    texts = load_catalogue(lang)
    assert {name for name in names if f"dashboard.event.programme.{name}" not in texts} == set()
