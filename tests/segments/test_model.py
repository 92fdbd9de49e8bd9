"""A customer's segment and confidence depend on nothing but the customer's own row."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.errors import ArtifactError
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, FeatureType
from clientela.segments.score.model import KIND, SegmentModel, from_artifact
from clientela.segments.score.transform import Curve, Transform, compute_coordinates

NAMES = ("revenue", "orders", "returned_share")
Row = tuple[float | None, int | None, float | None]


def transform(name: str, curve: Curve, unit: float) -> Transform:
    return Transform(
        feature=name,
        dtype="double",
        curve=curve,
        unit=unit,
        fill=1.5,
        mean=0.7,
        scale=1.3,
        limit=3.0,
    )


def model(centres: list[list[float]]) -> SegmentModel:
    return SegmentModel(
        transforms=(
            transform("revenue", "log", 65.3),
            transform("orders", "log", 1.0),
            transform("returned_share", "linear", 1.0),
        ),
        centres=np.array(centres),
        ids=tuple(range(1, len(centres) + 1)),
        names=(),
        card=Card(
            kind=KIND,
            data_hash="x",
            as_of=dt.date(2011, 12, 9),
            customers=3,
            features=tuple(FeatureType(name, "double") for name in NAMES),
        ),
    )


def in_ranks_and_weights(centres: list[list[float]]) -> SegmentModel:
    """Make a model of ranks, projected on two axes, with several centres a segment."""
    first, *others = model([[0] * 3]).transforms
    ranked = replace(
        first,
        curve="rank",
        mean=0.0,
        scale=1.0,
        knots=(-5.0, 0.1, 30.0, 4e3),
        heights=(0.01, 0.3, 0.7, 0.97),
    )
    plain = model([[*centre[:2]] for centre in centres])
    owners = tuple(number // 2 for number in range(len(centres)))
    return replace(
        plain,
        transforms=(ranked, *others),
        projection=np.array([[0.6, -0.3], [0.7, 0.2], [1 / 3, 0.9]]),
        ids=tuple(range(1, owners[-1] + 2)),
        owners=owners,
    )


def table(rows: list[Row]) -> pa.Table:
    revenue, orders, returned = zip(*rows, strict=True)
    return pa.table(
        {
            "revenue": pa.array(revenue, pa.float64()),
            "orders": pa.array(orders, pa.int64()),
            "returned_share": pa.array(returned, pa.float64()),
        }
    )


rows = st.tuples(
    st.none() | st.floats(-1e12, 1e12) | st.just(float("inf")),
    st.none() | st.integers(0, 10**9),
    st.none() | st.floats(0, 5),
)
centres = st.lists(
    st.lists(st.floats(-3, 3, allow_subnormal=False), min_size=3, max_size=3),
    min_size=1,
    max_size=9,
)


@pytest.mark.slow
@pytest.mark.parametrize("make", [model, in_ranks_and_weights])
@settings(max_examples=100)
@given(drawn=st.lists(rows, min_size=1, max_size=300), places=centres)
def test_alone_in_a_batch_and_in_any_order_the_bits_are_the_same(
    make: Callable[[list[list[float]]], SegmentModel],
    drawn: list[Row],
    places: list[list[float]],
) -> None:
    fitted = make(places)
    batch = fitted.assign(table(drawn))
    order = np.random.default_rng(len(drawn)).permutation(len(drawn))
    turned = fitted.assign(table(drawn).take(order))
    for number, row in list(enumerate(drawn))[:: 1 + len(drawn) // 50]:
        alone = fitted.assign(table([row]))
        place = int(np.flatnonzero(order == number)[0])
        for one, many, mixed in zip(alone, batch, turned, strict=True):
            assert one[0].tobytes() == many[number].tobytes() == mixed[place].tobytes()


@given(st.lists(rows, min_size=1, max_size=20), centres)
def test_segments_are_known_and_confidence_is_a_share(
    drawn: list[Row], places: list[list[float]]
) -> None:
    segment, confidence = model(places).assign(table(drawn))
    assert set(segment) <= set(range(1, len(places) + 1))
    assert ((confidence >= 0) & (confidence <= 1)).all()


def test_confidence_is_one_on_a_centre_and_nothing_on_the_border() -> None:
    snapshot = table([(100.0, 3, 0.1)])
    here = [
        float(step.apply(snapshot[step.feature].to_numpy().astype(float))[0])
        for step in model([[0] * 3]).transforms
    ]
    left, right = [here[0] - 1, *here[1:]], [here[0] + 1, *here[1:]]
    assert model([here, right]).assign(snapshot)[1].tolist() == [1.0]
    assert model([left, right]).assign(snapshot)[1] == pytest.approx([0.0], abs=1e-12)


def test_of_two_equal_centres_the_first_id_wins_without_confidence() -> None:
    segment, confidence = model([[0.5] * 3, [0.5] * 3]).assign(table([(100.0, 3, 0.1)]))
    assert (segment.tolist(), confidence.tolist()) == ([1], [0.0])


def test_nobody_is_assigned_nothing() -> None:
    segment, confidence = model([[0.5] * 3]).assign(table([(1.0, 1, 0.0)]).slice(0, 0))
    assert len(segment) == len(confidence) == 0


def test_customers_without_a_feature_are_refused() -> None:
    with pytest.raises(ArtifactError, match="returned_share"):
        model([[0.5] * 3]).assign(table([(1.0, 1, 0.0)]).drop_columns(["returned_share"]))


def test_what_is_stored_comes_back_the_same() -> None:
    fitted = replace(model([[0.1, 0.2, 1 / 3], [1.0, -2.0, 0.0]]), names=("champions", "new"))
    back = from_artifact(fitted.artifact())
    assert back.transforms == fitted.transforms
    assert back.centres.tobytes() == fitted.centres.tobytes()
    assert (back.ids, back.names, back.card) == (fitted.ids, fitted.names, fitted.card)


def test_ranks_weights_and_owners_come_back_the_same() -> None:
    fitted = replace(in_ranks_and_weights([[0.1, 0.2], [1.0, -2.0], [0.0, 1.0]]), highest_id=9)
    back = from_artifact(fitted.artifact())
    assert back.transforms == fitted.transforms
    assert (back.owners, back.highest_id) == ((0, 0, 1), 9)
    assert fitted.projection is not None
    assert back.projection is not None
    assert back.projection.tobytes() == fitted.projection.tobytes()


def test_a_model_stored_before_there_were_owners_is_still_read() -> None:
    kind, payload, arrays, card = model([[0.1, 0.2, 0.3], [1.0, 2.0, 3.0]]).artifact()
    old = {name: payload[name] for name in ("transforms", "ids", "names")}
    back = from_artifact(Artifact(kind, old, arrays, card))
    assert (back.ids, back.owners, back.projection, back.highest_id) == ((1, 2), (), None, 2)


def test_confidence_is_measured_against_another_segment() -> None:
    two = in_ranks_and_weights([[0.0, 0.0], [0.1, 0.0], [5.0, 0.0], [5.1, 0.0]])
    snapshot = table([(100.0, 3, 0.1)])
    x, y = compute_coordinates(two.transforms, two.projection, snapshot)
    here = np.array([x[0], y[0]])
    moved = replace(two, centres=here + np.array([[0, 0], [0.1, 0.1], [3, 4], [6, 8]]))
    assert moved.assign(snapshot)[1].tolist() == [1.0]
    close = replace(two, centres=here + np.array([[0, 1], [0.9, 0.9], [0, 4], [9, 9]]))
    assert close.assign(snapshot)[1].tolist() == pytest.approx([0.75])


def test_parts_that_do_not_fit_together_are_refused() -> None:
    kind, payload, arrays, card = model([[0.1, 0.2, 0.3]]).artifact()
    for broken in (
        Artifact(kind, payload | {"ids": [1, 2]}, arrays, card),
        Artifact(kind, payload, {}, card),
        Artifact(kind, payload | {"owners": [1]}, arrays, card),
        Artifact(kind, payload, arrays | {"projection": np.eye(2)}, card),
        Artifact(kind, payload, arrays | {"projection": np.ones(3)}, card),
        Artifact(kind, payload | {"transforms": [{"feature": "orders"}]}, arrays, card),
    ):
        with pytest.raises(ArtifactError):
            from_artifact(broken)
