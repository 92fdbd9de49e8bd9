"""What tells the segments to people: their rules, a map of customers, what outliers do to them.

To work it out a tree is grown, customers are laid out in a plane and segments are fitted once more
without outliers. It is kept in the registry, and found there by a run with the same customers,
model and settings.
"""

import hashlib
from typing import Any

import msgspec
import pyarrow as pa

from clientela.config import Segments
from clientela.errors import ArtifactError
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, versions
from clientela.registry.model_registry import ModelRegistry, StoredModel
from clientela.segments.describe import customer_map, facts
from clientela.segments.describe.outliers import make_refit, measure_outlier_effect
from clientela.segments.describe.segment_rules import write_segment_rules
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels

KIND = "segment_description"


class SegmentDescription:
    """A description of segments, stored like the evidence of a model.

    Parameters
    ----------
    columns : pa.Table
        What the table of segments has beyond the profiles, of :data:`facts.SCHEMA`.
    picture : pa.Table
        The customer map.
    facts : dict
        ``rules_fidelity`` and ``outliers``, for JSON.
    card : Card
        Of which customers and segments it tells.
    """

    def __init__(
        self, columns: pa.Table, picture: pa.Table, facts: dict[str, Any], card: Card
    ) -> None:
        self.columns, self.picture, self.facts, self.card = columns, picture, facts, card

    def artifact(self) -> Artifact:
        """Return the description as JSON."""
        payload = {
            "columns": self.columns.to_pylist(),
            "map": self.picture.to_pydict(),
            "facts": self.facts,
        }
        return Artifact(KIND, payload, {}, self.card)

    @classmethod
    def of_artifact(cls, artifact: Artifact) -> "SegmentDescription":
        """Build it of what is stored.

        Raises
        ------
        ArtifactError
            It cannot be read.
        """
        try:
            columns = pa.Table.from_pylist(artifact.payload["columns"], facts.SCHEMA)
            picture = pa.table(artifact.payload["map"], customer_map.SCHEMA)
            return cls(columns, picture, dict(artifact.payload["facts"]), artifact.card)
        except (KeyError, TypeError, ValueError, pa.ArrowException) as error:
            raise ArtifactError(
                f"the stored description of the segments cannot be read: {error}",
                where=f"{KIND} of {artifact.card.as_of}",
                do="run again with --refit",
            ) from None


def describe_segments(
    snapshot: pa.Table,
    segment: Labels,
    stored: StoredModel,
    settings: Segments,
    registry: ModelRegistry,
    currency: str | None,
) -> SegmentDescription:
    """Describe the segments, or find how the same were described before."""
    model: SegmentModel = stored.model
    card = _build_card(snapshot, stored, settings, registry, currency)

    def find_misfit(former: Card) -> str:
        same = (former.parameters, former.versions) == (card.parameters, card.versions)
        return "" if same else "other customers, segments or settings"

    found = registry.load_or_explain(
        KIND, SegmentDescription.of_artifact, find_misfit=find_misfit, replaceable=True
    )
    if found.goes_on:
        description: SegmentDescription = found.model
        return description
    fidelity, rules = write_segment_rules(snapshot, model, segment, currency)
    outliers = measure_outlier_effect(
        snapshot, model, segment, make_refit(model, settings), dropped=settings.drop_outliers
    )
    description = SegmentDescription(
        facts.tabulate_facts(snapshot, model, segment, rules),
        customer_map.draw_customer_map(
            snapshot, model, segment, settings.picture, seed=settings.seed
        ),
        {"rules_fidelity": fidelity, "outliers": outliers},
        card,
    )
    registry.renew(description)
    return description


def _build_card(
    snapshot: pa.Table,
    stored: StoredModel,
    settings: Segments,
    registry: ModelRegistry,
    currency: str | None,
) -> Card:
    return Card(
        kind=KIND,
        data_hash=registry.data_hash,
        as_of=registry.as_of,
        customers=snapshot.num_rows,
        features=(),
        parameters={
            "model": stored.model_id,
            "currency": currency,
            "settings": msgspec.json.decode(msgspec.json.encode(settings)),
            # the hash of the data names the files read, whoever of them was erased since
            "customers": hash_table(snapshot),
        },
        seed=settings.seed,
        versions=versions("clientela", "numpy", "scikit-learn"),
    )


def hash_table(table: pa.Table) -> str:
    """Return a hash of all values; equal tables may have two where memory lays them out otherwise.

    Examples
    --------
    >>> hash_table(pa.table({"n": [1]})) == hash_table(pa.table({"n": [1]}))
    True
    >>> hash_table(pa.table({"n": [1]})) == hash_table(pa.table({"n": [2]}))
    False
    """
    digest = hashlib.sha256(str(table.schema).encode())
    for column in table.columns:
        for buffer in column.combine_chunks().buffers():
            digest.update(b"none" if buffer is None else buffer)
    return digest.hexdigest()
