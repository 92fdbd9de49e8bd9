"""Experiments at the dashboard: planned in words, drawn once, both groups taken away."""

import datetime as dt
import io
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.errors import InputError
from clientela.i18n import LANGS
from clientela.serving.app import create_app
from clientela.serving.aside import Aside
from clientela.serving.routes.evidence import build_experiment
from clientela.store.experiments import MEMBERS, Experiment, save
from tests.serving.conftest import LOCAL, Client, come_from
from tests.serving.people import log_in
from tests.serving.shop import NOW

DAY = dt.date(2026, 1, 1)


@pytest.mark.parametrize("lang", LANGS)
def test_both_groups_are_taken_away(client: Client, store_url: str, lang: str) -> None:
    assert 'class="board"' not in client.get("/app/experiments", params={"lang": lang}).text
    design = {"start": "2026-01-01", "end": "2026-01-30", "treatment_customers": 1}
    experiment = Experiment(name="Páscoa", created_at=NOW, as_of=DAY, design=design)
    columns = [["=1+1", "b"], ["treatment", "control"], ["1/1"] * 2, [1.0, 2.0], [None] * 2]
    save(store_url, experiment, pa.table([*columns, [DAY] * 2], schema=MEMBERS))
    page = client.get("/app/experiments", params={"lang": lang}).text
    assert "<h4>Páscoa</h4>" in page.partition('id="board-due"')[2].partition("</section>")[0]
    links = [part.partition('"')[0] for part in page.split('href="experiments/file')[1:]]
    csv, xlsx, parquet = [client.get(f"/app/experiments/file{unescape(link)}") for link in links]
    lines = csv.text.splitlines()
    words = {"en": ",", "pt_BR": ";"}
    assert len(lines) == 3
    assert words[lang] in lines[1]
    assert not lines[1].startswith('"=')
    assert xlsx.content.startswith(b"PK")
    table = pq.read_table(io.BytesIO(parquet.content))
    assert table.to_pylist() == [
        {"customer_id": "=1+1", "arm": "treatment", "starts_on": DAY},
        {"customer_id": "b", "arm": "control", "starts_on": DAY},
    ]
    twin = client.get("/v1/experiments", params={"lang": lang}).json()
    (kept,) = twin["experiments"]
    assert (kept["name"], kept["end"], kept["treatment_customers"]) == ("Páscoa", "2026-01-30", 1)
    assert kept["control_customers"] is None
    assert (kept["state"], kept["found"]) == ("due", None)
    assert client.get("/app/experiments/file", params={"id": "none"}).status_code == 404


@pytest.mark.parametrize(
    ("low", "high", "found"), [(1.0, 9.0, "gain"), (-9.0, -1.0, "loss"), (-1.0, 9.0, "chance")]
)
def test_what_was_read_stands_on_the_board_with_its_sign(
    low: float, high: float, found: str
) -> None:
    design = {"start": "2026-01-01", "end": "2026-01-30", "group": "insiders"}
    experiment = Experiment(name="Páscoa", created_at=NOW, as_of=DAY, design=design)
    readout = {"low": low, "high": high, "sentence_en": "Up.", "sentence_pt_br": "Subiu."}
    read: Any = build_experiment(experiment, readout, DAY, lang="pt_BR", hides=False)
    assert (read.state, read.found, read.sentence) == ("read", found, "Subiu.")
    assert read.group == "insiders"
    hidden: Any = build_experiment(experiment, readout, DAY, lang="pt_BR", hides=True)
    assert hidden.sentence is None  # it may count a few customers


def test_a_wish_that_cannot_be_is_said_in_words(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes = []

    async def refuse(_: Aside, __: Any, *arguments: Any) -> Any:
        wishes.append(arguments[1])
        raise InputError("there is no group 'x'", do="choose another group")

    monkeypatch.setattr(Aside, "run", refuse)
    app = create_app(Serving(), store_url, models=tmp_path / "models")
    with TestClient(come_from("127.0.0.1", app), base_url=LOCAL) as client:
        csrf = log_in(client, store_url, "marketing", user_id="marta")
        asked = {"group": "x", "days": "9", "uplift": "x", "control": "400", "lang": "pt_BR"}
        planned = client.get("/app/experiment", params=asked)
        drawn = client.post("/app/experiment?group=x", data={"csrf": csrf, "name": "a"})
        for answer, words in ((planned, "não há grupo"), (drawn, "there is no group")):
            assert answer.status_code == 400
            assert words in unescape(answer.text)
            assert 'name="days"' in answer.text
        viewer = log_in(client, store_url, "viewer", user_id="vera")
        refused = client.post("/app/experiment?group=x", data={"csrf": viewer, "name": "a"})
        assert refused.status_code == 403
    assert wishes == [("x", 9, 0.1, 0.99), ("x", 90, 0.1, 0.5)]
