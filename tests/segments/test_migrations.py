import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.segments.describe.id_matching import MIGRATIONS, count_migrations

assignment = st.dictionaries(
    st.sampled_from("abcdefghij"),
    st.tuples(st.integers(1, 4), st.floats(-100, 100)),
)


def table(of: dict[str, tuple[int, float]]) -> pa.Table:
    return pa.table(
        {
            "customer_id": pa.array(of, pa.string()),
            "segment": pa.array([segment for segment, _ in of.values()], pa.int64()),
            "revenue": pa.array([revenue for _, revenue in of.values()], pa.float64()),
        }
    )


@given(assignment, assignment)
def test_every_customer_moves_once_with_the_revenue(
    before: dict[str, tuple[int, float]], now: dict[str, tuple[int, float]]
) -> None:
    moves = count_migrations(table(before), table(now)).to_pylist()
    everyone = before | now
    assert sum(move["customers"] for move in moves) == len(everyone)
    total = sum(revenue for _, revenue in everyone.values())
    assert sum(move["revenue"] for move in moves) == pytest.approx(total, abs=1e-9)
    for move in moves:
        ends = (move["from_segment"], move["to_segment"])
        who = [
            one
            for one in everyone
            if (before.get(one, (None,))[0], now.get(one, (None,))[0]) == ends
        ]
        assert move["customers"] == len(who)


def test_the_order_of_rows_changes_no_bit() -> None:
    rng = np.random.default_rng(5)
    of = {f"c{n}": (int(rng.integers(1, 3)), float(rng.normal())) for n in range(500)}
    turned = table(of).take(rng.permutation(500))
    assert count_migrations(turned, turned).equals(count_migrations(table(of), table(of)))


def test_two_empty_runs_have_no_moves() -> None:
    moves = count_migrations(table({}), table({}))
    assert moves.num_rows == 0
    assert moves.schema == MIGRATIONS
