import json

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from clientela.segments.describe.facts import QUANTILES, SCHEMA, tabulate_facts
from clientela.segments.describe.outliers import flag_outliers
from clientela.segments.describe.segment_rules import grow_readable_leaves, write_segment_rules
from clientela.segments.fit.space_sample import place_in_common_space
from tests.segments.bases import BASES, model_of, turned

SNAPSHOT = BASES["grouped"]


def facts(name: str, *, order: bool = True) -> list[dict[str, object]]:
    snapshot = BASES[name] if order else turned(BASES[name])
    model = model_of(name)
    segment, _ = model.assign(snapshot)
    _, rules = write_segment_rules(
        snapshot, model, segment, "GBP", grow_readable_leaves(snapshot, model, segment)
    )
    table = tabulate_facts(snapshot, model, segment, rules)
    assert table.schema == SCHEMA
    assert table["segment"].to_pylist() == list(model.ids)
    return list(table.to_pylist())


def test_silhouettes_are_scikit_learns() -> None:
    model = model_of("grouped")
    segment = model.assign(SNAPSHOT)[0]
    expected = silhouette_samples(place_in_common_space(SNAPSHOT, model), segment)
    for row in facts("grouped"):
        members = np.sort(expected[segment == row["segment"]])
        listed = json.loads(str(row["silhouettes"]))
        assert row["silhouette"] == pytest.approx(members.mean(), abs=1e-6)
        assert len(listed) == QUANTILES
        assert listed == sorted(listed)
        assert (listed[0], listed[-1]) == pytest.approx((members[0], members[-1]), abs=1e-4)


def test_outliers_and_jaccards_belong_to_their_segments() -> None:
    model = model_of("grouped")
    far = model.assign(SNAPSHOT)[0][flag_outliers(SNAPSHOT)]
    found = facts("grouped")
    assert [row["outliers"] for row in found] == [int((far == one).sum()) for one in model.ids]
    assert [row["jaccard"] for row in found] == model.card.scores["jaccards"]


def test_the_order_of_rows_changes_nothing() -> None:
    assert facts("grouped", order=False) == facts("grouped")


@pytest.mark.parametrize("name", BASES)
def test_odd_bases_have_facts(name: str) -> None:
    found = facts(name)
    if len(found) == 1:
        (alone,) = found
        assert (alone["silhouette"], alone["silhouettes"]) == (None, None)
        assert alone["rule_en"] in ("Every customer.", "No customers at present.")
