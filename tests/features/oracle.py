"""The features again, written for reading: pandas and plain Python, one customer at a time."""

import datetime as dt
import itertools
import statistics
from collections import Counter
from decimal import Decimal
from typing import Any

import pandas as pd

Values = dict[str, Any]
ZERO = Decimal(0)


def snapshot(lines: pd.DataFrame, people: pd.DataFrame, as_of: dt.date) -> dict[str, Values]:
    """Describe every customer with a sale known on a day."""
    midnight = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    seen = lines[(lines.ordered_local < midnight) & lines.customer_id.notna()]
    return {
        str(customer): _customer(rows, people[people.customer_id == customer], as_of)
        for customer, rows in seen.groupby("customer_id")
        if (rows.kind == "sale").any()
    }


def _customer(rows: pd.DataFrame, person: pd.DataFrame, as_of: dt.date) -> Values:
    sales, returns = rows[rows.kind == "sale"], rows[rows.kind == "return"]
    orders = [_order(part, returns, as_of) for _, part in sales.groupby("order_id")]
    gross, returned = _sum(sales.amount), -_sum(returns.amount)
    values: Values = {"gross_revenue": float(gross), "returned_amount": float(returned)}
    values["revenue"] = float(gross - returned)
    values["fees_amount"] = float(_sum(rows[rows.kind == "fee"].amount))
    values |= _dates(orders, as_of) | _orders(orders, sales, gross)
    values |= _products(sales, gross, as_of) | _returns(returns, orders, gross, as_of)
    values |= _trend(orders, returns, as_of) | _calendar(orders)
    for one, many in (("service", "services"), ("channel", "channels"), ("category", "categories")):
        values |= _mix(sales, one, many, gross)
    values["country"] = _mix(sales, "country", "countries", gross)["top_country"]
    return values | _attributes(person, as_of)


def _order(lines: pd.DataFrame, returns: pd.DataFrame, as_of: dt.date) -> Values:
    first = lines.ordered_local.min()
    linked = returns[returns.returns_order_id == lines.order_id.iloc[0]]
    amount = _sum(lines.amount)
    return {
        "first": first,
        "day": first.date(),
        "age": (as_of - first.date()).days,
        "amount": amount,
        "lines": len(lines),
        "units": _sum(lines.quantity),
        "products": lines.product_id.nunique(),
        "cancelled": len(linked) > 0 and -_sum(linked.amount) >= amount,
    }


def _dates(orders: list[Values], as_of: dt.date) -> Values:
    days = sorted({order["day"] for order in orders})
    gaps = [(b - a).days for a, b in itertools.pairwise(days)]
    mean = statistics.fmean(gaps) if gaps else None
    std = statistics.stdev(gaps) if len(gaps) > 1 else None
    since = (as_of - days[-1]).days
    return {
        "days_since_last": since,
        "first_order_date": days[0],
        "last_order_date": days[-1],
        "tenure_days": (as_of - days[0]).days,
        "purchase_days": len(days),
        "gap_days_mean": mean,
        "gap_days_std": std,
        "gap_days_min": min(gaps, default=None),
        "gap_days_max": max(gaps, default=None),
        "gap_regularity": None if std is None or mean is None else mean / (mean + std),
        "last_gap_ratio": None if mean is None else since / mean,
    }


def _orders(orders: list[Values], sales: pd.DataFrame, gross: Decimal) -> Values:
    n, units = len(orders), _sum(sales.quantity)
    amounts = [order["amount"] for order in orders]
    known = sales.product_id.notna().any()
    return {
        "orders": n,
        "average_order_value": float(gross) / n,
        "largest_order_amount": float(max(amounts)),
        "order_amount_std": float(statistics.stdev(amounts)) if n > 1 else None,
        "average_unit_price": _share(gross, units),
        "lines": len(sales),
        "units": float(units),
        "lines_per_order": len(sales) / n,
        "units_per_order": float(units) / n,
        "products_per_order": sum(order["products"] for order in orders) / n if known else None,
    }


def _products(sales: pd.DataFrame, gross: Decimal, as_of: dt.date) -> Values:
    names = ("products", "top_product_share", "repeat_product_share", "new_products_90d")
    parts = [part for _, part in sales.groupby("product_id")]
    if not parts:
        return dict.fromkeys(names)
    firsts = [(as_of - part.ordered_local.min().date()).days for part in parts]
    repeated = sum(part.order_id.nunique() >= 2 for part in parts)
    return {
        "products": len(parts),
        "top_product_share": _share(max(_sum(part.amount) for part in parts), gross),
        "repeat_product_share": repeated / len(parts),
        "new_products_90d": sum(age < 90 for age in firsts),
    }


def _returns(returns: pd.DataFrame, orders: list[Values], gross: Decimal, as_of: dt.date) -> Values:
    ages = [(as_of - moment.date()).days for moment in returns.ordered_local]
    unmatched = returns[returns.returns_order_id.isna()]
    return {
        "returned_units": float(-_sum(returns.quantity)),
        "return_orders": returns.order_id.nunique(),
        "returned_share": _share(-_sum(returns.amount), gross),
        "unmatched_returned_amount": float(-_sum(unmatched.amount)),
        "cancelled_orders": sum(order["cancelled"] for order in orders),
        "days_since_last_return": min(ages, default=None),
    }


def _trend(orders: list[Values], returns: pd.DataFrame, as_of: dt.date) -> Values:
    values: Values = {}
    for n in (30, 90, 365):
        last = [order for order in orders if order["age"] < n]
        back = returns[returns.ordered_local >= pd.Timestamp(as_of) - pd.Timedelta(days=n - 1)]
        gross = sum((order["amount"] for order in last), ZERO)
        before = sum((o["amount"] for o in orders if n <= o["age"] < 2 * n), ZERO)
        values[f"orders_{n}d"] = len(last)
        values[f"revenue_{n}d"] = float(gross + _sum(back.amount))
        if n < 365:
            values[f"trend_{n}d"] = _share(gross - before, gross + before)
    return values


def _calendar(orders: list[Values]) -> Values:
    weekdays = Counter(order["day"].weekday() for order in orders)
    parts = Counter(order["first"].hour // 6 for order in orders)
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    hours = ("night", "morning", "afternoon", "evening")
    shares = {f"weekday_share_{name}": weekdays[i] / len(orders) for i, name in enumerate(names)}
    return shares | {f"hour_share_{name}": parts[i] / len(orders) for i, name in enumerate(hours)}


def _mix(sales: pd.DataFrame, one: str, many: str, gross: Decimal) -> Values:
    sums = [(-_sum(part.amount), str(name)) for name, part in sales.groupby(one)]
    if not sums:
        return {many: None, f"top_{one}": None, f"top_{one}_share": None}
    best, name = min(sums)
    return {many: len(sums), f"top_{one}": name, f"top_{one}_share": _share(-best, gross)}


def _attributes(person: pd.DataFrame, as_of: dt.date) -> Values:
    known = [
        row
        for row in person.to_dict("records")
        if pd.isna(row["known_from"]) or row["known_from"] <= as_of
    ]
    if not known:
        return dict.fromkeys(("age_years", "gender", "region", "signup_days"))
    [row] = known
    born, signup = row["birth_date"], row["signup_date"]
    age = None if pd.isna(row["age"]) else float(row["age"])
    if not pd.isna(born) and born <= as_of:
        age = (as_of - born).days / 365.25
    return {
        "age_years": age,
        "gender": None if pd.isna(row["gender"]) else row["gender"],
        "region": None if pd.isna(row["region"]) else row["region"],
        "signup_days": None if pd.isna(signup) or signup > as_of else (as_of - signup).days,
    }


def _sum(values: "pd.Series[Any]") -> Decimal:
    return sum(values, ZERO)


def _share(part: Decimal, whole: Decimal) -> float | None:
    return float(part) / float(whole) if whole else None
