"""What tells the segments to people: their rules, a map of customers, what outliers do to them.

To work it out a tree is grown, customers are laid out in a plane and segments are fitted once more
without outliers. It is kept in the registry. As long as a model stays, so do its rules, which are
measured on today's customers, what fitting it without outliers did, and for a month the map; a run
with the same customers finds all of it.
"""

import datetime as dt
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
from clientela.segments.describe.segment_rules import grow_readable_leaves, write_segment_rules
from clientela.segments.describe.tree import Leaf
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels

KIND = "segment_description"
MOST_FIDELITY_LOST = 0.05
"""Share of customers, of what the rules got right when they were grown, from which they are grown
anew; by convention."""
MAP_LASTS_DAYS = 30  # as the models last: a picture that moves every night shows nothing


class SegmentDescription:
    """A description of segments, stored like the evidence of a model.

    Parameters
    ----------
    columns : pa.Table
        What the table of segments has beyond the profiles, of :data:`facts.SCHEMA`.
    picture : pa.Table
        The customer map.
    drawn : datetime.date
        The day it is of.
    facts : dict
        ``rules_fidelity`` and ``outliers``, for JSON.
    leaves : list of Leaf
        The tree that the rules put into words.
    grown_fidelity : float or None
        Share of customers whom it put where they belong when it was grown.
    card : Card
        Of which customers and segments it tells.
    """

    def __init__(
        self,
        columns: pa.Table,
        picture: pa.Table,
        drawn: dt.date,
        facts: dict[str, Any],
        leaves: list[Leaf],
        grown_fidelity: float | None,
        card: Card,
    ) -> None:
        self.columns, self.facts, self.card = columns, facts, card
        self.picture, self.drawn = picture, drawn
        self.leaves, self.grown_fidelity = leaves, grown_fidelity

    def artifact(self) -> Artifact:
        """Return the description as JSON."""
        payload = {
            "columns": self.columns.to_pylist(),
            "map": self.picture.to_pydict(),
            "drawn": self.drawn.isoformat(),
            "facts": self.facts,
            "leaves": self.leaves,
            "grown_fidelity": self.grown_fidelity,
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
            payload = artifact.payload
            picture = pa.table(payload["map"], customer_map.SCHEMA)
            drawn = dt.date.fromisoformat(payload["drawn"])
            measured, grown_fidelity = dict(payload["facts"]), payload["grown_fidelity"]
            leaves = msgspec.convert(artifact.payload["leaves"], list[Leaf])
            return cls(columns, picture, drawn, measured, leaves, grown_fidelity, artifact.card)
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
    former: SegmentDescription | None = found.model
    if former is not None and found.goes_on:
        return former
    if former is not None and not _tells_same_model(former.card, card):
        former = None
    leaves, grown_fidelity, fidelity, rules = _write_rules(
        snapshot, model, segment, currency, former
    )
    outliers = measure_outlier_effect(
        snapshot,
        model,
        segment,
        make_refit(model, settings),
        dropped=settings.drop_outliers,
        former=former.facts["outliers"] if former else None,
    )
    if former is not None and 0 <= (registry.as_of - former.drawn).days < MAP_LASTS_DAYS:
        picture, drawn = former.picture, former.drawn
    else:
        picture = customer_map.draw_customer_map(
            snapshot, model, segment, settings.picture, seed=settings.seed
        )
        drawn = registry.as_of
    description = SegmentDescription(
        facts.tabulate_facts(snapshot, model, segment, rules),
        picture,
        drawn,
        {"rules_fidelity": fidelity, "outliers": outliers},
        leaves,
        grown_fidelity,
        card,
    )
    registry.renew(description)
    return description


def _write_rules(
    snapshot: pa.Table,
    model: SegmentModel,
    segment: Labels,
    currency: str | None,
    former: SegmentDescription | None,
) -> tuple[list[Leaf], float | None, float | None, pa.Table]:
    """Write the rules by the tree of before, or by one grown anew.

    They are of use as they are until they put too many where they do not belong.
    """
    if former is not None:
        grown, leaves = former.grown_fidelity, former.leaves
        fidelity, rules = write_segment_rules(snapshot, model, segment, currency, leaves)
        if (fidelity or 0.0) >= (grown or 0.0) - MOST_FIDELITY_LOST:
            return leaves, grown, fidelity, rules
    leaves = grow_readable_leaves(snapshot, model, segment)
    fidelity, rules = write_segment_rules(snapshot, model, segment, currency, leaves)
    return leaves, fidelity, fidelity, rules


def _tells_same_model(former: Card, card: Card) -> bool:
    """Tell whether a description is of the same model and settings, whoever the customers are."""
    parameters = former.parameters | {"customers": card.parameters["customers"]}
    return (parameters, former.versions) == (card.parameters, card.versions)


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
