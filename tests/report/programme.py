"""Plausible tables of a programme, made up."""

import datetime as dt
import json
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.config import Economics
from clientela.insiders.score.business_case import judge_case, price_case
from clientela.store.arrow_schemas import arrow_table
from tests.report.run_tables import AS_OF, NAMES, Row, both

POLICIES = ("rules", "revenue", "expected_value", "segments")
NAIVE = ("revenue", "orders", "recent", "random")


def members(customers: pa.Table) -> list[Row]:
    rows: list[Row] = []
    for place, row in enumerate(customers.to_pylist()):
        status = row["insider"] or ("candidate" if place % 7 == 0 else None)
        if status is None:
            continue
        near = status == "candidate"
        rows.append(
            {
                "customer_id": row["customer_id"],
                "status": status,
                "since": None if near else dt.date(2011, 6, 1),
                "leaves_on": dt.date(2011, 12, 30) if status == "leaving" else None,
                "segment": row["segment"],
                "revenue_365d": row["revenue_365d"],
                "orders_365d": row["orders"],
                "days_since_last": row["days_since_last"],
                "expected_revenue": None,
                **both("reason", "£120 more before 2011-12-30", "Mais £ 120 até 30/12/2011"),
                "missing": json.dumps({"revenue_365d": 120.5} if place % 2 else {"orders": 1})
                if near
                else None,
                "deadline": dt.date(2011, 12, 30) if near else None,
            }
        )
    return rows


def policies() -> list[Row]:
    return [
        {
            "policy": policy,
            "members": 40 - place,
            "members_share": 0.1 - place / 400,
            "revenue": 5.1e6,
            "revenue_share": 0.58 - place / 50,
            "later_revenue_share": 0.49 - place / 50,
            "dates": 4,
            "chosen": place == 0,
            "within_budget": True,
            **both(
                "reason",
                "Holds most of later revenue and can be said in a sentence.",
                "Detém a maior parte da receita futura e cabe em uma frase.",
            ),
        }
        for place, policy in enumerate(POLICIES)
    ]


def size() -> list[Row]:
    shares = np.linspace(0, 1, 60)
    return [
        {
            "customers_share": float(share),
            "revenue_share": float(share**0.3),
            "bend": place == 11,
            "budget": place == 6,
        }
        for place, share in enumerate(shares)
    ]


def rules() -> list[Row]:
    money = {"feature": "revenue_365d", "operator": ">=", "unit": "amount"}
    recent = {"feature": "days_since_last", "operator": "<=", "unit": "days"}
    return [
        {
            "kind": "entry",
            "position": 1,
            "value": 1_240.0,
            "grace_days": None,
            **money,
            **both(
                "sentence",
                "spent at least £1,240 in the last 12 months",
                "gastou pelo menos £ 1.240 nos últimos 12 meses",
            ),
        },
        {
            "kind": "entry",
            "position": 2,
            "value": 95.0,
            "grace_days": None,
            **recent,
            **both("sentence", "bought in the last 95 days", "comprou nos últimos 95 dias"),
        },
        {
            "kind": "exit",
            "position": 1,
            "value": 900.0,
            "grace_days": 30,
            **money,
            **both(
                "sentence",
                "spent at least £900 in the last 12 months",
                "gastou pelo menos £ 900 nos últimos 12 meses",
            ),
        },
        {
            "kind": "exit",
            "position": 2,
            "value": 130.0,
            "grace_days": 30,
            **recent,
            **both("sentence", "bought in the last 130 days", "comprou nos últimos 130 dias"),
        },
    ]


def months() -> list[Row]:
    days = [AS_OF - dt.timedelta(days=30 * back) for back in range(9, -1, -1)]
    return [
        {
            "as_of": day,
            "customers": 250 + 16 * place,
            "members": 22 + 2 * place,
            "entered": 5 + place % 3,
            "left": 2 + place % 2,
            "reentered": int(place % 4 == 3),
            "members_share": 0.09,
            "revenue_share": 0.44 + place / 90,
            "months_stayed_median": None if place < 2 else 2.5 + place / 4,
        }
        for place, day in enumerate(days)
    ]


def proof() -> list[Row]:
    groups = {
        "members": 1_310.0,
        "rest": 148.0,
        "revenue": 1_190.0,
        "orders": 1_120.0,
        "recent": 520.0,
        "random": 240.0,
    }
    dates = [AS_OF - dt.timedelta(days=90 * back) for back in (1, 2, 3)]
    return [
        {
            "as_of": day,
            "customer_group": group,
            "customers": 40,
            "revenue_per_customer": value,
            "low": value * 0.85,
            "high": value * 1.2,
            "retention": 0.8 if group == "members" else 0.4,
            "orders_per_customer": 3.123,
        }
        for day in (*dates, None)
        for group, value in groups.items()
    ]


def tests_of_programme() -> list[Row]:
    return [
        {
            "baseline": name,
            "measure": "later_revenue",
            "difference": 120.0 + 300 * place,
            "low": -10.0 + 250 * place,
            "high": 260.0 + 340 * place,
            "p_value": 0.07 if place == 0 else 0.0002,
            "dates": 3,
            "better": place > 0,
            **both(
                "sentence",
                f"Against {name}: £{120 + 300 * place} more.",
                f"Contra {name}: mais £ {120 + 300 * place}.",
            ),
        }
        for place, name in enumerate(NAIVE)
    ]


def forecast() -> list[Row]:
    usual = {"members": 118_000.0, "rest": 92_000.0, "known": 210_000.0}
    return [
        {
            "customer_group": group,
            "months": months,
            "expected": amount * months,
            "low": amount * months * 0.8,
            "high": amount * months * 1.3,
            "level": 0.8 if months < 6 else None,
            "method": "last_period",
            "hits": 7 if months < 6 else None,
            "dates": 9,
            "bias": -0.04,
            "measurable": months < 6,
            "last_period": amount * months * 1.4,
            "last_year": amount * months * 0.9,
            **both("sentence", f"£{amount * months:,.0f} is expected.", "Esperam-se £ 354.000."),
        }
        for group, amount in usual.items()
        for months in (1, 3, 6)
    ]


def gaps() -> list[Row]:
    return [
        {
            "segment": segment,
            "feature": feature,
            "value": 100.0,
            "members_value": 900.0,
            "ratio": (0.9 if feature != "days_since_last" else 2.4) / segment,
            "position": place,
        }
        for segment in NAMES
        for place, feature in enumerate(("revenue_365d", "orders", "products", "days_since_last"))
    ]


def actions() -> list[Row]:
    pair = {
        "first": "22086",
        "second": "22910",
        "first_name": "PAPER CHAIN KIT 50'S CHRISTMAS",
        "second_name": "PAPER CHAIN KIT VINTAGE CHRISTMAS",
        "orders": 420,
        "support": 0.021,
        "confidence": 0.39,
        "lift": 11.2,
    }
    return [
        {
            "action_id": f"{action}-{segment}",
            "target": "segment",
            "segment": segment,
            "position": 3 * segment + place,
            "action": action,
            **both("title", f"Do {action} with 120 customers", f"Faça {action} com 120 clientes"),
            **both(
                "text", "They stay below £210, the median.", "Ficam abaixo de £ 210, a mediana."
            ),
            "audience": 120,
            **both("audience_rule", "customers below the median", "clientes abaixo da mediana"),
            "amount_at_stake": 48_000.0 / segment / place,
            "upside": 24_000.0 / segment / place,
            "horizon_days": 90,
            **both(
                "measure",
                "Draw a control: `clientela experiment assign`.",
                "Sorteie um controle: `clientela experiment assign`.",
            ),
            "detail": json.dumps({"pairs": [pair]}) if action == "cross_sell" else "{}",
        }
        for segment in NAMES
        for place, action in enumerate(("win_back", "basket", "cross_sell"), start=1)
    ]


def hypotheses() -> list[Row]:
    listed: list[tuple[str, str, float | None, str]] = [
        ("variety", "ratio", 1.62, "holds"),
        ("over_half", "share", 0.47, "does_not_hold"),
        ("returns", "ratio", 1.1, "does_not_hold"),
        ("season", "ratio", None, "not_measurable"),
    ]
    return [
        {
            "key": key,
            **both("text", f"Insiders and {key}", f"Os Insiders e {key}"),
            "chosen_on": dt.date(2011, 9, 10),
            "tested_on": AS_OF,
            "effect": effect,
            "effect_unit": unit,
            "low": None if effect is None else effect * 0.9,
            "high": None if effect is None else effect * 1.1,
            "test": "bootstrap",
            "p_value": None if effect is None else 0.004,
            "p_holm": None if effect is None else 0.012,
            "verdict": verdict,
            **both("sentence", "It is 1.62 times as much.", "É 1,62 vez mais."),
        }
        for key, unit, effect, verdict in listed
    ]


def case(customers: pa.Table) -> dict[str, list[Row]]:
    """Return the business case of these members, with margin and benefit."""
    economics = Economics(gross_margin=0.4, benefit_share=0.05)
    evidence = {"returned_share": 0.8, "revenue_ratio": 8.85, "dates": 3}
    sizes = [
        {"position": 1, "option": "rules", "members": 40, "members_share": 0.1},
        {"position": 2, "option": "top", "customers_share": 0.05, "threshold": 6_000.0},
        {"position": 3, "option": "tier", "tier": "Gold", "customers_share": 0.02},
    ]
    rows = [{"members": 20, "members_share": 0.05, **evidence, **size} for size in sizes]
    money: dict[str, list[Any]] = {
        "tier": [
            "Gold" if status and place % 2 else None
            for place, status in enumerate(customers["insider"].to_pylist())
        ],
        "expected_revenue": [210.0] * len(customers),
        "gross_margin": [0.4] * len(customers),
    }
    scored = customers.select(["insider", "revenue_365d"])
    for name, values in money.items():
        scored = scored.append_column(name, pa.array(values))
    priced = price_case(arrow_table("programme_case", rows), scored, economics, 90)
    tests = pa.Table.from_pylist(tests_of_programme())
    verdict = judge_case(priced["programme_case"], tests, economics)
    return {name: table.to_pylist() for name, table in priced.items()} | {
        "programme_verdict": verdict.to_pylist()
    }


def programme(customers: pa.Table) -> dict[str, list[dict[str, Any]]]:
    """Return all tables of a programme."""
    return {
        "programme_members": members(customers),
        "programme_policies": policies(),
        "programme_size": size(),
        "programme_conditions": rules(),
        "programme_months": months(),
        "programme_proof": proof(),
        "programme_tests": tests_of_programme(),
        "programme_forecast": forecast(),
        **case(customers),
        "segment_gaps": gaps(),
        "actions": actions(),
        "hypotheses": hypotheses(),
    }
