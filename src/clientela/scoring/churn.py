"""The churn model as it is applied: probability, band and reasons, row by row."""

from dataclasses import dataclass

import pyarrow as pa

from clientela.scoring.artifacts import Artifact
from clientela.scoring.card import Card, FeatureType
from clientela.scoring.columns import Doubles

KIND = "churn"
BANDS = ("low", "medium", "high", "gone")
REASON = pa.struct([("feature", pa.string()), ("value", pa.string()), ("effect", pa.float64())])
SCORES = pa.schema(
    [
        ("customer_id", pa.string()),
        ("churn_probability", pa.float64()),
        ("churn_band", pa.string()),
        ("churn_reasons", pa.list_(REASON)),
    ]
)


@dataclass(frozen=True, eq=False, kw_only=True)
class ChurnModel:
    """A fitted churn model of exact additive contributions."""

    card: Card

    @property
    def features(self) -> tuple[FeatureType, ...]:
        """What the model reads, with Arrow types."""
        return self.card.features

    def score(self, customers: pa.Table) -> pa.Table:
        """Give probability, band and the three weightiest reasons (:data:`SCORES`).

        Rows keep the order they come in. An effect is in log-odds against the average customer.

        Raises
        ------
        ArtifactError
            The customers lack a feature that the model reads, or it has another type.
        """
        raise NotImplementedError

    def contributions(self, customers: pa.Table) -> Doubles:
        """Give each feature's log-odds against the average, shape (customers, features)."""
        raise NotImplementedError

    def artifact(self) -> Artifact:
        """Give the model as JSON and arrays, ready to be stored."""
        raise NotImplementedError


def from_artifact(artifact: Artifact) -> ChurnModel:
    """Make the model of what was stored.

    Raises
    ------
    ArtifactError
        The parts do not fit together.
    """
    raise NotImplementedError
