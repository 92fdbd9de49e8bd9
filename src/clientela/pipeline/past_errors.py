"""What past forecasts of the known customers said and what came, of the same model and customers.

A firm whose total goes by its customers' own pace needs their forecasts on every past day for it.
They are measured once, kept in the registry, and found there by a run with nothing new.
"""

import datetime as dt
from typing import Any

import pyarrow as pa

from clientela.errors import ArtifactError
from clientela.pipeline.segment_description import hash_table
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, versions
from clientela.registry.model_registry import ModelRegistry, StoredModel
from clientela.value.groups import PartErrors

KIND = "value_evidence"


class PastErrors:
    """Past forecasts and what came, by group and horizon: sums, and nobody's rows.

    Parameters
    ----------
    errors : PartErrors
        As of :class:`GroupForecaster`.
    card : Card
        Of which model and customers.
    """

    def __init__(self, errors: PartErrors, card: Card) -> None:
        self.errors, self.card = errors, card

    def artifact(self) -> Artifact:
        """Return the errors as JSON."""
        return Artifact(KIND, {"errors": write_errors(self.errors)}, {}, self.card)

    @classmethod
    def of_artifact(cls, artifact: Artifact) -> "PastErrors":
        """Build them of what is stored.

        Raises
        ------
        ArtifactError
            It cannot be read.
        """
        try:
            return cls(read_errors(artifact.payload["errors"]), artifact.card)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"the stored errors of past forecasts cannot be read: {error}",
                where=f"{KIND} of {artifact.card.as_of}",
                do="run again with --refit",
            ) from None


def load_errors(snapshot: pa.Table, stored: StoredModel, registry: ModelRegistry) -> PastErrors:
    """Load what is known of the same value model and customers; nothing where they are others."""
    card = Card(
        kind=KIND,
        data_hash=registry.data_hash,
        as_of=registry.as_of,
        customers=snapshot.num_rows,
        features=(),
        parameters={"model": stored.model_id, "customers": hash_table(snapshot)},
        seed=0,
        versions=versions("clientela", "numpy"),
    )

    def find_misfit(former: Card) -> str:
        same = (former.parameters, former.versions) == (card.parameters, card.versions)
        return "" if same else "another model or other customers"

    former = registry.load_or_explain(
        KIND, PastErrors.of_artifact, find_misfit=find_misfit, replaceable=True
    )
    return PastErrors(former.model.errors if former.goes_on else {}, card)


def keep_errors(errors: PartErrors, loaded: PastErrors, registry: ModelRegistry) -> None:
    """Keep what was measured beyond what was found."""
    if errors != loaded.errors:
        registry.renew(PastErrors(dict(errors), loaded.card))


def write_errors(errors: PartErrors) -> dict[str, Any]:
    """Write errors as JSON holds them."""
    return {
        name: [(day.isoformat(), forecast, came) for day, forecast, came in past]
        for name, past in errors.items()
    }


def read_errors(written: dict[str, Any]) -> PartErrors:
    """Read errors from JSON."""
    return {
        name: [
            (dt.date.fromisoformat(day), float(forecast), float(came))
            for day, forecast, came in past
        ]
        for name, past in written.items()
    }
