"""The customer map: a sample of customers in two dimensions, for a picture."""

from typing import Literal

import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from clientela.segments.fit.space_sample import draw_rows, place_in_common_space
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

Projection = Literal["pca", "tsne"]

ROWS = 800
"""Customers drawn: as many dots as a picture shows apart; chosen for their time."""

NEIGHBOURS = 20.0
"""Perplexity of t-SNE; its authors find 5 to 50 alike."""

STEPS = 350
"""Steps of t-SNE; chosen for their time."""

COARSENESS = 0.8
"""Of far points in the gradient; the picture is the same as at 0.5."""

LEAST_CUSTOMERS = 20
"""Customers that t-SNE needs; fewer are laid out by their principal components."""

SCHEMA = pa.schema([("x", pa.float64()), ("y", pa.float64()), ("segment", pa.int64())])


def draw_customer_map(
    snapshot: pa.Table,
    model: SegmentModel,
    segment: Labels,
    how: Projection,
    rows: int = ROWS,
    seed: int = 42,
) -> pa.Table:
    """Lay a sample of customers out in a plane, those alike close together; no ids.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer, with the features of the common space.
    model : SegmentModel
        The segmentation.
    segment : array of int
        The segment of each row.
    how : {"pca", "tsne"}
        ``pca`` keeps distances as far as two axes can; ``tsne`` keeps neighbours together, and the
        distance between two groups means nothing.
    rows : int
        Most customers drawn.
    seed : int
        Of the draw and of t-SNE.

    Returns
    -------
    pa.Table
        Of :data:`SCHEMA`, ordered by ``x`` and ``y``. No rows where nothing tells customers apart.

    References
    ----------
    van der Maaten, Hinton (2008), Visualizing Data using t-SNE, JMLR 9, 2579-2605.
    """
    positions = draw_rows(snapshot, rows, seed)
    points = place_in_common_space(snapshot, model)[positions]
    if not points.size:
        return SCHEMA.empty_table()
    with threadpool_limits(1):
        plane = project_principal(points)
        if how == "tsne" and len(points) >= LEAST_CUSTOMERS:
            plane = _embed_neighbours(points, plane, seed)
    x, y = np.round(plane, 4).T
    segment = segment[positions]
    order = np.lexsort((segment, y, x))
    return pa.table([x[order], y[order], segment[order]], schema=SCHEMA)


def project_principal(points: Doubles) -> Doubles:
    """Return the first two principal components; the largest weight of each is positive.

    Examples
    --------
    >>> project_principal(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]]))[:, 0]
    array([-1.41,  0. ,  1.41])
    """
    apart = points - points.mean(axis=0)
    _, vectors = np.linalg.eigh(apart.T @ apart)
    axes = vectors[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    plane = np.zeros((len(points), 2))
    plane[:, : axes.shape[1]] = apart @ axes
    return plane


def _embed_neighbours(points: Doubles, start: Doubles, seed: int) -> Doubles:
    from sklearn.manifold import TSNE  # slow to import, and a picture is rarely drawn

    wide = float(start[:, 0].std()) or 1.0
    tsne = TSNE(
        perplexity=min(NEIGHBOURS, (len(points) - 1) / 3),
        max_iter=STEPS,
        angle=COARSENESS,
        init=(start / wide * 1e-4).astype(np.float32),
        random_state=seed,
        n_jobs=1,
    )
    return np.asarray(tsne.fit_transform(points), dtype=np.float64)
