import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from clientela.statistics.agreement import adjusted_rand_index, contingency, jaccard

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=60)


@given(pairs)
def test_adjusted_rand_index_is_scikit_learns(labels: list[tuple[int, int]]) -> None:
    one, other = np.array(labels).T
    ours = adjusted_rand_index(contingency(one, other))
    assert ours == pytest.approx(adjusted_rand_score(one, other), abs=1e-12)


@given(pairs)
def test_jaccard_is_one_only_for_a_segment_that_came_back_whole(
    labels: list[tuple[int, int]],
) -> None:
    one, other = np.array(labels).T
    overlaps = jaccard(contingency(one, other))
    for segment in set(one):
        members = one == segment
        whole = any(((other == found) == members).all() for found in set(other))
        assert (overlaps[segment] == 1) == whole
