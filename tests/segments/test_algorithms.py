"""All algorithms on the same planted groups: recovery, repetition, assignment."""

import numpy as np
import pytest

from clientela.segments.fit.algorithms import ALGORITHMS, NOISE
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.cluster_metrics import measure_fidelity
from clientela.segments.fit.clustering import cluster_sample, find_groups
from clientela.segments.fit.space_sample import SpaceSample
from clientela.segments.fit.spaces import Space
from clientela.statistics.agreement import adjusted_rand_index, contingency

RECIPES = {
    "kmeans": CandidateSpec("log", "kmeans", "k", 3),
    "gaussian_mixture": CandidateSpec("log", "gaussian_mixture", "k", 3),
    "ward": CandidateSpec("log", "ward", "k", 3),
    "dbscan": CandidateSpec("log", "dbscan", "eps", 0.5),
    "dbscan by quantile": CandidateSpec("log", "dbscan", "quantile", 0.98),
    "hdbscan": CandidateSpec("log", "hdbscan", "min_share", 0.1),
}
TRUTH = np.repeat([0, 1, 2], 120)
MIDDLES = np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])


def blobs() -> SpaceSample:
    points = MIDDLES[TRUTH] + 0.3 * np.random.default_rng(1).normal(size=(len(TRUTH), 2))
    return SpaceSample(Space(transforms=()), points, points)


def test_every_algorithm_is_tested() -> None:
    assert {recipe.algorithm for recipe in RECIPES.values()} == set(ALGORITHMS)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_planted_groups_are_found_and_assigned(recipe: CandidateSpec) -> None:
    division = cluster_sample(blobs(), recipe, seed=3, starts=3)
    assert division.k == 3
    assert adjusted_rand_index(contingency(TRUTH, division.labels)) > 0.99
    assert measure_fidelity(division.groups, division.labels) > 0.99


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_the_same_seed_gives_the_same_bits(recipe: CandidateSpec) -> None:
    one, other = (cluster_sample(blobs(), recipe, seed=3, starts=2) for _ in range(2))
    assert one.centres.tobytes() == other.centres.tobytes()
    assert one.labels.tobytes() == other.labels.tobytes()


@pytest.mark.parametrize("name", ["ward", "dbscan", "hdbscan", "gaussian_mixture"])
def test_what_grows_with_the_square_of_customers_looks_at_some_of_them(name: str) -> None:
    recipe, most = RECIPES[name], ALGORITHMS[name].rows
    assert most is not None
    ground = blobs().take(np.arange(most + 500) % len(TRUTH))
    labels, noise_share = find_groups(ground.points, recipe, seed=0, starts=1)
    assert (labels != NOISE).sum() <= most
    assert 0 <= noise_share < 0.1


def test_noise_is_counted_and_assigned_to_the_nearest_group() -> None:
    ground = blobs()
    stranger = np.vstack([ground.points, [[9.0, 0.0]]])
    division = cluster_sample(
        SpaceSample(ground.space, stranger, stranger), RECIPES["dbscan"], 0, 1
    )
    assert division.groups[-1] == NOISE
    assert division.labels[-1] == division.labels[130]
    assert division.noise_share > 0


@pytest.mark.slow
def test_a_group_of_bent_shape_is_covered_by_several_centres() -> None:
    turn = np.linspace(0, np.pi, 400)
    moons = np.vstack(
        [
            np.column_stack([np.cos(turn), np.sin(turn)]),
            np.column_stack([1 - np.cos(turn), 0.3 - np.sin(turn)]),
        ]
    )
    ground = SpaceSample(Space(transforms=()), moons, moons)
    division = cluster_sample(ground, CandidateSpec("log", "dbscan", "eps", 0.15), 0, 1)
    assert division.k == 2
    assert len(division.centres) == 16
    assert measure_fidelity(division.groups, division.labels) > 0.95
    alone = cluster_sample(ground, CandidateSpec("log", "kmeans", "k", 2), 0, 3)
    truth = np.repeat([0, 1], 400)
    assert adjusted_rand_index(contingency(truth, alone.labels)) < 0.5


def test_where_density_finds_nothing_there_is_no_division() -> None:
    scattered = np.random.default_rng(2).uniform(size=(60, 2)) * 1e6
    division = cluster_sample(
        SpaceSample(Space(transforms=()), scattered, scattered),
        CandidateSpec("log", "dbscan", "eps", 1.0),
        seed=0,
        starts=1,
    )
    assert (division.k, division.noise_share) == (0, 1.0)
    assert division.assign(scattered).tolist() == [0] * 60
