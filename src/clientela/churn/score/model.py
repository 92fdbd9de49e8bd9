"""The churn model as it is applied: probability, band and reasons, row by row."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.churn.score.additive import Additive, load_additive
from clientela.churn.score.boosted import BoostedTrees, load_trees
from clientela.churn.score.btyd_churn import BtydChurn, load_btyd_churn
from clientela.churn.score.encoding import OTHER, Encoding
from clientela.churn.score.reasons import (
    LEAST_EFFECT,
    REASON,
    FeatureEffect,
    find_usual_gaps,
    rank_themes,
    round_values,
    top_contributions,
)
from clientela.contract.results import CHURN_BANDS
from clientela.errors import ArtifactError
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, FeatureType
from clientela.statistics.arrays import Doubles

KIND = "churn"
SILENCE = "days_since_last"
SCORES = pa.schema(
    [
        ("customer_id", pa.string()),
        ("churn_probability", pa.float64()),
        ("churn_band", pa.string()),
        ("churn_reasons", pa.list_(REASON)),
    ]
)
Core = Additive | BoostedTrees | BtydChurn
BATCH_ROWS = 50_000
"""Customers scored together: 300,000 took 532 MB at once and 89 MB so, and those grow with their
number. A row scores alone as it does in a batch."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ChurnModel:
    """A fitted churn model of exact additive contributions.

    The log-odds are ``slope`` times those of the core, plus ``shift``: the calibration.

    Parameters
    ----------
    card : Card
        Where the model comes from and how well it does.
    encoding : Encoding
        What it reads.
    core : Additive, Boosted or Rhythm
        The log-odds of customers, before calibration.
    slope, shift : float
        Calibration: how far the core's differences go, and the level of the day it serves.
    average : float
        Log-odds of the share of leavers foreseen: high is a customer of twice those odds, low one
        of half of them.
    gone_after_days : int or None
        Customers silent for longer are not asked about any more.
    gone_share : float
        The share of them that did not come back.
    """

    card: Card
    encoding: Encoding
    core: Core
    slope: float = 1.0
    shift: float = 0.0
    average: float = 0.0
    gone_after_days: int | None = None
    gone_share: float = 1.0

    @property
    def features(self) -> tuple[FeatureType, ...]:
        """What the model reads, with Arrow types."""
        return self.encoding.features

    def score(self, customers: pa.Table) -> pa.Table:
        """Return probability, band and the three strongest reasons (:data:`SCORES`).

        Rows keep the order they come in. An effect is in log-odds against the average customer.

        Raises
        ------
        ArtifactError
            The customers lack a feature that the model reads, or it has another type.
        """
        parts = range(0, max(len(customers), 1), BATCH_ROWS)
        return pa.concat_tables(
            [self._score_batch(customers.slice(start, BATCH_ROWS)) for start in parts]
        ).combine_chunks()

    def _score_batch(self, customers: pa.Table) -> pa.Table:
        matrix = self.encoding.matrix(customers)
        probability, band, effects = self.predict(matrix)
        columns = [
            customers.column("customer_id").combine_chunks().cast(pa.string()),
            pa.array(probability),
            pa.DictionaryArray.from_arrays(band, list(CHURN_BANDS)).cast(pa.string()),
            top_contributions(self.encoding, customers, matrix, effects),
        ]
        return pa.table(columns, schema=SCORES)

    def predict(self, matrix: Doubles) -> tuple[Doubles, npt.NDArray[np.int8], Doubles]:
        """Return what the model says of customers, as the encoding gives them.

        Returns
        -------
        array of shape (customers,), array of shape (customers,), array of (customers, features)
            Probabilities of leaving; bands, as positions in :data:`CHURN_BANDS`; and effects, in
            log-odds against the average customer.
        """
        gone = self._gone(matrix)
        if gone.any():
            effects, logits = self._among(matrix, gone)
        else:
            effects = self._effects(matrix)
            logits = self._level + effects.sum(axis=1)
        bands = _assign_bands(logits, self.average)
        bands[gone] = CHURN_BANDS.index("gone")
        return 1.0 / (1.0 + np.exp(-logits)), bands, effects

    def contributions(self, customers: pa.Table) -> Doubles:
        """Return each feature's log-odds against the average, shape (customers, features)."""
        return self._effects(self.encoding.matrix(customers))

    def unknown(self, customers: pa.Table) -> dict[str, int]:
        """Count the unknown and infinite numbers of each feature that has any."""
        matrix = self.encoding.matrix(customers)
        counts = np.isnan(matrix).sum(axis=0)
        pairs = zip(self.features, counts, strict=True)
        return {feature.name: int(count) for feature, count in pairs if count}

    def strip_unused_features(self) -> "ChurnModel":
        """Return the same model without the features that can change none of its answers.

        Who asks for a prediction need not send them, nor the server compute them. Where nothing
        counts, one feature is kept.
        """
        columns = self.core.reads()
        if self.gone_after_days is not None:
            columns = np.union1d(columns, [self._silence])
        columns = columns if len(columns) else np.zeros(1, dtype=np.intp)
        encoding = self.encoding.only(columns)
        card = msgspec.structs.replace(self.card, features=encoding.features)
        return replace(self, card=card, encoding=encoding, core=self.core.only(columns))

    def artifact(self) -> Artifact:
        """Return the model as JSON and arrays, ready to be stored."""
        core, arrays = self.core.parts()
        payload = core | {
            "numbers": [[feature.name, feature.dtype] for feature in self.encoding.numbers],
            "texts": [[feature.name, feature.dtype] for feature in self.encoding.texts],
            "categories": [list(categories) for categories in self.encoding.categories],
            "slope": self.slope,
            "shift": self.shift,
            "average": self.average,
            "gone": self.gone_after_days and [self.gone_after_days, self.gone_share],
        }
        return Artifact(KIND, payload, arrays, self.card)

    @property
    def _level(self) -> float:
        return self.slope * self.core.intercept + self.shift

    def _effects(self, matrix: Doubles) -> Doubles:
        effects = self.core.contributions(matrix)
        effects *= self.slope
        return effects

    def _gone(self, matrix: Doubles) -> npt.NDArray[np.bool_]:
        if self.gone_after_days is None:
            return np.zeros(len(matrix), dtype=np.bool_)
        late: npt.NDArray[np.bool_] = matrix[:, self._silence] > self.gone_after_days
        return late

    @property
    def _silence(self) -> int:
        return self.encoding.names.index(SILENCE)

    def _among(self, matrix: Doubles, late: npt.NDArray[np.bool_]) -> tuple[Doubles, Doubles]:
        """Return effects and log-odds where some are gone: they have one reason, the silence."""
        effects = np.zeros_like(matrix)
        effects[~late] = self._effects(matrix[~late])
        logits = self._level + effects.sum(axis=1)
        logits[late] = _logit(self.gone_share)
        effects[late, self._silence] = _logit(self.gone_share) - self.average
        return effects, logits


def from_artifact(artifact: Artifact) -> ChurnModel:
    """Make the model of what was stored.

    Raises
    ------
    ArtifactError
        The parts do not fit together.
    """
    try:
        model = _build_model(artifact.payload, artifact.arrays, artifact.card)
        blank = np.full((1, len(model.features)), np.nan)
        blank[:, len(model.encoding.numbers) :] = 0.0
        fits = model.core.contributions(blank).shape == blank.shape
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise _explain_damage(str(error)) from None
    if not fits:
        raise _explain_damage("the model and its features differ in number")
    return model


def _build_model(
    payload: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], card: Card
) -> ChurnModel:
    makers: dict[str, Callable[[Any, Any], Core]] = {
        "additive": load_additive,
        "btyd": load_btyd_churn,
        "boosted": load_trees,
    }
    core: Core = makers[payload["core"]](payload, arrays)
    after_days, share = payload["gone"] or (None, 1.0)
    return ChurnModel(
        card=card,
        encoding=Encoding(
            tuple(FeatureType(*feature) for feature in payload["numbers"]),
            tuple(FeatureType(*feature) for feature in payload["texts"]),
            tuple(tuple(categories) for categories in payload["categories"]),
        ),
        core=core,
        slope=float(payload["slope"]),
        shift=float(payload["shift"]),
        average=float(payload["average"]),
        gone_after_days=None if after_days is None else int(after_days),
        gone_share=float(share),
    )


def _assign_bands(logits: Doubles, average: float) -> npt.NDArray[np.int8]:
    twice = math.log(2.0)
    bands: npt.NDArray[np.int8] = (logits >= average - twice).astype(np.int8)
    bands += logits >= average + twice
    return bands


def _logit(share: float) -> float:
    inside = min(max(share, 1e-4), 1.0 - 1e-4)
    return float(np.log(inside / (1.0 - inside)))


def _explain_damage(why: str) -> ArtifactError:
    return ArtifactError(
        f"the stored churn model does not hold together: {why}", do="run again with --refit"
    )


def score_rows(
    model: ChurnModel, customers: Sequence[Sequence[Any]]
) -> tuple[Doubles, npt.NDArray[np.int8], list[list[FeatureEffect]]]:
    """Score customers as :meth:`ChurnModel.score` does.

    Parameters
    ----------
    model : ChurnModel
        The model that scores.
    customers : sequence of sequences
        Of each the values of ``model.features`` in their order, None where unknown.

    Returns
    -------
    array, array, list
        Probabilities, bands as positions in :data:`CHURN_BANDS`, and of each customer the reasons,
        the strongest first.
    """
    matrix = np.empty((len(customers), len(model.features)))
    for row, values in zip(matrix, customers, strict=True):
        _encode(row, model.encoding, values)
    probability, band, effects = model.predict(matrix)
    return probability, band, _list_reasons(model.encoding, customers, matrix, effects)


def _encode(row: Doubles, encoding: Encoding, values: Sequence[Any]) -> None:
    width = len(encoding.numbers)
    row[:width] = _to_doubles(values[:width])
    for column, categories in enumerate(encoding.categories, start=width):
        value = values[column]
        row[column] = categories.index(value) + 1 if value in categories else OTHER


def _to_doubles(values: Sequence[Any]) -> Doubles:
    """Return values as doubles, NaN where one is unknown or infinite."""
    numbers = np.array(values, dtype=np.float64)
    numbers[np.isinf(numbers)] = np.nan
    return numbers


def _list_reasons(
    encoding: Encoding, customers: Sequence[Sequence[Any]], matrix: Doubles, effects: Doubles
) -> list[list[FeatureEffect]]:
    """Return of each customer the themes that raise the risk, the strongest first."""
    ranked, strength = rank_themes(encoding, matrix, effects)
    rows, ranks = np.nonzero(strength >= LEAST_EFFECT)
    columns = ranked[rows, ranks]
    gaps = find_usual_gaps(encoding, matrix[rows], columns)
    places = list(zip(rows.tolist(), columns.tolist(), strict=True))
    parts = zip(
        places,
        _write_values(encoding, [(column, customers[row][column]) for row, column in places]),
        strength[rows, ranks].tolist(),
        ["" if math.isnan(gap) else format(gap, ".12g") for gap in gaps.tolist()],
        strict=True,
    )
    reasons: list[list[FeatureEffect]] = [[] for _ in customers]
    for (row, column), value, effect, usual in parts:
        reasons[row].append(FeatureEffect(encoding.names[column], value, effect, usual))
    return reasons


def _write_values(encoding: Encoding, values: Sequence[tuple[int, Any]]) -> list[str]:
    """Write the values of columns: numbers in three digits, and texts as they are."""
    width = len(encoding.numbers)
    numbers = round_values(
        _to_doubles([value if column < width else None for column, value in values])
    )
    texts = ["" if math.isnan(number) else format(number, ".12g") for number in numbers.tolist()]
    return [
        text if column < width else value or ""
        for (column, value), text in zip(values, texts, strict=True)
    ]
