"""Plausible tables of value and churn, made up."""

import datetime as dt
import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tests.report.run_tables import AS_OF, CUSTOMERS, Row, both

DATES = [AS_OF - dt.timedelta(days=90 + 30 * back) for back in range(6, -1, -1)]
LEARNT = {
    "churn": ("lightgbm", "spline_logistic", "recency"),
    "value_mean": ("two_stage", "mbg_nbd", "seasonal"),
    "value_median": ("tweedie", "mbg_nbd", "last_period"),
}
METRICS: dict[str, dict[str, float]] = {
    "churn": {
        "roc_auc": 0.771,
        "pr_auc": 0.612,
        "log_loss": 0.553,
        "brier": 0.191,
        "ece": 0.031,
        "ece_perfect": 0.018,
        "accuracy": 0.71,
        "precision": 0.62,
        "recall": 0.58,
        "f1": 0.6,
        "lift_top_decile": 1.81,
        "base_rate": 0.39,
        "threshold": 0.42,
    },
    "value_mean": {
        "bias": -0.041,
        "mae": 640.2,
        "rmse": 3_905.7,
        "spearman": 0.53,
        "gini": 0.71,
        "top_decile_hit": 0.55,
        "revenue_captured": 0.768,
        "coverage": 0.803,
    },
}
METRICS["value_median"] = METRICS["value_mean"] | {"bias": -0.31, "mae": 588.4}
FACTS: dict[str, Any] = {
    "value": {"clv_days": 365, "discount_rate": 0.1, "level": 0.8, "horizon_days": 90},
    "churn": {
        "kind": "non_contractual",
        "horizon_days": 90,
        "active_days": 180,
        "contacts": {
            "scored": 2_779,
            "at_risk": 1_900,
            "listed": 1_111,
            "reason": "pays",
            "pays": 1_111,
            "margin": 0.4,
            "contact_cost": 0.8,
            "saved_share": 0.1,
            "capacity": None,
        },
    },
}


def _rank_contacts(listed: npt.NDArray[np.bool_]) -> pa.Array:
    """Rank those at high or medium risk whom it is advised to contact."""
    return pa.array([n if at else None for n, at in zip(listed.cumsum(), listed, strict=True)])


def with_scores(customers: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Return customers what value and churn say of each."""
    leaves = rng.beta(1.2, 1.6, CUSTOMERS)
    gone = np.asarray(customers["days_since_last"]) > 300
    bands = np.where(leaves > 0.6, "high", np.where(leaves > 0.3, "medium", "low"))
    worth = np.asarray(customers["revenue_365d"]) * (1 - leaves) / 4
    ahead = [AS_OF + dt.timedelta(days=int(d)) for d in rng.integers(5, 120, CUSTOMERS)]
    columns = {
        "churn_probability": np.where(gone, np.nan, leaves),
        "churn_band": np.where(gone, "gone", bands),
        "p_alive": 1 - leaves / 2,
        "expected_orders": worth / 200,
        "expected_orders_low": worth / 400,
        "expected_orders_high": worth / 100,
        "expected_revenue": worth,
        "expected_revenue_low": worth * 0.2,
        "expected_revenue_high": worth * 2.5,
        "likely_revenue": worth * 0.6,
        "expected_revenue_long": worth * 3.4,
        "expected_revenue_churn_days": worth,
        "expected_revenue_if_active": worth / (1 - leaves),
        "expected_loss": worth / (1 - leaves) * leaves,
        "clv": worth * 3.4 * 0.4,
    }
    for name, values in columns.items():
        held = pa.array(values, from_pandas=values.dtype.kind == "f")
        customers = customers.append_column(name, held)
    listed = np.isin(bands, ("high", "medium")) & ~gone
    customers = customers.append_column("contact_rank", _rank_contacts(listed))
    unknown = pa.array([None if g else day for g, day in zip(gone, ahead, strict=True)])
    for name in ("next_order", "next_order_low", "next_order_high"):
        customers = customers.append_column(name, unknown)
    return customers


def candidates() -> list[Row]:
    families = ("learned", "simple", "naive")
    return [
        {
            "purpose": purpose,
            "position": place + 1,
            "model": model,
            "family": family,
            "parameters": json.dumps({"num_leaves": 15, "learning_rate": 0.05})
            if not place
            else "{}",
            "trials": 6 if not place else 0,
            "exportable": True,
            "role": ("champion", "challenger", "compared")[place],
            "verdict": "chosen" if not place else "not_better",
            **both(
                "verdict",
                "Chosen: better than the best simple model beyond chance.",
                "Escolhido: melhor que o melhor modelo simples além do acaso.",
            ),
        }
        for purpose, models in LEARNT.items()
        for place, (model, family) in enumerate(zip(models, families, strict=True))
    ]


def metrics() -> list[Row]:
    rows = []
    for purpose, models in LEARNT.items():
        for place, model in enumerate(models):
            for metric, value in METRICS[purpose].items():
                for back, day in enumerate([None, *DATES]):
                    shown = value * (1 + 0.06 * place) * (1 + 0.03 * (back % 3))
                    rows.append(
                        {
                            "purpose": purpose,
                            "model": model,
                            "as_of": day,
                            "customers": 2_779 if day else 19_000,
                            "metric": metric,
                            "value": shown,
                            "low": shown - abs(value) * 0.04,
                            "high": shown + abs(value) * 0.04,
                            "baseline": None if place == 2 else models[2],
                            "difference": None if place == 2 else -0.02,
                            "difference_low": None if place == 2 else -0.035,
                            "difference_high": None if place == 2 else -0.004,
                        }
                    )
    return rows


def curves() -> list[Row]:
    x = np.linspace(0, 1, 21)
    shapes = {
        "roc": x**0.4,
        "pr": 0.95 - 0.56 * x,
        "calibration": np.clip(x * 0.9 + 0.03, 0, 1),
        "gain": np.minimum(1, x**0.6),
        "learning": 0.7 - 0.1 * x,
    }
    rows = []
    for place, model in enumerate(LEARNT["churn"][:2]):
        for curve, y in shapes.items():
            ends = curve in ("calibration", "learning")
            for position, (one, other) in enumerate(zip(x, y, strict=True)):
                at = one * 10_000 if curve == "learning" else one
                rows.append(
                    {
                        "purpose": "churn",
                        "model": model,
                        "curve": curve,
                        "position": position,
                        "x": float(at),
                        "y": float(other) * (1 - 0.04 * place),
                        "low": float(other) - 0.05 if ends else None,
                        "high": float(other) + 0.05 if ends else None,
                    }
                )
    return rows


def importance() -> list[Row]:
    listed: tuple[tuple[str, float, int], ...] = (
        ("days_since_last", 0.41, 1),
        ("orders", 0.24, -1),
        ("revenue", 0.2, -1),
    )
    listed += (("products", 0.1, 0), ("plan_months", 0.05, -1))
    return [
        {
            "purpose": purpose,
            "model": LEARNT[purpose][0],
            "position": place,
            "feature": feature,
            "importance": share,
            "direction": direction,
        }
        for purpose in LEARNT
        for place, (feature, share, direction) in enumerate(listed, 1)
    ]


def horizons() -> list[Row]:
    return [
        {
            "horizon_days": days,
            "customers": 2_779,
            "churn_share": 0.62 - days / 400,
            "returned_share": 0.4 - days / 600,
            "chosen": days == 90,
        }
        for days in (30, 60, 90, 120, 180)
    ]


def contacts() -> list[Row]:
    rows = []
    for place, share in enumerate(np.linspace(0, 1, 21)):
        stake = 90_000 * share**0.5
        rows.append(
            {
                "position": place,
                "contacts": int(share * 2_779),
                "contacts_share": float(share),
                "threshold": float(40 * (1 - share)),
                "at_stake": float(stake),
                "at_stake_low": float(stake * (1 - 0.1 * share)),
                "at_stake_high": float(stake * (1 + 0.1 * share)),
                "at_stake_random": float(90_000 * share),
                "at_stake_revenue": float(stake * 0.9),
                "break_even_share": float(share * 2_779 * 0.8 / max(stake * 0.4, 1)),
                "profit": float(stake * 0.4 * 0.1 - share * 2_779 * 0.8),
                "profit_low": float(stake * 0.3 * 0.1 - share * 2_779 * 0.8),
                "profit_high": float(stake * 0.5 * 0.1 - share * 2_779 * 0.8),
                "chosen": place == 8,
            }
        )
    return rows


def forecast() -> list[Row]:
    amounts = {"known": 1_640_000.0, "new": 410_000.0, "everyone": 2_050_000.0}
    return [
        {
            "customer_group": group,
            "days": 90,
            "expected": amount,
            "low": None if group == "new" else amount * 0.85,
            "high": None if group == "new" else amount * 1.2,
            "level": None if group == "new" else 0.8,
            "method": "two_stage",
            "hits": 8,
            "dates": 10,
            "bias": -0.03,
            "measurable": group != "new",
            "last_period": None if group == "new" else 1_540_000.0,
            "last_year": None if group == "new" else 1_320_000.0,
            **both("sentence", f"£{amount:,.0f} is expected.", "Esperam-se £ 1.640.000."),
        }
        for group, amount in amounts.items()
    ]


def notes() -> list[Row]:
    said = {
        "beats": ("The forecast beats last period again by 8%.", "A previsão supera em 8%."),
        "models": ("Boosting was taken for its error.", "O boosting ficou pelo erro menor."),
        "limits": ("It does not know campaigns.", "Não conhece campanhas."),
        "next": ("Try another year of history.", "Tente mais um ano de histórico."),
    }
    return [
        {"purpose": purpose, "position": place, "code": code, **both("text", *text)}
        for purpose in LEARNT
        for place, (code, text) in enumerate(said.items(), 1)
    ]


def fits() -> list[Row]:
    found = {"bg_nbd": (0.24, 4.41, 0.79, 2.43), "mbg_nbd": (0.52, 6.18, 0.89, 1.61)}
    return [
        {
            "model": model,
            "parameter": parameter,
            "value": value,
            "standard_error": None if parameter == "log_likelihood" else value / 8,
            "identified": model == "mbg_nbd",
            "chosen": model == "mbg_nbd",
            **both("note", "Dropout is not identified.", "O abandono não é identificável."),
        }
        for model, values in found.items()
        for parameter, value in zip(
            ("r", "alpha", "a", "b", "log_likelihood"), (*values, -9582.4), strict=True
        )
    ]


def cards() -> list[Row]:
    return [
        {
            "model_id": f"{kind}-1",
            "kind": kind,
            "role": "champion",
            "card": json.dumps(
                {
                    "data_hash": "0f" * 32,
                    "as_of": "2011-12-09",
                    "customers": 4_334,
                    "features": [{"name": "orders", "dtype": "double"}],
                    "parameters": {
                        "trials": 24,
                        "clv_days": 730,
                        "discount_rate": 0.2,
                        "sample_rows": 20_000,
                    },
                    "seed": 42,
                    "versions": {"clientela": "0.1.0", "lightgbm": "4.7.0"},
                }
            ),
        }
        for kind in ("churn", "value", "segments")
    ]


def models() -> dict[str, list[Row]]:
    """Return the tables of value and churn by their names in the store."""
    return {
        "model_candidates": candidates(),
        "model_metrics": metrics(),
        "model_curves": curves(),
        "model_importance": importance(),
        "model_notes": notes(),
        "churn_horizons": horizons(),
        "churn_contacts": contacts(),
        "value_forecast": forecast(),
        "btyd_fits": fits(),
        "models": cards(),
    }
