"""The programme, its members and candidates, and segments as lists to take away."""

import csv
import datetime as dt
import io
import json
from typing import Any
from urllib.parse import urljoin

import openpyxl
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.serving import downloads
from clientela.serving.app import create_app
from clientela.serving.response import XLSX
from clientela.store.publish import publish
from tests.serving import shop
from tests.serving.conftest import LOCAL, Client
from tests.serving.programme import DEADLINE, SINCE
from tests.serving.shop import FORMULA, IDS, publish_shop, segment_of, status_of

PATH = "/v1/programme"
MEMBERS = PATH + "/members"
SEGMENT = "/v1/segments/2/customers"
OF_SEGMENT_2 = [each for each in IDS if segment_of(each) == 2]


def of(*statuses: str) -> list[str]:
    return [each for each in IDS if status_of(each) in statuses]


def rows_of(answer: Any, separator: str = ",") -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    text = io.StringIO(answer.content.decode("utf-8-sig"))
    return list(csv.DictReader(text, delimiter=separator))


def sheet_of(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == XLSX
    return openpyxl.load_workbook(io.BytesIO(answer.content)).active


def test_the_programme_tells_rules_and_size(client: Client) -> None:
    answer = client.get(PATH, params={"lang": "pt_BR"})
    told = answer.json()
    assert (told["name"], told["policy"]) == ("Clube Ação", "rules")
    assert told["policy_reason"] == "Duas condições bastam."
    counts = [len(of("member", "leaving")), len(of("leaving")), len(of("candidate"))]
    assert [told[each] for each in ("members", "leaving", "candidates")] == counts
    assert told["members_share"] == counts[0] / len(IDS)
    assert told["revenue_share"] == 0.59
    assert [rule["sentence"] for rule in told["entry"]] == ["gastou £ 1.240", "comprou há pouco"]
    (leave,) = told["exit"]
    assert (leave["value"], leave["unit"], leave["grace_days"]) == (120.0, "days", 30)
    assert client.get(PATH).json()["entry"][0]["sentence"] == "spent £1,240"


def test_the_business_case_says_the_verdict_and_leaves_the_unknown_empty(client: Client) -> None:
    case = client.get(PATH + "/case", params={"lang": "pt_BR"}).json()
    assert case["verdict"] == [{"code": "missing", "sentence": "Ainda não se sabe."}]
    (size,), (scenario,) = case["sizes"], case["scenarios"]
    assert (size["option"], size["members"], size["benefit_cost"]) == ("rules", 18, None)
    assert (scenario["uplift"], scenario["result"]) == (0.05, None)


def test_the_programme_is_sent_once(client: Client) -> None:
    etag = client.get(PATH).headers["etag"]
    again = client.get(PATH, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get(PATH, headers={"if-none-match": etag}, params={"lang": "pt_BR"})
    assert other.status_code == 200


@pytest.mark.parametrize("status", [None, "member", "leaving", "candidate"])
@pytest.mark.parametrize("limit", [1, 4, 1000])
def test_pages_hold_everyone_of_a_status_once(
    client: Client, status: str | None, limit: int
) -> None:
    asked = f"?limit={limit}" + (f"&status={status}" if status else "")
    answer = client.get(MEMBERS + asked)
    found = [*answer.json()["members"]]
    while "next" in answer.links:
        assert len(answer.json()["members"]) == limit
        answer = client.get(urljoin(MEMBERS, answer.links["next"]["url"]))
        found += answer.json()["members"]
    assert answer.json()["next_cursor"] is None
    wanted = of(status) if status else of("member", "leaving")
    assert [each["customer_id"] for each in found] == wanted


def test_a_candidate_is_told_what_is_missing(client: Client) -> None:
    asked = "?status=candidate&lang=pt_BR&limit=1"
    (candidate,) = client.get(MEMBERS + asked).json()["members"]
    assert candidate["missing"] == {"revenue_365d": 120.0}
    assert candidate["reason"] == "faltam £ 120 até 30 de junho"
    assert candidate["segment_name"] == "Segmento nº 1"
    assert (candidate["since"], candidate["deadline"]) == (None, DEADLINE.isoformat())


def test_customers_and_look_ups_tell_who_is_in(client: Client) -> None:
    member, nobody = of("member")[0], next(each for each in IDS if status_of(each) is None)
    told = client.get(f"/v1/customers/{of('member')[1]}").json()["customer"]
    assert (told["insider"], told["insider_since"]) == ("member", SINCE.isoformat())
    for asked in ([member, nobody], [member]):
        found = client.post("/v1/segments/lookup", json={"ids": asked}).json()["results"]
        assert [each["insider"] for each in found] == ["member", None][: len(asked)]


@pytest.mark.parametrize("any_store_url", ["sqlite", "postgresql"], indirect=True)
def test_a_cursor_stays_with_its_run_and_its_list(any_store_url: str) -> None:
    with TestClient(create_app(Serving(), any_store_url), base_url=LOCAL) as client:
        first = client.get(MEMBERS, params={"status": "member", "limit": 5}).json()
        publish_shop(any_store_url, 2)
        cursor = first["next_cursor"]
        rest = client.get(MEMBERS, params={"cursor": cursor}).json()
        assert rest["run_id"] == first["run_id"]
        found = [each["customer_id"] for each in first["members"] + rest["members"]]
        assert found == of("member")
        for params in ({"status": "candidate", "cursor": cursor},):
            assert client.get(MEMBERS, params=params).status_code == 400
        assert client.get("/v1/customers", params={"cursor": cursor}).status_code == 400
        assert client.get(MEMBERS, params={"cursor": cursor, "format": "csv"}).status_code == 400
        publish_shop(any_store_url, 3, keep_runs=1)
        assert client.get(MEMBERS, params={"cursor": cursor}).status_code == 410


def test_a_run_without_a_programme_says_so(client: Client, store_url: str) -> None:
    tables = {"customers": shop.customers(0), "segments": shop.segments()}
    publish(store_url, shop.record(2), tables)
    for path in (PATH, MEMBERS, MEMBERS + "?format=xlsx"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "no programme" in answer.json()["detail"]
        assert "clientela run" in answer.json()["do"]
    assert client.get(PATH + "/case").status_code == 404


def test_a_list_as_csv_has_headings_in_the_language(client: Client) -> None:
    answer = client.get(MEMBERS, params={"format": "csv", "lang": "pt_BR"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    name = "clientela-insiders-2011-12-09-20111210T000001.csv"
    assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = rows_of(answer, ";")
    assert [row["Cliente"].removeprefix("'") for row in rows] == of("member", "leaving")
    assert {row["Programa"] for row in rows} == {"membro", "de saída"}
    assert {row["Receita em 12 meses (GBP)"] for row in rows} == {"1240,12"}
    assert {row["Dados até"] for row in rows} == {"09/12/2011"}
    assert {row["Execução"] for row in rows} == {"20111210T000001"}


def test_a_list_as_lines_of_json_has_names_for_programs(client: Client) -> None:
    asked = client.get(MEMBERS, headers={"accept": "application/x-ndjson"})
    assert asked.headers["content-type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in asked.text.splitlines()]
    assert sorted(row["customer_id"] for row in rows) == of("member", "leaving")
    assert {row["revenue_365d"] for row in rows} == {1240.12}
    assert client.get(MEMBERS, params={"format": "ndjson"}).content == asked.content


def test_a_list_of_candidates_says_what_is_missing(client: Client) -> None:
    asked = {"format": "csv", "status": "candidate"}
    rows = rows_of(client.get(MEMBERS, params=asked))
    assert [row["Customer"] for row in rows] == of("candidate")
    assert {row["What is missing"] for row in rows} == {"£120 more before 30 June"}
    assert {row["Until"] for row in rows} == {"2012-06-30"}


def test_csv_lists_start_no_formulas(client: Client) -> None:
    rows = rows_of(client.get(MEMBERS, params={"format": "csv"}))
    assert {row["Reason"] for row in rows} == {"'=spent £1,300"}
    assert f"'{FORMULA}" in [row["Customer"] for row in rows]


@pytest.mark.parametrize("how", [{"params": {"format": "xlsx"}}, {"headers": {"accept": XLSX}}])
def test_a_workbook_holds_texts_as_texts_and_days_as_days(
    client: Client, how: dict[str, Any]
) -> None:
    answer = client.get(MEMBERS, **how)
    assert answer.headers["content-disposition"].endswith('20111210T000001.xlsx"')
    sheet = sheet_of(answer)
    header = [cell.value for cell in sheet[1]]
    assert header[:5] == ["Customer", "Programme", "Member since", "Leaves on", "Reason"]
    assert "Revenue in 12 months (GBP)" in header
    cells = list(sheet.iter_rows(min_row=2))
    assert [row[0].value for row in cells] == of("member", "leaving")
    assert {row[0].data_type for row in cells} == {"s"}
    assert {(row[4].value, row[4].data_type) for row in cells} == {("=spent £1,300", "s")}
    assert {row[2].value for row in cells} == {dt.datetime(2011, 6, 30)}
    revenue = header.index("Revenue in 12 months (GBP)")
    assert {row[revenue].value for row in cells} == {1240.12}


def test_a_segment_as_a_workbook_keeps_accents(client: Client) -> None:
    answer = client.get(SEGMENT, params={"format": "xlsx", "lang": "pt_BR"})
    assert "clientela-segment-2-2011-12-09" in answer.headers["content-disposition"]
    sheet = sheet_of(answer)
    cells = list(sheet.iter_rows(min_row=2))
    assert [row[0].value for row in cells] == OF_SEGMENT_2
    assert {row[1].value for row in cells} == {"Segmento nº 2"}
    assert sheet.title == "Segmento"
    said = {"member": "membro", "leaving": "de saída", "candidate": "candidato", None: None}
    wanted = [said[status_of(each)] for each in OF_SEGMENT_2]
    assert [row[8].value for row in cells] == wanted


def test_a_workbook_is_the_same_every_time(client: Client) -> None:
    first, second = (client.get(SEGMENT, params={"format": "xlsx"}).content for _ in range(2))
    assert first == second


@pytest.mark.parametrize("path", [MEMBERS, SEGMENT])
def test_a_workbook_that_would_take_too_long_is_refused(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MOST_WORKBOOK_ROWS", 17)
    answer = client.get(path, params={"format": "xlsx"})
    assert answer.status_code == 400
    assert "CSV" in answer.json()["do"]
    assert client.get(path, params={"format": "csv"}).status_code == 200


def test_a_segment_as_json_is_a_page_of_customers(client: Client) -> None:
    answer = client.get(SEGMENT, params={"limit": 5})
    same = client.get("/v1/customers", params={"segment": 2, "limit": 5})
    assert answer.json() == same.json()
    assert answer.links["next"]["url"].startswith(SEGMENT)


@pytest.mark.parametrize("form", ["json", "csv", "xlsx"])
def test_an_unknown_segment_is_a_404_that_names_those_there_are(client: Client, form: str) -> None:
    answer = client.get("/v1/segments/9/customers", params={"format": form})
    assert (answer.status_code, answer.json()["do"]) == (404, "choose one of 1, 2, 3")


def test_head_of_a_list_writes_no_file(client: Client) -> None:
    for form in ("csv", "xlsx"):
        answer = client.head(MEMBERS, params={"format": form})
        assert (answer.status_code, answer.content) == (200, b"")
