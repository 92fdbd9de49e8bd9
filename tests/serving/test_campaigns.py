"""The board of campaigns, and the recipes it begins with."""

import datetime as dt
import re
from html import unescape

import pyarrow as pa
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.contract.recipes import RECIPES
from clientela.i18n import LANGS
from clientela.serving.app import create_app
from clientela.store import keys
from clientela.store.experiments import MEMBERS, Experiment, save
from clientela.store.filter_text import read_filter
from tests.serving.conftest import LOCAL, Client
from tests.serving.people import log_in
from tests.serving.shop import NOW

PATH = "/v1/campaigns"
DRAFT = {"title": "Frete <b>", "customer_group": "segment:2", "channel": "email"}
TODAY = dt.datetime.now(dt.UTC).date()


def stage_of(client: Client, campaign_id: str) -> str:
    return str(client.get(f"{PATH}/{campaign_id}").json()["campaign"]["stage"])


def test_a_campaign_goes_from_idea_to_running_and_stays_on_record(
    client: Client, store_url: str
) -> None:
    made = client.post(PATH, json=DRAFT).json()["campaign"]
    path = f"{PATH}/{made['campaign_id']}"
    assert (made["stage"], made["version"], made["changed_by"]) == ("idea", 1, "local")
    ready = DRAFT | {"state": "ready", "starts_on": str(TODAY + dt.timedelta(1))}
    assert client.put(path, json=ready).json()["campaign"]["stage"] == "ready"
    begun = ready | {"starts_on": str(TODAY)}
    assert client.put(path, json=begun).json()["campaign"]["stage"] == "running"
    token = {"csrf": log_in(client, store_url, "marketing")}
    page = client.get("/app/campaign", params={"id": made["campaign_id"]}).text
    assert page.count("Frete &lt;b&gt;, ready to begin") == 2
    assert re.search(r"<dd>from \S", page)  # without a last day
    client.post(f"/app/campaign?id={made['campaign_id']}", data=token | {"remove": "yes"})
    assert client.get(PATH).json()["campaigns"] == []
    assert client.get(path).status_code == 404


def test_a_campaign_that_is_not_there_is_told(client: Client) -> None:
    path = f"{PATH}/none"
    answers = [client.get(path), client.delete(path), client.put(path, json=DRAFT)]
    assert {answer.status_code for answer in answers} == {404}


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"customer_group": "everybody"},
        {"cost": -1},
        {"control_share": 1},
        {"starts_on": "2012-01-02", "ends_on": "2012-01-01"},
        {"experiment": "none"},
        {"channel": "pigeon"},
    ],
)
def test_what_is_not_understood_is_refused(client: Client, wrong: dict[str, object]) -> None:
    assert client.post(PATH, json=DRAFT | wrong).status_code in (400, 422)
    assert client.get(PATH).json()["campaigns"] == []


def test_an_experiment_says_where_its_campaign_stands(client: Client, store_url: str) -> None:
    days = {"start": str(TODAY - dt.timedelta(9)), "end": str(TODAY + dt.timedelta(9))}
    experiment = Experiment(name="Autumn", created_at=NOW, as_of=NOW.date(), design=days)
    save(store_url, experiment, pa.Table.from_pylist([], MEMBERS))
    made = client.post(PATH, json=DRAFT | {"experiment": "Autumn"}).json()["campaign"]
    assert made["stage"] == "running"  # whatever was said
    assert "Nobody is left alone" not in client.get("/app/actions").text


@pytest.mark.parametrize(("lang", "mark"), [("en", ","), ("pt_BR", ";")])
def test_experiments_alone_are_on_the_board_and_in_its_file(
    client: Client, store_url: str, lang: str, mark: str
) -> None:
    design = {"start": "2011-01-01", "group": "segment:2"}
    later = {"start": str(TODAY + dt.timedelta(9))}  # a plan stays where experiments are
    for name, each in (("Alone", design), ("Planned", later), ("Ours", design)):
        experiment = Experiment(name=name, created_at=NOW, as_of=NOW.date(), design=each)
        save(store_url, experiment, pa.Table.from_pylist([], MEMBERS))
    client.post(PATH, json=DRAFT | {"experiment": "Ours", "cost": 12.5})
    page = unescape(client.get("/app/actions", params={"lang": lang}).text)
    running = page.partition('id="stage-running"')[2].partition("</section>")[0]
    assert re.findall(r"<h4><a[^>]+>(.+)</a></h4>", running) == ["Frete <b>", "Alone"]
    file = re.search(r'href="(actions/file[^"]+format=csv[^"]*)" download', page)
    assert file is not None
    answer = client.get(f"/app/{file[1]}")
    head, *lines = answer.content.decode("utf-8-sig").splitlines()
    assert head.count(mark) == 12
    assert [line.split(mark)[1] for line in lines] == ['"Frete <b>"', '"Alone"']
    assert ("12,5" if mark == ";" else "12.5") in lines[0]
    assert [row["title"] for row in client.get(PATH).json()["campaigns"]] == ["Frete <b>"]
    book = client.get(f"/app/{file[1].replace('=csv', '=xlsx')}")
    assert book.content.startswith(b"PK")


@pytest.mark.parametrize("lang", LANGS)
def test_a_form_writes_what_its_language_writes(client: Client, store_url: str, lang: str) -> None:
    token = {"csrf": log_in(client, store_url, "marketing")}
    amount = {"en": "1,250.50", "pt_BR": "R$ 1.250,50"}[lang]
    sent = {"title": "VIP", "state": "ready", "customer_group": "insiders", "cost": amount}
    sent |= {"control_share": "20", "starts_on": "2012-01-02", "message": "Olá!\r\nTudo bem?"}
    board = client.post(f"/app/campaign?lang={lang}", data=sent | token)
    assert board.status_code == 200
    (row,) = client.get(PATH).json()["campaigns"]
    assert (row["cost"], row["control_share"], row["changed_by"]) == (1250.5, 0.2, "Ana")
    assert ">VIP</a>" in board.text
    form = client.get("/app/campaign", params={"id": row["campaign_id"], "lang": lang}).text
    again = re.search(r'name="cost"[^>]*value="([^"]+)"', form)
    assert again is not None
    client.post(
        f"/app/campaign?id={row['campaign_id']}&lang={lang}",
        data=sent | {"cost": again[1]} | token,
    )
    assert client.get(PATH).json()["campaigns"][0]["cost"] == 1250.5
    for wrong in ({"cost": "x"}, {"control_share": "120"}, {"starts_on": "soon"}):
        refused = client.post(f"/app/campaign?lang={lang}", data=sent | wrong | token)
        assert refused.status_code == 400
        assert 'role="alert"' in refused.text


@pytest.mark.parametrize("lang", LANGS)
def test_each_recipe_leads_to_an_audience_that_can_be_saved(
    client: Client, store_url: str, lang: str
) -> None:
    log_in(client, store_url, "marketing")
    page = client.get("/app/actions", params={"lang": lang}).text
    links = re.findall(r'href="(audience\?filter=[^"]+)"', page)
    assert len(links) == len(RECIPES)
    twin = client.get("/v1/recipes", params={"lang": lang}).json()["recipes"]
    for link, recipe in zip(links, twin, strict=True):
        form = unescape(client.get(f"/app/{unescape(link)}").text)
        assert f'value="{recipe["title"]}"' in form
        assert read_filter(recipe["filter"])


def test_a_viewer_reads_the_board_and_changes_nothing(store_url: str) -> None:
    viewer = {"x-api-key": keys.create(store_url, "viewer", ["viewer"], NOW)}
    maker = {"x-api-key": keys.create(store_url, "maker", ["marketing"], NOW)}
    with TestClient(create_app(Serving(), store_url), base_url=LOCAL) as client:
        made = client.post(PATH, json=DRAFT, headers=maker).json()["campaign"]
        page = client.get("/app/actions", headers=viewer).text
        refused = [
            client.post(PATH, json=DRAFT, headers=viewer),
            client.delete(f"{PATH}/{made['campaign_id']}", headers=viewer),
            client.get("/app/campaign", headers=viewer),
        ]
    assert "Frete &lt;b&gt;" in page
    assert "customers?filter" not in page
    assert "campaign?" not in page
    assert {answer.status_code for answer in refused} == {403}
