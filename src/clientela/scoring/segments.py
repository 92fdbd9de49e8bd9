"""The segmentation as it is applied: the nearest centre in the common space, row by row."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.errors import ArtifactError
from clientela.scoring.artifacts import Artifact
from clientela.scoring.card import Card
from clientela.scoring.columns import Doubles, doubles
from clientela.scoring.nearest import nearest
from clientela.scoring.transform import Transform

KIND = "segments"


class Assignment(NamedTuple):
    """A segment's id and the confidence of membership, in [0, 1], of every row."""

    segment: npt.NDArray[np.int64]
    confidence: Doubles


@dataclass(frozen=True, eq=False, kw_only=True)
class SegmentModel:
    """Fitted segments: a transform a feature and a centre a segment.

    Parameters
    ----------
    transforms : tuple of Transform
        The axes, in the order of the centres' columns; none where there is one segment for all.
    centres : array of shape (segments, features)
        In the common space.
    ids : tuple of int
        Ids of the segments, in the order of the centres' rows.
    names : tuple of str
        Keys of the segments' names, in the same order; empty until they are named.
    card : Card
        Where the model comes from and how well it does.
    """

    transforms: tuple[Transform, ...]
    centres: Doubles
    ids: tuple[int, ...]
    names: tuple[str, ...]
    card: Card

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features the model reads."""
        return tuple(transform.feature for transform in self.transforms)

    def assign(self, snapshot: pa.Table) -> Assignment:
        """Give every customer the segment of the nearest centre.

        The confidence is 1 minus the ratio of the distances to the nearest and to the second
        nearest centre: 1 on a centre, 0 on the border between two; 1 where there is one segment.
        It is the simplified silhouette of Hruschka, de Castro and Campello (2004), and depends on
        nothing but the customer's own row.

        Raises
        ------
        ArtifactError
            The customers lack a feature that the model reads.
        """
        axes = [step.apply(doubles(snapshot, step.feature)) for step in self.transforms]
        found = nearest(axes, self.centres, snapshot.num_rows)
        segment = np.asarray(self.ids, dtype=np.int64)[found.position]
        return Assignment(segment, _confidence(found.first, found.second))

    def artifact(self) -> Artifact:
        """Give the model as JSON and arrays, ready to be stored."""
        payload = {
            "transforms": [asdict(transform) for transform in self.transforms],
            "ids": list(self.ids),
            "names": list(self.names),
        }
        return Artifact(KIND, payload, {"centres": self.centres}, self.card)


def from_artifact(artifact: Artifact) -> SegmentModel:
    """Make the model of what was stored.

    Raises
    ------
    ArtifactError
        The parts do not fit together.
    """
    try:
        model = _model(artifact.payload, artifact.arrays["centres"], artifact.card)
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(str(error)) from None
    if model.centres.shape != (len(model.ids), len(model.transforms)):
        raise _unreadable("centres, ids and transforms differ in number")
    return model


def _model(payload: dict[str, Any], centres: npt.NDArray[Any], card: Card) -> SegmentModel:
    return SegmentModel(
        transforms=tuple(Transform(**fields) for fields in payload["transforms"]),
        centres=np.asarray(centres, dtype=np.float64),
        ids=tuple(int(one) for one in payload["ids"]),
        names=tuple(str(name) for name in payload["names"]),
        card=card,
    )


def _unreadable(why: str) -> ArtifactError:
    return ArtifactError(
        f"the stored segmentation does not hold together: {why}", do="run again with --refit"
    )


def _confidence(first: Doubles, second: Doubles) -> Doubles:
    ratio = np.divide(first, second, out=np.ones_like(first), where=second > 0)
    return 1.0 - np.sqrt(ratio)
