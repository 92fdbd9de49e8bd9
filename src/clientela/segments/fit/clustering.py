"""A division of customers: groups found among points, and the centres that assign everyone."""

from dataclasses import dataclass, replace

import numpy as np
from sklearn.cluster import KMeans

from clientela.segments.fit.algorithms import NOISE
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.space_sample import SpaceSample
from clientela.segments.score.nearest import find_nearest
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

MEMBERS_A_CENTRE = 20
"""A group has no more centres than a twentieth of its members."""

ROUNDS = 20
"""Rounds of KMeans inside a group: its centres need to cover it, not to be the best."""

DECIMALS = 9  # below what a centre means, above where processors differ


@dataclass(frozen=True, eq=False)
class Clustering:
    """Groups and the centres that stand for them.

    Parameters
    ----------
    recipe : Recipe
        How it was made.
    found : label array
        The group of every sampled customer; ``NOISE`` for noise and for those not looked at.
    noise_share : float
        Noise among those looked at.
    centres : array of shape (centres, axes)
        In the space of assignment.
    owners : label array
        The segment, from 0, of each centre.
    labels : label array
        The segment of the nearest centre, of every sampled customer.
    """

    spec: CandidateSpec
    found: Labels
    noise_share: float
    centres: Doubles
    owners: Labels
    labels: Labels

    @property
    def k(self) -> int:
        """Number of segments."""
        return int(self.owners.max()) + 1 if len(self.owners) else 0

    def assign(self, points: Doubles) -> Labels:
        """Give the segment of every point; 0 where there are no segments at all."""
        if self.k < 2:
            return np.zeros(len(points), dtype=np.int64)
        return assign_labels(points, self.centres, self.owners)

    def order_by_revenue(self, labels: Labels, revenue: Doubles) -> "Clustering":
        """Set the segments in the order of their customers' mean revenue, the highest first."""
        size = np.bincount(labels, minlength=self.k)
        total = np.bincount(labels, weights=revenue, minlength=self.k)
        mean = np.divide(total, size, out=np.full(self.k, -np.inf), where=size > 0)
        firsts = [tuple(self.centres[self.owners == one].min(axis=0)) for one in range(self.k)]
        order = sorted(range(self.k), key=lambda one: (-mean[one], firsts[one]))
        place = np.argsort(np.array(order, dtype=np.int64))
        return replace(
            self,
            found=np.where(self.found == NOISE, NOISE, place[self.found]),
            owners=place[self.owners],
            labels=place[self.labels],
        )


def cluster_sample(
    ground: SpaceSample, recipe: CandidateSpec, seed: int, starts: int
) -> Clustering:
    """Find groups and the centres that stand for them.

    A group whose centres are nearest to nobody is dropped.

    Parameters
    ----------
    ground : Ground
        The customers.
    recipe : Recipe
        What to do.
    seed, starts : int
        Of the algorithm.
    """
    found, noise_share = find_groups(ground.searched, recipe, seed, starts)
    centres, owners = _centres(ground.points, found, recipe.how.centres, seed)
    labels = np.zeros(len(found), dtype=np.int64)
    if not len(centres):
        return Clustering(recipe, found, noise_share, centres, owners, labels)
    labels = assign_labels(ground.points, centres, owners)
    kept = np.unique(labels)
    place = np.full(int(owners.max()) + 2, NOISE)  # its last stands for NOISE, which is -1
    place[kept] = np.arange(len(kept))
    held = place[owners] != NOISE
    return Clustering(
        recipe, place[found], noise_share, centres[held], place[owners[held]], place[labels]
    )


def find_groups(
    points: Doubles, recipe: CandidateSpec, seed: int, starts: int
) -> tuple[Labels, float]:
    """Find groups among points, or among as many of them as the algorithm can bear.

    Returns
    -------
    labels, noise_share
        A label a point, ``NOISE`` for noise and for those not looked at, and the share of noise
        among those looked at.
    """
    rows = _rows(len(points), recipe.how.rows, seed)
    found = recipe.how.find(points[rows], recipe.parameters, seed, starts)
    labels = np.full(len(points), NOISE, dtype=np.int64)
    labels[rows] = found
    return labels, round(float((found == NOISE).mean()), 6)


def assign_labels(points: Doubles, centres: Doubles, owners: Labels) -> Labels:
    """Give the segment of the nearest centre of every point."""
    axes = [np.ascontiguousarray(axis) for axis in points.T]
    return find_nearest(axes, centres, len(points), owners.tolist()).position


def _rows(customers: int, most: int | None, seed: int) -> Labels:
    if most is None or customers <= most:
        return np.arange(customers)
    drawn = np.random.default_rng([seed, customers]).choice(customers, most, replace=False)
    return np.sort(drawn)


def _centres(points: Doubles, found: Labels, most: int, seed: int) -> tuple[Doubles, Labels]:
    numbers = np.unique(found[found != NOISE])
    parts = [_of_group(points[found == number], most, seed) for number in numbers]
    owners = np.repeat(numbers, [len(part) for part in parts]) if parts else numbers
    centres = np.concatenate(parts) if parts else np.zeros((0, points.shape[1]))
    return centres.round(DECIMALS), owners


def _of_group(members: Doubles, most: int, seed: int) -> Doubles:
    wanted = min(most, max(1, len(members) // MEMBERS_A_CENTRE))
    distinct = len(np.unique(members, axis=0)) if wanted > 1 else 1
    if min(wanted, distinct) == 1:
        return np.asarray(members.mean(axis=0, keepdims=True), dtype=np.float64)
    model = KMeans(
        min(wanted, distinct),
        init="random",
        n_init=1,
        max_iter=ROUNDS,
        random_state=seed % 2**32,
    )
    centres: Doubles = model.fit(members).cluster_centers_.astype(np.float64)
    return centres
