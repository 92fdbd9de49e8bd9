"""Attributes written after the exit are told from honest ones."""

import numpy as np
import pyarrow as pa

from clientela.churn.fit.leakage import find_leaking_attributes

RNG = np.random.default_rng(1)
LEFT = RNG.random(1_000) < 0.3
AT_RANDOM = RNG.random(1_000)


def found(left: np.ndarray = LEFT, **columns: object) -> list[str]:
    table = pa.table({name: pa.array(values) for name, values in columns.items()})
    return sorted(find_leaking_attributes(table, left, table.column_names))


def test_a_reason_that_only_leavers_have_is_found_by_its_being_there() -> None:
    reason = [f"reason {n % 7}" if left else None for n, left in enumerate(LEFT)]
    assert found(reason=reason, honest=AT_RANDOM) == ["reason"]


def test_a_score_and_a_state_that_follow_the_flag_are_found() -> None:
    score = np.where(LEFT, 1.0, 0.0) + 0.8 * AT_RANDOM
    state = np.where(LEFT, "closed", np.where(AT_RANDOM < 0.5, "open", "waiting"))
    assert found(score=-score, state=state) == ["score", "state"]


def test_strong_but_honest_attributes_stay() -> None:
    strong = np.where(LEFT, 1.0, 0.0) + 2.0 * AT_RANDOM
    category = np.where(RNG.random(1_000) < np.where(LEFT, 0.7, 0.2), "a", "b")
    rare = [f"town {n % 333}" for n in range(1_000)]
    assert found(strong=strong, category=category, rare=rare) == []


def test_of_few_customers_nothing_is_said() -> None:
    few = LEFT[:30]
    assert found(left=few, score=few.astype(float)) == []
