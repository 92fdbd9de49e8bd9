"""What candidates are tried on: sampled customers, placed in a space when it is first asked for."""

import pyarrow as pa

from clientela.config import Segments
from clientela.segments.fit.clustering import Ground
from clientela.segments.fit.spaces import COMMON, SPACES, Space
from clientela.statistics.sampling import draw_sample


def names_of(space: str, settings: Segments) -> tuple[str, ...]:
    """Name the features of a space: the configured ones, or else its own."""
    return settings.features or SPACES[space].features


def space_of(name: str, customers: pa.Table, settings: Segments) -> Space:
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


def ground_of(name: str, customers: pa.Table, settings: Segments) -> Ground:
    """Fit a space and place the customers in it."""
    space = space_of(name, customers, settings)
    points = space.points(customers)
    searched = space.searched(customers, settings.seed) if space.embed else points
    return Ground(space, points, searched)


def sampled(customers: pa.Table, settings: Segments) -> pa.Table:
    """Give at most ``sample_rows`` customers, drawn by the hash of their ids."""
    if customers.num_rows <= settings.sample_rows:
        return customers
    ids = customers.column("customer_id").to_pylist()
    return customers.take(draw_sample(ids, settings.sample_rows, settings.seed))


def wanted(settings: Segments) -> tuple[str, ...]:
    """Name the features that a fit reads, revenue among them."""
    names = {"revenue", *names_of(COMMON, settings)}
    spaces = {*settings.spaces, *([settings.force.partition("/")[0]] if settings.force else [])}
    for space in spaces & set(SPACES):
        names |= set(names_of(space, settings))
    return tuple(sorted(names))
