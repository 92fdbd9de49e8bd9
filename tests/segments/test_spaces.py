from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clientela.config import Segments
from clientela.errors import ConfigError, MissingExtra
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.choice import LEAST_ROW_AGREEMENT
from clientela.segments.fit.clustering import cluster_sample, measure_row_agreement
from clientela.segments.fit.space_sample import fit_space, fit_space_sample, list_required_features
from clientela.segments.fit.spaces import COMMON, DEFAULT_FEATURES, LIMIT, SPACES, embeddings
from clientela.segments.fit.spaces.embeddings import LEAVES
from clientela.segments.fit.spaces.projections import fit_component_space, fit_factor_space
from clientela.segments.fit.spaces.scaling import (
    MOST_KNOTS,
    fit_log_space,
    fit_minmax_space,
    fit_rank_space,
)
from clientela.statistics.agreement import adjusted_rand_index, contingency
from clientela.statistics.arrays import Doubles
from tests.segments.crowd import grouped


def test_axes_are_standardised_and_bounded() -> None:
    snapshot, _ = grouped()
    points = fit_log_space(snapshot, DEFAULT_FEATURES).place(snapshot)
    assert points.shape == (snapshot.num_rows, len(DEFAULT_FEATURES))
    assert points.mean(axis=0) == pytest.approx(0, abs=0.1)
    assert np.abs(points).max() <= LIMIT


def test_the_unit_of_the_currency_changes_nothing() -> None:
    snapshot, _ = grouped()
    place = snapshot.column_names.index("revenue")
    cents = snapshot.set_column(place, "revenue", pa.array(snapshot["revenue"].to_numpy() * 100))
    pounds = fit_log_space(snapshot, ["revenue"]).place(snapshot)
    assert fit_log_space(cents, ["revenue"]).place(cents) == pytest.approx(pounds, abs=1e-9)


def test_net_returns_lie_below_no_revenue_and_no_revenue_below_some() -> None:
    snapshot = pa.table({"revenue": [-50.0, 0.0, 50.0, 200.0, 800.0]})
    points = fit_log_space(snapshot, ["revenue"]).place(snapshot)[:, 0]
    assert (np.diff(points) > 0).all()


def test_a_feature_without_values_is_left_out_with_a_note() -> None:
    snapshot = pa.table(
        {"orders": [1, 2, 3], "products": pa.array([None] * 3, pa.int64()), "lines": [4, 4, 4]}
    )
    space = fit_log_space(snapshot, ["products", "orders", "lines"])
    assert [transform.feature for transform in space.transforms] == ["orders"]
    assert [(note.code, note.values["feature"]) for note in space.notes] == [
        ("feature_empty", "products"),
        ("feature_constant", "lines"),
    ]


def test_unknown_and_infinite_values_stand_at_the_median() -> None:
    values = [1.0, 2.0, 4.0, None, float("inf")]
    snapshot = pa.table({"gap_days_mean": pa.array(values)})
    space = fit_log_space(snapshot, ["gap_days_mean"])
    points = space.place(snapshot)[:, 0]
    assert space.transforms[0].fill == 2.0
    assert points[3] == points[4] == points[1]


@pytest.mark.parametrize("name", ["no_such_feature", "country", "first_order_date"])
def test_a_name_that_is_no_numeric_feature_is_refused(name: str) -> None:
    snapshot = pa.table(
        {"country": ["UK"], "first_order_date": pa.array([0], pa.date32()), "orders": [1]}
    )
    with pytest.raises(ConfigError, match=name):
        fit_log_space(snapshot, ["orders", name])


def test_minmax_runs_from_nothing_to_one() -> None:
    snapshot = pa.table({"revenue": [-10.0, 0.0, 30.0, 40.0]})
    space = fit_minmax_space(snapshot, ["revenue"])
    assert space.place(snapshot)[:, 0].tolist() == [0.0, 0.2, 0.8, 1.0]
    beyond = pa.table({"revenue": [1e9, -1e9]})
    assert space.place(beyond)[:, 0].tolist() == [1.0, -1.0]


def test_ranks_are_shares_of_customers_below_and_ties_share_the_middle() -> None:
    snapshot = pa.table({"orders": [1, 1, 1, 1, 2, 5, 5, 9]})
    space = fit_rank_space(snapshot, ["orders"])
    assert space.place(snapshot)[:, 0] == pytest.approx([0.25] * 4 + [0.5625, 0.75, 0.75, 0.9375])
    between = space.place(pa.table({"orders": [0, 7, 100]}))[:, 0]
    assert between == pytest.approx([0.25, (0.75 + 0.9375) / 2, 0.9375])


def test_ranks_of_many_values_are_drawn_through_few_knots() -> None:
    values = np.random.default_rng(1).lognormal(sigma=2, size=20_000)
    snapshot = pa.table({"revenue": values})
    space = fit_rank_space(snapshot, ["revenue"])
    exact = (np.argsort(np.argsort(values)) + 0.5) / len(values)
    assert len(space.transforms[0].knots) <= MOST_KNOTS
    assert np.abs(space.place(snapshot)[:, 0] - exact).max() < 1 / MOST_KNOTS


def test_ranks_forget_how_far_apart_customers_are() -> None:
    values = np.random.default_rng(2).lognormal(size=MOST_KNOTS)
    plain, bent = (pa.table({"revenue": column}) for column in (values, values**3))
    assert fit_rank_space(bent, ["revenue"]).place(bent) == pytest.approx(
        fit_rank_space(plain, ["revenue"]).place(plain)
    )


def test_components_say_once_what_features_share() -> None:
    rng = np.random.default_rng(3)
    size, recency = rng.normal(size=(2, 2000))
    snapshot = pa.table(
        {
            "revenue": np.exp(6 + size + 0.05 * rng.normal(size=2000)),
            "gross_revenue": np.exp(6 + size + 0.05 * rng.normal(size=2000)),
            "days_since_last": np.exp(4 + recency),
        }
    )
    space = fit_component_space(snapshot, ["revenue", "gross_revenue", "days_since_last"])
    assert space.projection is not None
    assert space.projection.shape == (3, 2)
    assert space.projection.T @ space.projection == pytest.approx(np.eye(2), abs=1e-8)
    first, second = space.place(snapshot).T
    assert abs(np.corrcoef(first, size)[0, 1]) > 0.95
    assert abs(np.corrcoef(second, recency)[0, 1]) > 0.95


def test_one_feature_needs_no_components() -> None:
    snapshot = pa.table({"orders": [1, 2, 3]})
    assert fit_component_space(snapshot, ["orders"]).projection is None


@pytest.mark.parametrize("name", [name for name in SPACES if name != COMMON])
def test_every_space_leaves_out_what_tells_nobody_apart(name: str) -> None:
    snapshot = pa.table(
        {"revenue": [1.0, 2.0, 9.0], "orders": [1, 2, 3], "lines": [4, 4, 4], "units": [None] * 3}
    ).cast(
        pa.schema(
            [
                ("revenue", pa.float64()),
                ("orders", pa.int64()),
                ("lines", pa.int64()),
                ("units", pa.float64()),
            ]
        )
    )
    space = SPACES[name][0](snapshot, ["revenue", "orders", "lines", "units"])
    assert {transform.feature for transform in space.transforms} == {"revenue", "orders"}
    assert [note.code for note in space.notes] == ["feature_constant", "feature_empty"]


def test_configured_features_rule_every_space_and_default_ones_may_be_missing() -> None:
    snapshot, _ = grouped(each=20)
    own = fit_space("minmax", snapshot, Segments())
    assert [one.feature for one in own.transforms] == ["revenue", "days_since_last"]
    asked = fit_space("minmax", snapshot, Segments(features=("orders",)))
    assert [one.feature for one in asked.transforms] == ["orders"]
    with pytest.raises(ConfigError, match="products"):
        fit_space("log", snapshot, Segments(features=("products",)))


def test_what_a_fit_reads_is_known_beforehand() -> None:
    assert "returned_units" in list_required_features(Segments())
    assert "returned_units" not in list_required_features(Segments(spaces=("log",)))
    assert "returned_units" in list_required_features(
        Segments(spaces=("log",), force="minmax/kmeans/k=3")
    )
    assert list_required_features(Segments(features=("orders",))) == ("orders", "revenue")


def embed_leaves(snapshot: pa.Table) -> Doubles:
    embed = SPACES["leaves"][0](snapshot, ["revenue", "orders"]).embed
    assert embed is not None
    return embed(snapshot, 42)


class Plane:
    """Stands in for UMAP: two of the leaves as coordinates."""

    def __init__(self, random_state: int, n_jobs: int) -> None:
        assert (random_state, n_jobs) == (42, 1)

    def fit_transform(self, found: Doubles) -> Doubles:
        assert found.shape[1] == embeddings.TREES
        return found[:, :2].astype(np.float32)


@pytest.mark.parametrize("space", LEAVES)
def test_leaves_seek_groups_on_a_plane_and_assign_in_logarithms(
    monkeypatch: pytest.MonkeyPatch, space: str
) -> None:
    class Umap:
        UMAP = Plane

    monkeypatch.setattr(embeddings, "import_module", lambda name: Umap)
    snapshot, _ = grouped(each=20)
    ground = fit_space_sample(
        space, snapshot, Segments(features=("revenue", "orders", "tenure_days"))
    )
    assert ground.search_points.shape == (80, 2)
    assert ground.points.shape == (80, 3)
    assert not np.allclose(ground.search_points, ground.points[:, :2])


def test_leaves_without_umap_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(embeddings, "import_module", missing)
    snapshot, _ = grouped(each=20)
    with pytest.raises(MissingExtra, match=r"pip install 'clientela\[umap\]'"):
        embed_leaves(snapshot)


def test_a_handful_of_customers_has_no_plane() -> None:
    snapshot, _ = grouped(each=2)
    assert embed_leaves(snapshot).tolist() == [[0, 0]] * 8


def test_factors_are_a_linear_map_that_places_one_row_as_all() -> None:
    snapshot, _ = grouped(each=60)
    space = fit_factor_space(snapshot, DEFAULT_FEATURES)
    assert space.projection is not None
    assert space.projection.shape[0] == len(space.transforms) > space.projection.shape[1] > 1
    assert (space.place(snapshot[5:6]) == space.place(snapshot)[5:6]).all()


@pytest.mark.slow
def test_tsne_finds_planted_groups_and_rows_kept_out_find_them_too() -> None:
    snapshot, planted = grouped(each=30)
    sample = fit_space_sample("tsne", snapshot, Segments())
    assert sample.search_points.shape == (len(planted), 2)
    clustering = cluster_sample(sample, CandidateSpec("tsne", "kmeans", "k", 4), 42, 2)
    agreement = measure_row_agreement(sample, clustering, 42)
    assert agreement is not None
    assert agreement >= LEAST_ROW_AGREEMENT
    found = contingency(clustering.labels, np.unique(planted, return_inverse=True)[1])
    assert adjusted_rand_index(found) > 0.95
    shuffled = replace(clustering, groups=np.random.default_rng(1).permutation(clustering.groups))
    worthless = measure_row_agreement(sample, shuffled, 42)
    assert worthless is not None
    assert worthless < 0.5
    plain = fit_space_sample("log", snapshot, Segments())
    assert measure_row_agreement(plain, clustering, 42) is None
