"""Small firms at random: few customers, orders and products, so that they meet often."""

import datetime as dt
from decimal import Decimal

from hypothesis import strategies as st

from tests.features.rows import Row

AS_OF = dt.date(2022, 6, 30)
WINDOWS_DAYS = (30, 60, 90, 180, 365)
BOUNDARIES = sorted({0} | {days + step for days in WINDOWS_DAYS for step in (-1, 0, 1)})
"""Ages in days beside and on the ends of every window of the features."""

customer_ids = st.sampled_from(["a", "b", "c", None])
order_ids = st.sampled_from(["1", "2", "3", "4", "5"])
names = st.sampled_from(["x", "y", "Z", "é", None])
money = st.decimals(0, 1_000, places=2) | st.sampled_from([Decimal("9.99"), Decimal(170_000)])
units = st.decimals("0.5", 40, places=1)


def moments(first_age: int, last_age: int) -> st.SearchStrategy[dt.datetime]:
    """Draw local moments by their age in days on AS_OF."""
    edges = [age for age in BOUNDARIES if last_age <= age <= first_age]
    ages = st.integers(last_age, first_age)
    if edges:
        ages = st.sampled_from(edges) | ages
    minutes = st.integers(0, 24 * 60 - 1)
    midnight = dt.datetime.combine(AS_OF, dt.time())
    return st.builds(
        lambda age, minute: midnight - dt.timedelta(days=age, minutes=-minute), ages, minutes
    )


def sales(when: st.SearchStrategy[dt.datetime]) -> st.SearchStrategy[Row]:
    """Draw lines that were sold."""
    return st.fixed_dictionaries(
        {
            "kind": st.just("sale"),
            "customer_id": customer_ids,
            "order_id": order_ids,
            "product_id": st.sampled_from(["p", "q", "r", None]),
            "quantity": units,
            "amount": money,
            "ordered_local": when,
            "country": names,
            "channel": names,
            "service": names,
            "category": names,
        }
    )


def adjustments(when: st.SearchStrategy[dt.datetime]) -> st.SearchStrategy[Row]:
    """Draw returns, linked to a purchase or not, and fees."""
    returned: dict[str, st.SearchStrategy[object]] = {
        "kind": st.just("return"),
        "order_id": st.sampled_from(["C1", "C2", "C3"]),
        "returns_order_id": order_ids | st.none(),
        "quantity": units.map(lambda n: -n),
        "amount": money.map(lambda n: -n),
    }
    fee: dict[str, st.SearchStrategy[object]] = {
        "kind": st.just("fee"),
        "order_id": order_ids,
        "quantity": st.just(Decimal(1)),
        "amount": money | money.map(lambda n: -n),
    }
    common: dict[str, st.SearchStrategy[object]] = {
        "customer_id": customer_ids,
        "ordered_local": when,
        "product_id": st.just("p"),
    }
    return st.fixed_dictionaries(common | returned) | st.fixed_dictionaries(common | fee)


def lines(first_age: int, last_age: int) -> st.SearchStrategy[list[Row]]:
    """Draw the lines of a firm, dated between two ages on AS_OF."""
    when = moments(first_age, last_age)
    return st.builds(
        lambda sold, adjusted: sold + adjusted,
        st.lists(sales(when), max_size=16),
        st.lists(adjustments(when), max_size=8),
    )


days = st.dates(dt.date(1930, 1, 1), dt.date(2022, 12, 31))
people = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from(["a", "b", "c", "d"]),
            "birth_date": days | st.none(),
            "age": st.integers(18, 90) | st.none(),
            "signup_date": days | st.none(),
            "gender": st.sampled_from(["F", "M", None]),
            "region": names,
            "known_from": days | st.none(),
        }
    ),
    unique_by=lambda person: person["customer_id"],
    max_size=4,
)
