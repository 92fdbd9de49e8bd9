from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from clientela.registry import artifacts
from clientela.segments.describe.profile import (
    FeatureStat,
    SegmentProfile,
    describe_segment,
    profile_segments,
)
from clientela.segments.describe.segment_names import name_segments
from clientela.segments.score.model import from_artifact
from tests.segments.crowd import customers, fitted, grouped


def shuffled(snapshot: pa.Table) -> pa.Table:
    return snapshot.take(np.random.default_rng(3).permutation(snapshot.num_rows))


@pytest.fixture(scope="module")
def snapshot() -> pa.Table:
    table, _ = grouped(each=60)
    products = [None if number % 3 else number for number in range(table.num_rows)]
    return table.append_column("products", pa.array(products, pa.int64()))


def test_profiles_are_what_pandas_finds(snapshot: pa.Table) -> None:
    model = name_segments(fitted(snapshot), snapshot)
    segment, _ = model.assign(snapshot)
    frame = snapshot.to_pandas().assign(segment=segment).drop(columns="customer_id")
    base = frame.mean()
    for profile in profile_segments(model, snapshot, segment, "GBP"):
        members = frame[frame.segment == profile.id]
        assert profile.customers == len(members)
        assert profile.customers_share == len(members) / len(frame)
        assert profile.revenue == pytest.approx(members.revenue.sum(), abs=1e-4)
        for name in ("orders", "revenue", "days_since_last", "products"):
            stat = profile.features[name]
            assert stat.median == pytest.approx(members[name].median())
            assert stat.mean == pytest.approx(members[name].mean())
            assert stat.index == pytest.approx(100 * members[name].mean() / base[name])
            known = frame[name].dropna()
            below, equal = (known < stat.median).sum(), (known == stat.median).sum()
            assert stat.rank == pytest.approx((below + equal / 2) / len(known))


def test_shares_add_up(snapshot: pa.Table) -> None:
    model = name_segments(fitted(snapshot), snapshot)
    found = profile_segments(model, snapshot, model.assign(snapshot)[0], "GBP")
    assert sum(profile.customers_share or 0 for profile in found) == pytest.approx(1)
    assert sum(profile.revenue_share or 0 for profile in found) == pytest.approx(1)


def test_the_order_of_rows_changes_nothing(snapshot: pa.Table) -> None:
    turned = shuffled(snapshot)
    model, again = name_segments(fitted(snapshot), snapshot), name_segments(fitted(turned), turned)
    assert again.names == model.names
    first = profile_segments(model, snapshot, model.assign(snapshot)[0], "GBP")
    assert profile_segments(again, turned, again.assign(turned)[0], "GBP") == first


def test_segments_are_named_and_described_in_both_languages() -> None:
    snapshot, _ = grouped()
    model = name_segments(fitted(snapshot), snapshot)
    found = profile_segments(model, snapshot, model.assign(snapshot)[0], "BRL")
    assert [dict(profile.names) for profile in found] == [
        {"en": "Champions", "pt_BR": "Campeões"},
        {"en": "Regulars cooling off", "pt_BR": "Regulares esfriando"},
        {"en": "Lapsed regulars", "pt_BR": "Regulares inativos"},
        {"en": "New buyers", "pt_BR": "Novos compradores"},
    ]
    best, new = found[0].descriptions, found[3].descriptions
    assert best["en"].startswith("150 customers (25.0% of all) with ")
    assert "The typical customer: 1 order, the last 12 days ago, R$" in new["en"]
    assert "O cliente típico: 1 pedido, o último há 12 dias, R$\xa0" in new["pt_BR"]
    assert new["pt_BR"].endswith(".")


def test_names_stay_with_the_stored_model(tmp_path: Path) -> None:
    snapshot, _ = grouped(each=60)
    model = name_segments(fitted(snapshot), snapshot)
    later = snapshot.filter(snapshot["orders"].to_numpy() > 3)
    model_id = artifacts.save(tmp_path, model.artifact())
    loaded = from_artifact(artifacts.load(tmp_path, "segments", model_id))
    found = profile_segments(loaded, later, loaded.assign(later)[0], None)
    assert found[0].names["en"] == "Champions"
    assert found[3].customers == 0
    assert found[3].descriptions["en"] == "No customers at present."
    assert found[3].features["orders"].median is None


def test_a_segment_found_again_keeps_its_name_and_new_ones_get_others() -> None:
    snapshot, _ = grouped(each=60)
    fresh = fitted(snapshot)
    kept = replace(fresh, names=("loyal", "", "champions", "everyone"))
    assert name_segments(fresh, snapshot).names == (
        "champions",
        "cooling_regulars",
        "lapsed_regulars",
        "new",
    )
    assert name_segments(kept, snapshot).names == ("loyal", "cooling_regulars", "champions", "new")
    held = replace(fresh, ids=(9, 2, 3, 7), names=("arrivals", "loyal", "occasional", "once"))
    refitted = replace(fresh, ids=(10, 2, 7, 11))
    assert name_segments(refitted, snapshot, held).names == ("champions", "loyal", "once", "new")


def test_where_giants_lift_the_means_medians_tell_what_sets_a_segment_apart() -> None:
    features = {
        "revenue": FeatureStat(median=5.0, mean=6.0, index=75.0, rank=0.66),
        "orders": FeatureStat(median=4.0, mean=4.0, index=94.0, rank=0.7),
        "days_since_last": FeatureStat(median=36.0, mean=40.0, index=56.0, rank=0.42),
    }
    profile = SegmentProfile(
        id=1,
        customers=9,
        customers_share=0.3,
        revenue=9.0,
        revenue_share=0.2,
        features=features,
        names={},
        descriptions={},
    )
    text = describe_segment(profile, "GBP", "en")
    assert text.endswith("What sets them apart: more orders than 70.0% of all customers.")
    text = describe_segment(profile, "GBP", "pt_BR")
    assert text.endswith("O que os distingue: mais pedidos que 70,0% de todos os clientes.")
    middle = {name: replace(stat, rank=0.55) for name, stat in features.items()}
    assert "close to the middle" in describe_segment(replace(profile, features=middle), "GBP", "en")


def test_shares_of_sums_add_up_and_only_sums_have_them(snapshot: pa.Table) -> None:
    model = name_segments(fitted(snapshot), snapshot)
    found = profile_segments(model, snapshot, model.assign(snapshot)[0], "GBP")
    for name in ("orders", "revenue"):
        assert sum(each.features[name].share or 0 for each in found) == pytest.approx(1)
    assert {each.features["days_since_last"].share for each in found} == {None}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_few_customers_are_one_segment_of_all(count: int) -> None:
    snapshot = grouped(each=10)[0].slice(0, count)
    model = name_segments(fitted(snapshot), snapshot)
    (everyone,) = profile_segments(model, snapshot, model.assign(snapshot)[0], "GBP")
    assert everyone.names["en"] == "All customers"
    assert everyone.customers == count
    assert all(everyone.descriptions.values())


def test_without_revenue_there_is_no_share_of_it() -> None:
    snapshot = customers([1, 2], [0.0, 0.0], [3, 4], [3, 9])
    model = name_segments(fitted(snapshot), snapshot)
    (everyone,) = profile_segments(model, snapshot, model.assign(snapshot)[0], "GBP")
    assert everyone.revenue_share is None
    assert everyone.features["revenue"].index is None
    assert everyone.descriptions["en"].startswith("2 customers (100.0% of all).")
