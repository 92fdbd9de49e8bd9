import pytest

from clientela.config import Segments
from clientela.models.choice import Candidate, choose
from clientela.models.stability import Stability

SETTINGS = Segments()
FIRM = Stability(0.95, 0.9, 0.9)


def candidate(
    k: int, silhouette: float, stability: Stability | None = FIRM, smallest: float = 0.1
) -> Candidate:
    rest = (1 - smallest) / (k - 1)
    return Candidate(
        space="log",
        algorithm="kmeans",
        k=k,
        silhouette=silhouette,
        stability=stability,
        shares=(smallest,) + (rest,) * (k - 1),
        revenue_shares=(1 / k,) * k,
    )


def codes(*candidates: Candidate) -> list[str]:
    return [verdict.code for verdict in choose(candidates, SETTINGS)[1]]


def test_the_highest_silhouette_wins() -> None:
    winner, verdicts = choose([candidate(4, 0.30), candidate(5, 0.35)], SETTINGS)
    assert winner is not None
    assert winner.k == 5
    assert [verdict.code for verdict in verdicts] == ["lower_silhouette", "chosen"]


def test_of_equal_silhouettes_the_fewest_segments_win() -> None:
    assert codes(candidate(4, 0.3001), candidate(5, 0.3004)) == ["chosen", "lower_silhouette"]


def test_outliers_cut_off_win_no_prize() -> None:
    assert codes(candidate(4, 0.95, smallest=0.004), candidate(5, 0.3)) == ["too_small", "chosen"]
    assert codes(candidate(2, 0.95), candidate(5, 0.3)) == ["too_large", "chosen"]


@pytest.mark.parametrize(
    ("stability", "code"),
    [(Stability(0.79, 0.5, 0.9), "unstable"), (Stability(0.9, 0.8, 0.59), "dissolves")],
)
def test_a_division_that_does_not_come_back_loses(stability: Stability, code: str) -> None:
    assert codes(candidate(4, 0.5, stability), candidate(5, 0.3)) == [code, "chosen"]


def test_where_none_is_stable_the_one_that_comes_back_best_is_taken_and_says_so() -> None:
    shaky, shakier = Stability(0.7, 0.6, 0.5), Stability(0.6, 0.5, 0.4)
    assert codes(candidate(4, 0.3, shaky), candidate(5, 0.4, shakier)) == [
        "chosen_unstable",
        "unstable",
    ]


def test_without_resamples_the_silhouette_decides() -> None:
    assert codes(candidate(4, 0.3, None), candidate(5, 0.4, None)) == ["lower_silhouette", "chosen"]


def test_where_all_are_degenerate_nothing_is_taken() -> None:
    winner, verdicts = choose([candidate(4, 0.9, smallest=0.001)], SETTINGS)
    assert winner is None
    assert [verdict.code for verdict in verdicts] == ["too_small"]
