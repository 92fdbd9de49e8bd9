"""Look-ups: order, ids as users write them, and ids without a segment."""

from typing import Any

import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving.app import create_app
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import CUSTOMERS, IDS, RETURNS_ONLY, publish_shop, segment_of

PATH = "/v1/segments/lookup"


def posted(client: Client, ids: list[Any]) -> dict[str, Any]:
    answer = client.post(PATH, json={"ids": ids})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_results_come_in_the_order_asked_and_name_the_run(client: Client) -> None:
    asked = [IDS[5], IDS[2], IDS[5], IDS[9]]
    answer = posted(client, asked)
    assert [each["id"] for each in answer["results"]] == asked
    assert [each["segment"] for each in answer["results"]] == [segment_of(each) for each in asked]
    assert (answer["run_id"], answer["as_of"]) == ("20111210T000001", "2011-12-09")
    assert answer["unknown"] == []


def test_post_and_get_answer_the_same(client: Client) -> None:
    got = client.get(PATH, params={"id": [IDS[3], "no such id"]}).json()
    assert got == posted(client, [IDS[3], "no such id"])


@pytest.mark.parametrize("written", [17810, "17810", 17810.0, " 17810 ", "17810.0"])
def test_an_id_is_one_customer_however_it_is_written(client: Client, written: object) -> None:
    (found,) = posted(client, [written])["results"]
    assert (found["id"], type(found["id"])) == (written, type(written))
    assert found["segment"] == segment_of("17810")
    assert found["segment_confidence"] == 0.75
    assert (found["rfm_segment"], found["r_score"]) == ("champions", 5)


@pytest.mark.parametrize(
    "strange",
    ["99999", "", "nan", "'; DROP TABLE customers; --", "=1+1", "a\0b", 'a,"b\\', "é" * 50, 2**63],
)
def test_unknown_ids_have_no_segment_and_are_listed(client: Client, strange: object) -> None:
    answer = posted(client, [IDS[0], strange])
    assert answer["results"][1]["segment"] is None
    assert answer["results"][1]["reason"] == "unknown"
    assert answer["unknown"] == [strange]


def test_an_id_known_by_returns_alone_says_so(client: Client) -> None:
    answer = posted(client, [RETURNS_ONLY])
    assert answer["results"][0]["reason"] == "no_purchases"
    assert answer["unknown"] == []


def test_a_customer_without_segment_is_known(client: Client) -> None:
    (found,) = posted(client, [IDS[19]])["results"]
    assert (found["segment"], found["segment_name"], found["reason"]) == (None, None, None)
    assert found["rfm_segment"] == "champions"


def test_names_come_in_the_language_asked(client: Client) -> None:
    def name(**how: Any) -> str:
        return str(client.get(PATH, params={"id": IDS[0]} | how.pop("params", {}), **how).json())

    assert "Segment 1" in name()
    assert "Segmento nº 1" in name(params={"lang": "pt_BR"})
    assert "Segmento nº 1" in name(headers={"accept-language": "pt-PT, en;q=0.5"})
    assert "Segment 1" in name(params={"lang": "en"}, headers={"accept-language": "pt-BR"})


def test_ten_thousand_ids_are_allowed_by_default_and_not_one_more(client: Client) -> None:
    ids = list(range(17_800, 27_800))
    assert len(posted(client, ids)["unknown"]) == 10_000 - (CUSTOMERS - 1)  # one is no number
    refused = client.post(PATH, json={"ids": [*ids, "one more"]})
    assert (refused.status_code, refused.json()["detail"]) == (400, "10001 ids in one look-up")


def test_as_many_ids_as_allowed_and_not_one_more(store_url: str) -> None:
    app = create_app(Serving(max_ids=1000), store_url)
    with TestClient(app, base_url=LOCAL) as client:
        ids = [IDS[number % len(IDS)] for number in range(1000)]
        results = posted(client, ids)["results"]
        assert [each["segment"] for each in results] == [segment_of(each) for each in ids]
        refused = client.post(PATH, json={"ids": [*ids, "x"]})
        assert (refused.status_code, refused.json()["detail"]) == (400, "1001 ids in one look-up")


@pytest.mark.parametrize("any_store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_new_run_answers_the_next_request(any_store_url: str) -> None:
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        for number in range(1, 5):
            ids = [IDS[0], IDS[1], "no such id", RETURNS_ONLY]
            for _ in range(3):
                answer = posted(client, ids)
                assert answer["run_id"] == f"20111210T{number:06d}"
                expected = [segment_of(each, shift=number - 1) for each in ids[:2]]
                assert [each["segment"] for each in answer["results"][:2]] == expected
            publish_shop(any_store_url, number + 1, shift=number)
