from dataclasses import replace
from typing import Any

import pytest

from clientela.config import Segments
from clientela.segments.fit.candidate import EvaluatedCandidate
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.choice import choose_candidate, list_contenders

SETTINGS = Segments()


def stability(ari: float = 0.95, worst: float = 0.9) -> dict[str, Any]:
    return {"bootstrap_ari": ari, "bootstrap_ari_low": ari - 0.05, "jaccards": (0.95, worst)}


def candidate(
    k: int,
    silhouette: float,
    refits: dict[str, Any] | None = None,
    smallest: float = 0.1,
    foresight: float | None = None,
) -> EvaluatedCandidate:
    rest = (1 - smallest) / (k - 1)
    return EvaluatedCandidate(
        spec=CandidateSpec("log", "kmeans", "k", k),
        k=k,
        silhouette=silhouette,
        fidelity=1.0,
        foresight=foresight,
        shares=(smallest,) + (rest,) * (k - 1),
        revenue_shares=(1 / k,) * k,
        **(refits or stability()),
    )


def codes(*candidates: EvaluatedCandidate) -> list[str]:
    return [verdict.code for verdict in choose_candidate(candidates, SETTINGS)[1]]


def test_the_highest_silhouette_wins() -> None:
    winner, verdicts = choose_candidate([candidate(4, 0.30), candidate(5, 0.35)], SETTINGS)
    assert winner is not None
    assert winner.k == 5
    assert [verdict.code for verdict in verdicts] == ["lower_silhouette", "chosen"]


def test_of_equal_silhouettes_the_fewest_segments_win() -> None:
    assert codes(candidate(4, 0.300), candidate(5, 0.309)) == ["chosen_fewest", "more_segments"]
    assert codes(candidate(4, 0.300), candidate(5, 0.311)) == ["lower_silhouette", "chosen"]


def test_of_equal_silhouettes_the_one_that_foretells_more_wins() -> None:
    one, other = candidate(4, 0.309, foresight=0.20), candidate(5, 0.300, foresight=0.22)
    assert codes(one, other) == ["less_foresight", "chosen_foresight"]
    assert codes(one, replace(other, foresight=0.204)) == ["chosen_foresight", "more_segments"]


def test_outliers_cut_off_win_no_prize() -> None:
    assert codes(candidate(4, 0.95, smallest=0.004), candidate(5, 0.3)) == ["too_small", "chosen"]
    assert codes(candidate(2, 0.95), candidate(5, 0.3)) == ["too_large", "chosen"]


def test_groups_that_customers_cannot_be_assigned_to_lose() -> None:
    lost = replace(candidate(4, 0.9), fidelity=0.69)
    assert codes(lost, candidate(5, 0.3)) == ["unfaithful", "chosen"]


def test_an_algorithm_that_finds_another_number_of_groups_loses() -> None:
    density = replace(candidate(3, 0.9), spec=CandidateSpec("log", "dbscan", "quantile", 0.9))
    assert codes(density, candidate(5, 0.3)) == ["wrong_number", "chosen"]
    assert codes(replace(density, k=4), candidate(5, 0.3)) == ["chosen", "lower_silhouette"]


@pytest.mark.parametrize(
    ("refits", "code"), [(stability(0.79), "unstable"), (stability(worst=0.59), "dissolves")]
)
def test_a_division_that_does_not_come_back_loses(refits: dict[str, Any], code: str) -> None:
    assert codes(candidate(4, 0.5, refits), candidate(5, 0.3)) == [code, "chosen"]


def test_where_none_is_stable_the_one_that_comes_back_best_is_taken_and_says_so() -> None:
    shaky = candidate(4, 0.3, stability(0.7, 0.5))
    shakier = candidate(5, 0.4, stability(0.6, 0.4))
    assert codes(shaky, shakier) == ["chosen_unstable", "unstable"]


def test_without_resamples_the_silhouette_decides() -> None:
    bare = [
        replace(one, bootstrap_ari=None, jaccards=None)
        for one in (candidate(4, 0.3), candidate(5, 0.4))
    ]
    assert codes(*bare) == ["lower_silhouette", "chosen_untested"]


def test_where_all_are_degenerate_nothing_is_taken() -> None:
    winner, verdicts = choose_candidate([candidate(4, 0.9, smallest=0.001)], SETTINGS)
    assert winner is None
    assert [verdict.code for verdict in verdicts] == ["too_small"]


def test_more_refits_go_to_the_best_its_equals_and_those_that_few_refits_left_in_doubt() -> None:
    best, equal, far = candidate(4, 0.40), candidate(5, 0.395), candidate(6, 0.30)
    doubtful, hopeless = candidate(7, 0.45, stability(0.7)), candidate(8, 0.45, stability(0.5))
    found = list_contenders([best, equal, far, doubtful, hopeless], SETTINGS)
    assert [one.k for one in found] == [4, 5, 7]
