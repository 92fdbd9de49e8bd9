"""Orders foretold by the part of the value model that counts them."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from clientela.btyd.choice import compare_areas
from clientela.engine import Engine
from clientela.statistics.arrays import doubles
from clientela.value.fit.purchases import fit_current_purchases
from clientela.value.score.inputs import READ
from clientela.value.score.orders import load_order_model
from tests.btyd import cdnow
from tests.value.firms import FIRST, history, table

HORIZON = 273


@pytest.mark.slow
def test_who_buys_is_ordered_as_earlier_dates_proved_best(engine: Engine, data_dir: Path) -> None:
    bought = [
        (customer, (day - cdnow.FIRST).days, money)
        for customer, days in cdnow.read(data_dir).items()
        for day, money in days.items()
    ]
    ids, days, money = zip(*bought, strict=True)
    lines = table(list(ids), np.array(days), np.maximum(money, 0.01))
    known = history(engine, lines, (cdnow.KNOWN - cdnow.FIRST).days + 1)
    orders, choice = fit_current_purchases(known, HORIZON, seed=42)
    assert orders.several == choice.several > 0

    snapshot = known.snapshot(known.as_of)
    whole = history(engine, lines, (cdnow.END - cdnow.FIRST).days + 1)
    assert whole.as_of == FIRST + (cdnow.END - cdnow.FIRST) == known.as_of + dt.timedelta(HORIZON)
    came = doubles(whole.later(known.as_of, HORIZON), "later_orders") > 0
    columns = {name: doubles(snapshot, name) for name in READ}
    ordered = load_order_model(orders.to_json()).ordering(columns, HORIZON)
    expected = orders.forecast(columns, HORIZON).orders
    found = compare_areas(np.stack([ordered, expected]), came)[0]
    assert found[0] >= 0.779
    assert found[0] > found[1]
    assert len(came) == len(ordered) == 2_357


def test_orders_stored_without_an_order_of_their_own_go_by_the_expected_ones(
    engine: Engine,
) -> None:
    rng = np.random.default_rng(2)
    who = [f"c{one}" for one in rng.integers(0, 60, 300)]
    known = history(engine, table(who, rng.integers(0, 200, 300), rng.random(300) + 1.0), 200)
    orders = fit_current_purchases(known, 60, seed=1)[0]
    stored = orders.to_json()
    del stored["several"]
    snapshot = known.snapshot(known.as_of)
    columns = {name: doubles(snapshot, name) for name in READ}
    again = load_order_model(stored)
    expected = again.forecast(columns, 60).orders
    assert again.ordering(columns, 60) == pytest.approx(expected)
