"""A space in which customers are compared: fitted once, stored as transforms and weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from clientela.registry.card import Note
from clientela.segments.score.axes import coordinates
from clientela.segments.score.transform import Transform
from clientela.statistics.arrays import Doubles

Embed = Callable[[pa.Table, int], Doubles]
"""A snapshot and a seed, to points of shape (customers, axes)."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Space:
    """Fitted axes, and remarks on features that were left out.

    Parameters
    ----------
    transforms : tuple of Transform
        A feature each.
    notes : tuple of Note
        What was left out and why.
    projection : array of shape (features, axes) or None
        Weights of the features in each axis; None where each feature is an axis.
    embed : callable or None
        Where groups are sought, if elsewhere than where customers are assigned: such an embedding
        holds the customers it was made of and no others.
    """

    transforms: tuple[Transform, ...]
    notes: tuple[Note, ...] = ()
    projection: Doubles | None = None
    embed: Embed | None = None

    def points(self, snapshot: pa.Table) -> Doubles:
        """Give the coordinates of customers, one row each."""
        axes = coordinates(self.transforms, self.projection, snapshot)
        return np.column_stack(axes) if axes else np.zeros((snapshot.num_rows, 0))

    def searched(self, snapshot: pa.Table, seed: int) -> Doubles:
        """Give the points among which groups are sought, one row a customer."""
        return self.embed(snapshot, seed) if self.embed else self.points(snapshot)


class SpaceKind(NamedTuple):
    """How a space is fitted on named features of a snapshot, and which it takes by itself."""

    fit: Callable[[pa.Table, Sequence[str]], Space]
    features: tuple[str, ...]
