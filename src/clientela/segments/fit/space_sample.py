"""What candidates are tried on: sampled customers, placed in a space when it is first asked for."""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from clientela.config import Segments
from clientela.segments.fit.spaces import COMMON, DEFAULT_FEATURES, SPACES, Space
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles, is_numeric
from clientela.statistics.sampling import Positions
from clientela.statistics.sampling import draw_sample as draw_positions


@dataclass(frozen=True, eq=False)
class SpaceSample:
    """A fitted space and the sampled customers in it.

    Parameters
    ----------
    space : Space
        What coordinates mean.
    points : array of shape (customers, axes)
        Where customers are assigned.
    searched : array of shape (customers, any axes)
        Where groups are sought; the same points unless the space has an embedding.
    """

    space: Space
    points: Doubles
    searched: Doubles

    def of(self, rows: Labels) -> "SpaceSample":
        """Give the same space with customers drawn from these."""
        return replace(self, points=self.points[rows], searched=self.searched[rows])


def list_space_features(space: str, settings: Segments) -> tuple[str, ...]:
    """Name the features of a space: the configured ones, or else its own."""
    return settings.features or SPACES[space].features


def fit_space(name: str, customers: pa.Table, settings: Segments) -> Space:
    """Fit a space; a feature of its own that the customers lack is passed over.

    Raises
    ------
    ConfigError
        A configured feature is unknown or not numeric.
    """
    names = settings.features or tuple(
        one for one in SPACES[name].features if one in customers.column_names
    )
    return SPACES[name].fit(customers, names)


def fit_space_sample(name: str, customers: pa.Table, settings: Segments) -> SpaceSample:
    """Fit a space and place the customers in it."""
    space = fit_space(name, customers, settings)
    points = space.points(customers)
    searched = space.searched(customers, settings.seed) if space.embed else points
    return SpaceSample(space, points, searched)


def draw_sample(customers: pa.Table, settings: Segments) -> pa.Table:
    """Give at most ``sample_rows`` customers, drawn by the hash of their ids."""
    if customers.num_rows <= settings.sample_rows:
        return customers
    ids = customers.column("customer_id").to_pylist()
    return customers.take(draw_positions(ids, settings.sample_rows, settings.seed))


def list_required_features(settings: Segments) -> tuple[str, ...]:
    """Name the features that a fit reads, revenue among them."""
    names = {"revenue", *list_space_features(COMMON, settings)}
    spaces = {*settings.spaces, *([settings.force.partition("/")[0]] if settings.force else [])}
    for space in spaces & set(SPACES):
        names |= set(list_space_features(space, settings))
    return tuple(sorted(names))


def place_in_common_space(snapshot: pa.Table, model: SegmentModel) -> Doubles:
    """Give the coordinates of customers in the common space, fitted on these very customers.

    Returns
    -------
    array of shape (customers, axes)
        Without axes where nothing tells the customers apart.
    """
    names = model.card.parameters.get("features") or DEFAULT_FEATURES
    numeric = {field.name for field in snapshot.schema if is_numeric(field.type)}
    known = [name for name in names if name in numeric]
    if not snapshot.num_rows:
        return np.zeros((0, len(known)))
    return SPACES[COMMON].fit(snapshot, known).points(snapshot)


def draw_rows(snapshot: pa.Table, rows: int, seed: int) -> Positions:
    """Draw customers by the hash of their ids; give their rows in the order of ids."""
    ids = np.asarray(snapshot["customer_id"].to_pylist(), dtype=np.str_)
    taken = draw_positions(ids.tolist(), rows, seed)
    return taken[np.argsort(ids[taken], kind="stable")]
