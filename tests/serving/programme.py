"""The programme and the report of the small shop."""

import datetime as dt
from collections.abc import Sequence

import msgspec
import pyarrow as pa

from clientela.report.answer import Answer, AnswerDownload, Chart, Figure, Series
from clientela.store.arrow_schemas import arrow_table

SINCE = dt.date(2011, 6, 30)
DEADLINE = dt.date(2012, 6, 30)


def status_of_place(place: int) -> str | None:
    """Give a status to four of ten customers: two members, one leaving, one candidate."""
    return {0: "member", 9: "member", 5: "leaving", 7: "candidate"}.get(place % 10)


def programme_tables_of(ids: Sequence[str]) -> dict[str, pa.Table]:
    """Give the tables of a programme of these customers."""
    return {
        "programme_policies": policies(),
        "programme_conditions": rules(),
        "programme_members": members(ids),
        **case(),
    }


def case() -> dict[str, pa.Table]:
    """Give a business case of one size whose benefit is not configured."""
    size = {"position": 1, "option": "rules", "members": 18, "expected_revenue": 900.0}
    words = {"sentence_en": "Not known yet.", "sentence_pt_br": "Ainda não se sabe."}
    rows: dict[str, dict[str, object]] = {
        "programme_case": size,
        "programme_scenarios": {"position": 1, "scenario": 1, "uplift": 0.05},
        "programme_verdict": {"position": 1, "code": "missing", **words},
    }
    return {name: arrow_table(name, [row]) for name, row in rows.items()}


def policies() -> pa.Table:
    return pa.table(
        {
            "policy": ["revenue", "rules"],
            "members": [18, 18],
            "members_share": [0.3, 0.3],
            "revenue": [900.5, 890.25],
            "revenue_share": [0.6, 0.59],
            "chosen": [False, True],
            "reason_en": ["No rule to tell.", "Two conditions say it."],
            "reason_pt_br": ["Sem regra para contar.", "Duas condições bastam."],
        }
    )


def rules() -> pa.Table:
    return pa.table(
        {
            "kind": ["exit", "entry", "entry"],
            "position": [1, 2, 1],
            "feature": ["days_since_last", "days_since_last", "revenue_365d"],
            "operator": ["<=", "<=", ">="],
            "value": [120.0, 95.0, 1240.0],
            "unit": ["days", "days", "amount"],
            "sentence_en": ["bought in the last 120 days", "bought lately", "spent £1,240"],
            "sentence_pt_br": [
                "comprou nos 120 dias",
                "comprou há pouco",
                "gastou £ 1.240",
            ],
            "grace_days": [30, None, None],
        }
    )


def members(ids: Sequence[str]) -> pa.Table:
    found = [(each, status_of_place(place)) for place, each in enumerate(ids)]
    rows = [
        {
            "customer_id": each,
            "status": status,
            "since": None if status == "candidate" else SINCE,
            "leaves_on": dt.date(2012, 1, 8) if status == "leaving" else None,
            "segment": 1,
            "revenue_365d": 1240.123456,
            "orders_365d": 7,
            "days_since_last": 12,
            "expected_revenue": None,
            "reason_en": "£120 more before 30 June" if status == "candidate" else "=spent £1,300",
            "reason_pt_br": "faltam £ 120 até 30 de junho",
            "missing": '{"revenue_365d": 120.0}' if status == "candidate" else None,
            "deadline": DEADLINE if status == "candidate" else None,
        }
        for each, status in found
        if status is not None
    ]
    return pa.Table.from_pylist(rows)


def answers() -> pa.Table:
    texts = {
        "en": ("Who are the customers?", "60 customers."),
        "pt_BR": ("Quem são os clientes?", "60 clientes."),
    }
    rows = [
        {
            "lang": lang,
            "position": position,
            "key": key,
            "content": msgspec.json.encode(_answer(key, question, headline)).decode(),
        }
        for lang, (question, headline) in texts.items()
        for position, key in enumerate(("customers", "segments"), start=1)
    ]
    return pa.Table.from_pylist(rows)


def _answer(key: str, question: str, headline: str) -> Answer:
    return Answer(
        key=key,
        question=question,
        headline=headline,
        value=Figure("60", "customers", 60.0),
        charts=(_chart(key),),
        downloads=(
            AnswerDownload("insiders", "Insiders"),
            AnswerDownload("segment-2", "Segment 2"),
        ),
    )


def _chart(key: str) -> Chart:
    series = Series("Revenue", (411.5, 300.25, None))
    return Chart(key, "Two hold most", "columns", (series,), categories=("1", "2", "3"))
