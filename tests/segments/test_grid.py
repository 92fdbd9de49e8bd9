import pytest

from clientela.config import Segments
from clientela.errors import ConfigError
from clientela.segments.fit.candidate_spec import (
    CandidateSpec,
    list_candidates,
    list_smaller_candidates,
    parse_candidate,
)

SETTINGS = Segments()
NUMBERS = range(SETTINGS.k_min, SETTINGS.k_max + 1)


def test_the_default_budget_tries_every_space_and_every_algorithm() -> None:
    recipes = list_candidates(SETTINGS.spaces, SETTINGS.algorithms, NUMBERS)
    within = recipes[: SETTINGS.budget]
    assert len(recipes) == len(set(recipes)) == 4 * (3 * 5 + 3 + 2)
    assert {one.space for one in within} == set(SETTINGS.spaces)
    assert {one.algorithm for one in within} == set(SETTINGS.algorithms)
    assert [one.value for one in within[:5]] == [4, 5, 6, 7, 8]


def test_a_budget_of_a_dozen_has_seen_every_kind() -> None:
    within = list_candidates(SETTINGS.spaces, SETTINGS.algorithms, NUMBERS)[:12]
    assert {one.space for one in within} == set(SETTINGS.spaces)
    assert {one.algorithm for one in within} == set(SETTINGS.algorithms)


def test_fewer_segments_are_counted_even_where_only_density_is_asked_for() -> None:
    assert list_smaller_candidates(["dbscan"], "rank", 4) == [
        CandidateSpec("rank", "kmeans", "k", 2),
        CandidateSpec("rank", "kmeans", "k", 3),
    ]


@pytest.mark.parametrize("text", ["log/kmeans/k=4", "rank/dbscan/eps=0.42", "pca/ward/k=9"])
def test_a_recipe_is_read_as_it_is_written(text: str) -> None:
    assert parse_candidate(text).label == text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("flat/kmeans/k=4", "minmax"),
        ("log/kmedoids/k=4", "hdbscan"),
        ("log/dbscan/k=4", "quantile"),
        ("log/kmeans", "k"),
        ("log/kmeans/k=1", "space/algorithm/parameter=value"),
        ("log/kmeans/k=many", "space/algorithm/parameter=value"),
        ("log/dbscan/eps=-1", "space/algorithm/parameter=value"),
        ("log/hdbscan/min_share=2", "space/algorithm/parameter=value"),
    ],
)
def test_a_recipe_that_cannot_be_says_what_could(text: str, named: str) -> None:
    with pytest.raises(ConfigError, match=r"segments\.force") as refused:
        parse_candidate(text)
    assert named in refused.value.do
