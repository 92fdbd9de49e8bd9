import numpy as np
import pyarrow as pa
import pytest
from sklearn.decomposition import PCA

from clientela.segments.describe.customer_map import (
    ROWS,
    SCHEMA,
    Projection,
    draw_customer_map,
    project_principal,
)
from clientela.segments.fit.space_sample import draw_rows, place_in_common_space
from clientela.segments.score.model import SegmentModel
from tests.segments.crowd import fitted, grouped


@pytest.fixture(scope="module")
def crowd() -> tuple[pa.Table, SegmentModel]:
    snapshot, _ = grouped(each=60)
    return snapshot, fitted(snapshot)


def drawing(snapshot: pa.Table, model: SegmentModel, how: Projection, rows: int = ROWS) -> pa.Table:
    return draw_customer_map(snapshot, model, model.assign(snapshot)[0], how, rows)


def test_the_principal_components_are_scikit_learns() -> None:
    points = np.random.default_rng(8).normal(size=(100, 4)) * [4, 3, 2, 1]
    expected = PCA(2).fit_transform(points)
    assert np.abs(project_principal(points)) == pytest.approx(np.abs(expected))


@pytest.mark.parametrize("how", ["pca", "tsne"])
def test_those_alike_lie_together(crowd: tuple[pa.Table, SegmentModel], how: Projection) -> None:
    snapshot, model = crowd
    table = drawing(snapshot, model, how)
    assert table.schema == SCHEMA
    plane = np.column_stack([table["x"], table["y"]])
    labels = table["segment"].to_numpy()
    apart = ((plane[:, None] - plane) ** 2).sum(axis=2) + np.diag(np.full(len(plane), np.inf))
    assert (labels[apart.argmin(axis=1)] == labels).mean() > 0.95


@pytest.mark.parametrize("how", ["pca", "tsne"])
def test_the_order_of_rows_changes_no_bit(
    crowd: tuple[pa.Table, SegmentModel], how: Projection
) -> None:
    snapshot, model = crowd
    turned = snapshot.take(np.random.default_rng(9).permutation(len(snapshot)))
    assert drawing(turned, model, how, 100).equals(drawing(snapshot, model, how, 100))


def test_only_so_many_are_drawn_and_nobody_is_named(crowd: tuple[pa.Table, SegmentModel]) -> None:
    table = drawing(*crowd, "pca", 50)
    assert (len(table), table.column_names) == (50, ["x", "y", "segment"])
    assert table["x"].to_pylist() == sorted(table["x"].to_pylist())


def test_the_drawn_stand_in_the_order_of_their_ids(crowd: tuple[pa.Table, SegmentModel]) -> None:
    turned = crowd[0].take(np.random.default_rng(9).permutation(len(crowd[0])))
    ids = turned["customer_id"].take(pa.array(draw_rows(turned, 30, 1))).to_pylist()
    assert len(ids) == 30
    assert ids == sorted(ids)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_few_customers_are_drawn_as_they_are(count: int) -> None:
    snapshot = grouped(each=10)[0].slice(0, count)
    table = drawing(snapshot, fitted(snapshot), "tsne")
    assert len(table) in (0, count)


def test_where_all_are_alike_there_is_nothing_to_draw() -> None:
    snapshot = grouped(each=10)[0].take([0] * 30)
    snapshot = snapshot.set_column(0, "customer_id", pa.array([f"c{n}" for n in range(30)]))
    model = fitted(snapshot)
    assert place_in_common_space(snapshot, model).shape == (30, 0)
    assert drawing(snapshot, model, "tsne").num_rows == 0
