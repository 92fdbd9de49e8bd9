from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace
from threadpoolctl import threadpool_limits

from clientela.registry import artifacts
from clientela.segments.fit.segmentation import explain_refit
from clientela.segments.score.model import SegmentModel, from_artifact
from clientela.statistics.agreement import adjusted_rand_index, contingency
from tests.segments.crowd import SETTINGS, customers, fitted, grouped


def stored(model: SegmentModel, folder: Path) -> dict[str, bytes]:
    place = folder / "segments" / artifacts.save(folder, model.artifact())
    return {file.name: file.read_bytes() for file in place.iterdir()}


def shuffled(snapshot: pa.Table) -> pa.Table:
    return snapshot.take(np.random.default_rng(3).permutation(snapshot.num_rows))


def test_known_groups_are_recovered_with_ari_above_095() -> None:
    snapshot, truth = grouped()
    model = fitted(snapshot)
    found = model.assign(snapshot)[0] - 1
    assert len(model.ids) == 4
    assert adjusted_rand_index(contingency(truth, found)) > 0.95


def test_ids_run_from_the_highest_revenue_a_customer() -> None:
    snapshot, _ = grouped()
    model = fitted(snapshot)
    segment, revenue = model.assign(snapshot)[0], snapshot["revenue"].to_numpy()
    means = [revenue[segment == one].mean() for one in model.ids]
    assert model.ids == (1, 2, 3, 4)
    assert means == sorted(means, reverse=True)


def test_same_customers_give_same_bytes_in_any_order_on_any_threads(tmp_path: Path) -> None:
    snapshot, _ = grouped(each=200)
    reference = stored(fitted(snapshot, sample_rows=700), tmp_path / "one")
    with threadpool_limits(2):
        again = stored(fitted(shuffled(snapshot), sample_rows=700), tmp_path / "other")
    assert again == reference


def test_beyond_the_sample_everyone_is_still_counted() -> None:
    snapshot, truth = grouped()
    model = fitted(snapshot, sample_rows=200)
    found = model.assign(snapshot)[0] - 1
    chosen = next(c for c in model.card.scores["candidates"] if c["k"] == len(model.ids))
    assert model.card.scores["sampled_customers"] == 200
    assert np.bincount(found) / len(found) == pytest.approx(chosen["shares"], abs=1e-6)
    assert adjusted_rand_index(contingency(truth, found)) > 0.95


def test_every_number_of_segments_has_its_figures_and_its_verdict() -> None:
    snapshot, _ = grouped(each=60)
    evidence = fitted(snapshot).card.scores["candidates"]
    assert [candidate["k"] for candidate in evidence] == [4, 5, 6, 7, 8]
    assert [c["k"] for c in evidence if c["verdict"]["code"] == "chosen"] == [4]
    for candidate in evidence:
        assert sum(candidate["shares"]) == pytest.approx(1, abs=1e-5)
        assert candidate["stability"]["ari_low"] <= candidate["stability"]["ari"] <= 1


FEW = {
    "nobody": 0,
    "one customer": 1,
    "three customers": 3,
    "nine customers": 9,
}


@pytest.mark.parametrize("count", FEW.values(), ids=FEW.keys())
def test_few_customers_form_one_segment_with_a_note(count: int) -> None:
    snapshot = grouped(each=10)[0].slice(0, count)
    model = fitted(snapshot)
    segment, confidence = model.assign(snapshot)
    assert model.ids == (1,)
    assert segment.tolist() == [1] * count
    assert confidence.tolist() == [1.0] * count
    assert "one_segment" in [note.code for note in model.card.notes]


def test_customers_who_are_all_alike_form_one_segment() -> None:
    model = fitted(customers([2] * 50, [10.0] * 50, [5] * 50, [90] * 50))
    assert model.ids == (1,)
    assert [note.code for note in model.card.notes] == ["feature_constant"] * 4 + ["one_segment"]


def test_a_single_giant_is_no_segment() -> None:
    snapshot = grouped(each=30)[0].slice(0, 90)  # three groups
    giant = customers([900], [90_000.0], [1], [900]).set_column(0, "customer_id", [["giant"]])
    model = fitted(pa.concat_tables([snapshot, giant]))
    sizes = np.bincount(model.assign(pa.concat_tables([snapshot, giant]))[0])[1:]
    assert sizes.min() > 1


def test_too_few_for_four_segments_form_fewer() -> None:
    snapshot = customers([1] * 7 + [30] * 7, range(90, 104), [300] * 7 + range_of(7), [400] * 14)
    model = fitted(snapshot)
    verdicts = {c["k"]: c["verdict"]["code"] for c in model.card.scores["candidates"]}
    assert len(model.ids) == 2
    assert verdicts[None] == "too_few"
    assert verdicts[2] == "chosen"
    assert "fewer_segments" in [note.code for note in model.card.notes]


def range_of(days: int) -> list[int]:
    return list(range(1, days + 1))


def test_one_giant_buyer_is_no_segment_of_his_own() -> None:
    snapshot, _ = grouped(each=100)
    revenue = snapshot["revenue"].to_numpy().copy()
    revenue[0] = 1e9
    place = snapshot.column_names.index("revenue")
    model = fitted(snapshot.set_column(place, "revenue", pa.array(revenue)))
    assert len(model.ids) == 4
    assert np.bincount(model.assign(snapshot)[0])[1:].min() >= 90


def test_a_stored_model_serves_on_when_customers_are_added(tmp_path: Path) -> None:
    snapshot, _ = grouped(each=60)
    model = fitted(snapshot)
    model_id = artifacts.save(tmp_path, model.artifact())
    loaded = from_artifact(artifacts.load(tmp_path, "segments", model_id))
    later, _ = grouped(each=70, seed=9)
    assert explain_refit(loaded, later, SETTINGS) is None
    for ours, theirs in zip(loaded.assign(later), model.assign(later), strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_a_refit_has_its_reason() -> None:
    snapshot, _ = grouped(each=60)
    model = fitted(snapshot)
    without = snapshot.set_column(4, "tenure_days", pa.nulls(snapshot.num_rows, pa.int64()))
    assert snapshot.column_names[4] == "tenure_days"
    assert explain_refit(model, snapshot, SETTINGS, forced=True) == "a refit was asked for"
    assert explain_refit(model, without, SETTINGS) == "features changed: tenure_days"
    other = replace(SETTINGS, k_max=6, seed=1, rfm_preset="klaviyo6")
    assert explain_refit(model, snapshot, other) == "settings changed: k_max, seed"


def test_a_model_of_a_handful_is_fitted_again_when_customers_have_doubled() -> None:
    crowd, _ = grouped(each=60)
    few = crowd.take(list(range(0, crowd.num_rows, 30)))
    model = fitted(few)
    assert len(model.ids) == 1
    assert explain_refit(model, few, SETTINGS) is None
    assert explain_refit(model, crowd, SETTINGS) == (
        "8 customers gave 1 segments only, and there are 240 now"
    )
