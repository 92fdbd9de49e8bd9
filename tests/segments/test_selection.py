"""The default run: every kind of candidate tried, the rest listed, one taken or asked for."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from clientela.config import Segments
from clientela.errors import ConfigError
from clientela.progress import Progress
from clientela.segments.fit.segmentation import fit_segments
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import adjusted_rand_index, contingency
from tests.segments.crowd import AS_OF, customers, fitted, grouped
from tests.segments.test_segmentation import shuffled, stored

DEFAULT: dict[str, Any] = {
    "spaces": Segments().spaces,
    "algorithms": Segments().algorithms,
    "bootstraps": 2,
}


def candidates(model: SegmentModel, **like: object) -> list[dict[str, Any]]:
    return [
        one
        for one in model.card.scores["candidates"]
        if all(one[name] == value for name, value in like.items())
    ]


def codes(model: SegmentModel) -> list[str]:
    return [note.code for note in model.card.notes]


@pytest.fixture(scope="module")
def everything() -> SegmentModel:
    return fitted(grouped(each=90)[0], **DEFAULT)


@pytest.mark.slow
def test_every_space_and_algorithm_is_tried_and_the_rest_is_listed(
    everything: SegmentModel,
) -> None:
    tried = [one for one in candidates(everything) if one["k"] is not None]
    untried = [one for one in candidates(everything) if one["verdict"]["code"] == "untried"]
    assert len(tried) == Segments().budget < len(tried) + len(untried)
    assert {one["space"] for one in tried} == set(Segments().spaces)
    assert {one["algorithm"] for one in tried} == set(Segments().algorithms)
    assert {one["verdict"]["values"]["budget"] for one in untried} == {Segments().budget}


@pytest.mark.slow
def test_what_is_tried_has_its_figures(everything: SegmentModel) -> None:
    for one in candidates(everything):
        if one["k"] is None or one["k"] < 2:
            continue
        assert -1 <= one["silhouette"] <= 1
        assert one["silhouette_error"] is None
        assert one["within_ss"] > 0
        assert one["davies_bouldin"] > 0
        assert 0 <= one["noise_share"] < 1
        assert sum(one["shares"]) == pytest.approx(1, abs=1e-5)
        assert one["fidelity"] <= 1
        assert one["own_silhouette"] >= one["silhouette"] - 0.5


def test_known_groups_are_recovered_with_ari_above_095_among_all_candidates(
    everything: SegmentModel,
) -> None:
    snapshot, truth = grouped(each=90)
    found = everything.assign(snapshot)[0] - 1
    assert adjusted_rand_index(contingency(truth, found)) > 0.95
    assert len(candidates(everything, chosen=True)) == 1
    assert "no_groups" not in codes(everything)


@pytest.mark.slow
def test_the_default_run_gives_the_same_bytes_in_any_order_on_any_threads(tmp_path: Path) -> None:
    snapshot, _ = grouped(each=60)
    reference = stored(fitted(snapshot, **DEFAULT), tmp_path / "one")
    with threadpool_limits(2):
        again = stored(fitted(shuffled(snapshot), **DEFAULT), tmp_path / "other")
    assert again == reference


FORCED = ["minmax/kmeans/k=3", "rank/ward/k=5", "log/dbscan/quantile=0.97", "pca/kmeans/k=2"]


@pytest.mark.parametrize("force", FORCED)
def test_any_candidate_can_be_forced_and_assigns_row_by_row(force: str, tmp_path: Path) -> None:
    snapshot, _ = grouped(each=60)
    model = fitted(snapshot, force=force, k_max=4)
    (taken,) = candidates(model, chosen=True)
    assert taken["verdict"] == {"code": "forced", "values": {"candidate": force}}
    assert codes(model)[0] == "forced"
    assert len(candidates(model, space="log", algorithm="kmeans")) == 1
    batch = model.assign(snapshot)
    for row in range(0, snapshot.num_rows, 37):
        alone = model.assign(snapshot.slice(row, 1))
        for one, many in zip(alone, batch, strict=True):
            assert one[0].tobytes() == many[row].tobytes()


def test_what_the_rule_would_have_taken_says_so_when_another_is_forced() -> None:
    model = fitted(grouped(each=60)[0], force="log/kmeans/k=7")
    verdicts = {one["k"]: one["verdict"]["code"] for one in candidates(model)}
    assert (verdicts[7], verdicts[4]) == ("forced", "set_aside")
    assert len(model.ids) == 7


def test_a_forced_division_comes_with_the_warnings_it_deserves() -> None:
    snapshot, _ = grouped(each=60)
    place, revenue = snapshot.column_names.index("revenue"), snapshot["revenue"].to_numpy().copy()
    revenue[0] *= 1e6
    days = snapshot["days_since_last"].to_numpy()
    pressed = snapshot.set_column(place, "revenue", [revenue]).append_column(
        "products", [days // 400]
    )
    found = codes(fitted(pressed, force="minmax/kmeans/k=3", k_max=4))
    assert found == ["forced", "too_large", "own_silhouette"]


def test_a_forced_division_that_finds_nothing_leaves_the_rule_to_choose() -> None:
    model = fitted(grouped(each=60)[0], force="log/dbscan/eps=0.0001", k_max=4)
    assert "not_forced" in codes(model)
    assert len(model.ids) == 4
    few = fitted(grouped(each=2)[0], force="log/kmeans/k=4")
    assert few.ids == (1,)


def test_an_unknown_candidate_is_refused() -> None:
    with pytest.raises(ConfigError, match="kmedoids"):
        fitted(grouped(each=10)[0], force="log/kmedoids/k=4")


DEGENERATE = {
    "nobody": customers([], [], [], []),
    "three": grouped(each=1)[0].slice(0, 3),
    "all alike": customers([2] * 40, [10.0] * 40, [5] * 40, [90] * 40),
    "no repeat purchase": customers([1] * 60, range(60), range(60), range(60)),
    "net-negative": customers([1] * 60, range(-60, 0), range(60), range(60)),
    "no revenue": customers([1, 2] * 30, [0.0] * 60, range(60), range(60)),
    "a month": customers([1, 2, 3] * 30, range(90), list(range(30)) * 3, list(range(30)) * 3),
    "two points": customers([1] * 50 + [9] * 50, [5.0] * 100, [3] * 100, [70] * 100),
}


@pytest.mark.slow
@pytest.mark.parametrize("snapshot", DEGENERATE.values(), ids=DEGENERATE.keys())
def test_degenerate_customers_are_divided_or_not_but_always_answered(snapshot: Any) -> None:
    model = fitted(snapshot, **DEFAULT)
    segment = model.assign(snapshot)[0]
    assert set(segment) <= set(model.ids)
    listed = {one["verdict"]["code"] for one in candidates(model)}
    assert listed
    if len(model.ids) == 1:
        assert "one_segment" in codes(model)


def test_beyond_the_sample_silhouettes_have_their_error() -> None:
    snapshot, _ = grouped(each=150)
    whole = candidates(fitted(snapshot), chosen=True)[0]
    part = candidates(fitted(snapshot, sample_rows=300), chosen=True)[0]
    assert part["silhouette_error"] > 0
    assert abs(part["silhouette"] - whole["silhouette"]) < 4 * part["silhouette_error"]


def test_progress_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Segments(spaces=("log",), algorithms=("kmeans",), bootstraps=0)
    snapshot, _ = grouped(each=20)
    fit_segments(snapshot, settings, as_of=AS_OF, data_hash="x", progress=Progress("run"))
    assert "fitted=5 of=5" in capsys.readouterr().err


def test_segments_come_in_the_order_of_everyones_revenue_whatever_the_sample() -> None:
    snapshot, _ = grouped(each=150)
    model = fitted(snapshot, sample_rows=100, force="rank/ward/k=4", k_max=4)
    segment, revenue = model.assign(snapshot)[0], snapshot["revenue"].to_numpy()
    means = [revenue[segment == one].mean() for one in model.ids]
    assert means == sorted(means, reverse=True)
    (taken,) = candidates(model, chosen=True)
    assert np.bincount(segment)[1:] / len(segment) == pytest.approx(taken["shares"], abs=1e-6)
