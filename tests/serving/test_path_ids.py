"""Ids of customers in paths: whatever they hold, they reach their own row and no other route."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import ROUTES, create_app
from clientela.serving.path_ids import OF_PERSONS, fold_id, read_path_id, unfold_id
from clientela.store import keys
from clientela.store.publish import publish
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import IDS, NOW, customers, record

STRANGE = (
    *("A/B", "A%2FB", "A//B", "A", "12.345.678/0001-90", "/A", "A/"),
    *("A/orders", "A/data", "orders", "orders/data/history", "data"),
    *(
        "a?b=c",
        "a#b",
        "São João 7",
        "客户/1",
        "a&b;c",
        "..",
        "../orders",
        "../../app/today",
        "%252F",
    ),
)
SAFE = "".join(map(chr, range(0x21, 0x7F)))
ids = st.text(min_size=1) | st.lists(
    st.sampled_from(["/", "%2F", "%25", "..", ".", "?", "#", " ", "orders", "data", "é", "A"]),
    min_size=1,
).map("".join)


def write_path(customer_id: str) -> str:
    """Encode an id so that no client takes its dots for a way up."""
    return quote(customer_id, safe="").replace(".", "%2E")


@given(customer_id=ids, what=st.sampled_from(OF_PERSONS), root=st.sampled_from(["", "/firm"]))
def test_an_id_is_one_segment_that_reads_as_it_was(customer_id: str, what: str, root: str) -> None:
    def fold(path: str) -> list[str]:
        folded = fold_id(root + path, root)
        assert folded.startswith(root)
        assert unfold_id(folded.removeprefix(root)) == path
        return folded.removeprefix(root).split("/")

    *start, segment, last = fold(f"/v1/persons/{customer_id}/{what}")
    assert (start, last, read_path_id(segment)) == (["", "v1", "persons"], what, customer_id)
    *start, segment = fold(f"/v1/customers/{customer_id}")
    assert (start, read_path_id(segment)) == (["", "v1", "customers"], customer_id)
    other = f"/v1/segments/{customer_id}"
    assert fold_id(other) == other


def test_no_other_route_lies_below_an_id() -> None:
    below = ("/v1/customers/", "/v1/persons/")
    paths = {path for handler in ROUTES for path in handler.paths if path.startswith(below)}
    persons = {f"/v1/persons/{{customer_id:str}}/{what}" for what in OF_PERSONS}
    assert paths == {"/v1/customers/{customer_id:path}", *persons}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('strange')}/results.db"
    table = customers(0)
    named = sorted([*STRANGE, *IDS[: len(table) - len(STRANGE)]])
    publish(url, record(1), {"customers": table.set_column(0, "customer_id", pa.array(named))})
    return url


def decode_once(app: Litestar) -> Any:
    """Hand paths on as servers decode them: the client of tests decodes them twice."""

    async def call(scope: Any, receive: Any, send: Any) -> None:
        path = {"path": unquote(scope["raw_path"].decode())} if "raw_path" in scope else {}
        await app(scope | path, receive, send)

    return call


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    with TestClient(decode_once(create_app(Serving(), url)), base_url=LOCAL) as made:
        yield made


@pytest.mark.parametrize("customer_id", STRANGE)
def test_each_id_reaches_its_own_row(client: Client, customer_id: str) -> None:
    path = write_path(customer_id)
    assert unquote(path) == customer_id
    row = client.get(f"/v1/customers/{path}").json()["customer"]
    assert row["customer_id"] == customer_id
    for what in ("orders", "standing", "history"):
        answer = client.get(f"/v1/persons/{path}/{what}")
        assert answer.json()["customer_id"] == customer_id, what


@pytest.mark.parametrize("unknown", ["B/A", "A///B", "A%2F%2FB", "..%2F..", "A/standing", "B/data"])
def test_an_id_that_nobody_has_is_nobodys(client: Client, unknown: str) -> None:
    for path in (f"customers/{write_path(unknown)}", f"persons/{write_path(unknown)}/orders"):
        answer = client.get(f"/v1/{path}")
        assert (answer.status_code, answer.json()["where"]) == (404, unknown)


def test_an_id_lends_no_other_right(url: str) -> None:
    with TestClient(decode_once(create_app(Serving(), url)), base_url=LOCAL) as client:
        till = {"x-api-key": keys.create(url, "till", ["agent"], NOW)}
        desk = {"x-api-key": keys.create(url, "desk", ["privacy"], NOW)}

        def ask(path: str, headers: dict[str, str]) -> int:
            return client.get(f"/v1/persons/{path}", headers=headers).status_code

        assert ask("A%2Fdata/orders", till) == 200
        for path in ("A/data", "A%2Fdata", "orders/data", "A%2Forders/data", "A/orders%2Fdata"):
            assert ask(path, till) == 403, path
        assert ask("A%2Forders/data", desk) == 200
        erased = client.delete("/v1/customers/A%2F", headers=desk).json()
        assert erased["customer_id"] == "A/"
        assert client.get("/v1/customers/A", headers=till).status_code == 200
