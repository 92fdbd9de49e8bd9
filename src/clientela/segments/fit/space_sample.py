"""Samples of customers in a space: what candidates are tried on, and what pictures show."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clientela.config import Segments
from clientela.segments.fit.spaces import COMMON, DEFAULT_FEATURES, SPACES, Space
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles, list_numeric_columns
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
    search_points : array of shape (customers, any axes)
        Where groups are sought; the same points unless the space has an embedding.
    """

    space: Space
    points: Doubles
    search_points: Doubles

    def take(self, rows: Labels) -> "SpaceSample":
        """Return the same space with customers drawn from these."""
        return SpaceSample(self.space, self.points[rows], self.search_points[rows])


def fit_space_sample(name: str, customers: pa.Table, settings: Segments) -> SpaceSample:
    """Fit a space and place the customers in it."""
    space = fit_space(name, customers, settings)
    points = space.place(customers)
    search_points = space.embed(customers, settings.seed) if space.embed else points
    return SpaceSample(space, points, search_points)


def fit_space(name: str, customers: pa.Table, settings: Segments) -> Space:
    """Fit a space; a feature of its own that the customers lack is passed over.

    Raises
    ------
    ConfigError
        A configured feature is unknown or not numeric.
    """
    fit, own_features = SPACES[name]
    columns = set(customers.column_names)
    return fit(customers, settings.features or [name for name in own_features if name in columns])


def list_space_features(space: str, settings: Segments) -> tuple[str, ...]:
    """List the features of a space: the configured ones, or else its own."""
    return settings.features or SPACES[space][1]


def list_required_features(settings: Segments) -> tuple[str, ...]:
    """List the features that a fit reads, revenue among them."""
    spaces = {COMMON, *settings.spaces, (settings.force or "").partition("/")[0]} & set(SPACES)
    names = {name for space in spaces for name in list_space_features(space, settings)}
    return tuple(sorted({"revenue", *names}))


def draw_sample(customers: pa.Table, settings: Segments) -> pa.Table:
    """Draw at most ``sample_rows`` customers by the hash of their ids."""
    if customers.num_rows <= settings.sample_rows:
        return customers
    ids = customers.column("customer_id").to_pylist()
    return customers.take(draw_positions(ids, settings.sample_rows, settings.seed))


def draw_rows(snapshot: pa.Table, rows: int, seed: int) -> Positions:
    """Draw customers by the hash of their ids; return their rows in the order of ids."""
    ids = np.asarray(snapshot["customer_id"].to_pylist(), dtype=np.str_)
    positions = draw_positions(ids.tolist(), rows, seed)
    return positions[np.argsort(ids[positions], kind="stable")]


def place_in_common_space(snapshot: pa.Table, model: SegmentModel) -> Doubles:
    """Return coordinates of customers in the common space, fitted on these very customers.

    Returns
    -------
    array of shape (customers, axes)
        Without axes where nothing tells the customers apart.
    """
    names = model.card.parameters.get("features") or DEFAULT_FEATURES
    numeric = set(list_numeric_columns(snapshot))
    names = [name for name in names if name in numeric]
    if not snapshot.num_rows:
        return np.zeros((0, len(names)))
    return SPACES[COMMON][0](snapshot, names).place(snapshot)
