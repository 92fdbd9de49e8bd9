import json

import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace

from clientela.segments.describe.outliers import (
    drop_outliers,
    flag_outliers,
    make_refit,
    measure_outlier_effect,
)
from clientela.segments.score.model import SegmentModel
from tests.segments.bases import BASES, model_of, of, turned
from tests.segments.crowd import SETTINGS


def effect(name: str, *, turn: bool = False) -> dict[str, object]:
    snapshot, model = BASES[name], model_of(name)
    rows = turned(snapshot) if turn else snapshot
    return measure_outlier_effect(rows, model, model.assign(rows)[0], of)


def test_the_giant_buyer_is_the_one_outlier() -> None:
    flagged = flag_outliers(BASES["giant"])
    assert np.flatnonzero(flagged).tolist() == [7]


def test_nobody_is_an_outlier_for_the_days_away() -> None:
    snapshot = BASES["giant"]
    days = pa.array([9999] + [3] * 59, pa.int64())
    away = snapshot.set_column(1, "days_since_last", days)
    assert flag_outliers(away).tolist() == flag_outliers(snapshot).tolist()
    assert not flag_outliers(away, ["days_since_last", "no such feature"]).any()


def test_what_the_giant_does_is_said() -> None:
    found = effect("giant")
    assert (found["customers"], found["customers_share"]) == (1, 1 / 60)
    assert float(str(found["revenue_share"])) > 0.99
    assert str(found["sentence_en"]).startswith("1 customer (1.7%) lies more than 2.5 ")
    assert str(found["sentence_pt_br"]).startswith("1 cliente (1,7%) está a mais de 2,5 ")
    json.dumps(found)


def test_outliers_far_from_all_borders_do_not_shape_the_segments() -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    calls = []

    def refit(rest: pa.Table) -> SegmentModel:
        calls.append(rest.num_rows)
        return model

    far = int(flag_outliers(snapshot).sum())
    found = measure_outlier_effect(snapshot, model, model.assign(snapshot)[0], refit)
    assert calls == [snapshot.num_rows - far]
    assert found["ari"] == 1.0
    assert "They do not shape the segments" in str(found["sentence_en"])


def test_segments_fitted_without_outliers_are_compared_with_a_fit_of_everybody() -> None:
    snapshot, model = BASES["grouped"], model_of("grouped")
    far = int(flag_outliers(snapshot).sum())
    assert drop_outliers(snapshot).num_rows == snapshot.num_rows - far
    calls = []

    def refit(rest: pa.Table) -> SegmentModel:
        calls.append(rest.num_rows)
        return model

    found = measure_outlier_effect(snapshot, model, model.assign(snapshot)[0], refit, dropped=True)
    assert calls == [snapshot.num_rows]
    assert "left out of the fit, as configured" in str(found["sentence_en"])


def test_another_number_of_segments_is_said() -> None:
    snapshot = BASES["grouped"]
    model, alone = model_of("grouped"), model_of("one")
    found = measure_outlier_effect(snapshot, model, model.assign(snapshot)[0], lambda rest: alone)
    assert (found["segments_without"], found["ari"]) == (1, 0.0)
    assert f"there are 1 instead of {len(model.ids)}" in str(found["sentence_en"])


def test_the_same_candidate_is_fitted_again_and_no_other() -> None:
    snapshot, model = BASES["grouped"], model_of("grouped")
    settings = replace(SETTINGS, spaces=("minmax", "log"), algorithms=("ward", "kmeans"))
    again = make_refit(model, settings)(snapshot)
    assert (again.centres == model.centres).all()
    fitted = [one for one in again.card.scores["candidates"] if one["silhouette"] is not None]
    assert len(fitted) == 1


@pytest.mark.parametrize("name", BASES)
def test_one_segment_may_be_several_without_its_outliers(name: str) -> None:
    snapshot, model = BASES[name], model_of(name)
    refit = make_refit(model, SETTINGS)
    found = measure_outlier_effect(snapshot, model, model.assign(snapshot)[0], refit)
    assert found["customers"] == 0 or found["ari"] is not None


@pytest.mark.parametrize("name", BASES)
def test_odd_bases_have_their_sentence(name: str) -> None:
    found = effect(name)
    for lang in ("en", "pt_br"):
        text = str(found[f"sentence_{lang}"])
        assert text.endswith(".")
        assert "{" not in text
    if name in ("none", "one", "alike"):
        assert found["customers"] == 0
        assert found["ari"] is None


def test_the_order_of_rows_changes_nothing() -> None:
    assert effect("grouped", turn=True) == effect("grouped")
