"""Plausible tables of a run, made up: whole, and with everything that can be missing missing."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

AS_OF = dt.date(2011, 12, 9)
CUSTOMERS = 400
NAMES = {
    1: ("Champions", "Campeões"),
    2: ("Loyal customers", "Clientes fiéis"),
    3: ("New buyers", "Novos compradores"),
    4: ("Lapsed, mostly one order", "Inativos, em geral um pedido"),
}
SHARES = {1: 0.1, 2: 0.25, 3: 0.25, 4: 0.4}
FACTS: dict[str, Any] = {
    "as_of": AS_OF.isoformat(),
    "currency": "GBP",
    "customers": CUSTOMERS,
    "unidentified_share": 0.147,
    "rows_in": 541_909,
    "rows_canonical": 530_104,
    "rows_quarantined": 11_805,
    "run_id": "20111210T080000000000",
}
Row = dict[str, Any]


def months(number: int) -> list[dt.date]:
    """Return the first days of the months up to that of the last day."""
    last = AS_OF.year * 12 + AS_OF.month - 1
    return [dt.date(m // 12, m % 12 + 1, 1) for m in range(last - number + 1, last + 1)]


def both(name: str, en: str, pt_br: str) -> Row:
    return {f"{name}_en": en, f"{name}_pt_br": pt_br}


def customers(rng: np.random.Generator) -> pa.Table:
    segment = rng.choice(list(SHARES), CUSTOMERS, p=list(SHARES.values()))
    scale = np.array([0, 9_000, 2_400, 600, 300])[segment]
    revenue = np.round(scale * rng.lognormal(0, 0.6, CUSTOMERS), 2)
    orders = np.maximum(1, (np.array([0, 18, 6, 2, 1])[segment] * rng.random(CUSTOMERS) * 2))
    first = revenue > np.quantile(revenue, 0.9)
    insider = [("member" if i % 9 else "leaving") if f else None for i, f in enumerate(first)]
    return pa.table(
        {
            "customer_id": [f"{10_000 + i}" for i in range(CUSTOMERS)],
            "segment": segment,
            "revenue": revenue,
            "revenue_365d": revenue * 0.96,
            "orders": orders.astype("int64"),
            "average_order_value": revenue / orders.astype("int64"),
            "products": (orders * 11).astype("int64"),
            "days_since_last": rng.integers(0, 370, CUSTOMERS),
            "tenure_days": rng.integers(1, 373, CUSTOMERS),
            "orders_30d": orders.astype("int64") // 9,
            "orders_90d": orders.astype("int64") // 4,
            "returned_share": rng.random(CUSTOMERS) * 0.05,
            "age_years": pa.nulls(CUSTOMERS, pa.float64()),
            "gender": pa.nulls(CUSTOMERS, pa.string()),
            "insider": insider,
        }
    )


def segments(rng: np.random.Generator) -> list[Row]:
    shares = {1: 0.58, 2: 0.27, 3: 0.09, 4: 0.06}
    index = {1: 520.0, 2: 140.0, 3: 62.0, 4: 31.0}
    names = ("revenue", "orders", "average_order_value", "products", "days_since_last")
    return [
        {
            "segment": segment,
            **both("name", *NAMES[segment]),
            **both("description", "40 customers (10.0%).", "40 clientes (10,0% do total)."),
            "customers": int(CUSTOMERS * SHARES[segment]),
            "customers_share": SHARES[segment],
            "revenue": Decimal("8187654.3200") * Decimal(str(shares[segment])),
            "revenue_share": shares[segment],
            "profile": json.dumps(
                {name: {"index": index[segment] * (0.7 + 0.1 * i)} for i, name in enumerate(names)}
            ),
            **both("rule", "more than 6 orders", "mais de 6 pedidos"),
            "rule_precision": 0.87,
            "rule_recall": 0.8,
            "silhouette": 0.5 - segment / 10,
            "jaccard": 0.95 - segment / 20,
            "silhouettes": json.dumps(sorted((rng.normal(0.35, 0.2, 40)).round(3).tolist())),
            "outliers": 3,
        }
        for segment in NAMES
    ]


def candidates() -> list[Row]:
    rows = []
    for position, (space, algorithm, k) in enumerate(
        [(s, a, k) for s in ("log", "rank") for a in ("kmeans", "ward") for k in range(4, 9)], 1
    ):
        chosen = (space, algorithm, k) == ("rank", "kmeans", 4)
        sound = k < 6
        rows.append(
            {
                "position": position,
                "space": space,
                "algorithm": algorithm,
                "parameters": "{}",
                "k": k,
                "silhouette": 0.42 - k / 50,
                "silhouette_error": None,
                "permuted_silhouette": 0.12,
                "within_ss": 9_000 / k,
                "calinski_harabasz": 4_334.0 - k,
                "smallest_share": 0.3 / k,
                "bootstrap_ari": 0.95 - k / 40 + position / 200 if sound else None,
                "jaccard": 0.9 if sound else None,
                "refits": 30 if sound else 0,
                "foresight": 0.2 + k / 100 if sound else None,
                "chosen": chosen,
                "verdict": "chosen" if chosen else "lower_silhouette",
                **both("verdict", "Chosen: sound and stable.", "Escolhida: sólida e estável."),
            }
        )
    untried = dict.fromkeys(rows[0]) | {"position": 99, "space": "pca", "algorithm": "hdbscan"}
    return [*rows, untried | {"verdict": "untried", "chosen": False}]


def moves() -> list[Row]:
    pairs = [(None, 3, 30), (2, 1, 25), (1, 2, 14), (3, 4, 40), (1, 1, 60), (2, 2, 80), (4, 4, 90)]
    return [
        {"from_segment": one, "to_segment": to, "customers": n, "revenue": Decimal(n * 950)}
        for one, to, n in pairs
    ]


def revenue_by_month(rng: np.random.Generator, number: int = 13) -> list[Row]:
    return [
        {
            "month": month,
            "net": Decimal(str(round(500_000 * (1 + rng.random()), 2))),
            "unidentified_amount": Decimal("81234.5600"),
            "unidentified_share": 0.12,
        }
        for month in months(number)
    ]


def cohorts(rng: np.random.Generator, number: int = 13) -> list[Row]:
    listed = months(number)
    return [
        {
            "cohort": first,
            "month": month,
            "customers": 300 - 15 * place,
            "active": int((300 - 15 * place) * (0.2 + 0.15 * rng.random())) if age else 300,
            "revenue": 12_345.6,
        }
        for place, first in enumerate(listed)
        for age, month in enumerate(listed[place:])
    ]


def exploration() -> list[Row]:
    used = ("revenue", "orders", "days_since_last", "products")
    left = ("gross_revenue", "units", "tenure_days")
    return [
        {
            "position": place,
            "feature": feature,
            "q05": 12.0,
            "median": 640.5,
            "q95": 5_800.25,
            "skewness": 9.4,
            "outliers": 212,
            "role": "segments" if feature in used else "left_out",
            **both("reason", "Says what revenue says.", "Diz o mesmo que a receita."),
            "correlations": json.dumps(
                {n: round(0.9 - abs(i - place) / 5, 2) for i, n in enumerate(used)}
            ),
            "information": 0.71,
        }
        for place, feature in enumerate((*used, *left))
    ]


def quality() -> list[Row]:
    places = {
        "read": 541_909,
        "sale": 525_000,
        "return": 9_100,
        "fee": 5_104,
        "quarantine:zero_price": 2_510,
        "quarantine:repeated_line": 195,
    }
    account = [
        {
            "table": "transactions",
            "rule": rule,
            "decision": None,
            "rows": rows,
            "customers": 4_000,
            "amount": Decimal("9747747.9340"),
        }
        for rule, rows in places.items()
    ]
    found = {"rule": "missing_customer", "decision": "keep", "rows": 135_080, "customers": 0}
    return [*account, {"table": "transactions", "amount": Decimal("1447682.1200"), **found}]
