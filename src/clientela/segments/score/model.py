"""The segment model: the nearest segment in its space, row by row."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.errors import ArtifactError
from clientela.i18n import Lang, t
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card
from clientela.segments.score.nearest import find_nearest
from clientela.segments.score.transform import Transform, compute_axes, compute_coordinates
from clientela.statistics.arrays import Doubles

KIND = "segments"


Assignment = tuple[npt.NDArray[np.int64], Doubles]
"""A segment's id and the confidence of membership, in [0, 1], of every row."""


@dataclass(frozen=True, eq=False, kw_only=True)
class SegmentModel:
    """Fitted segments: a transform a feature, and one centre or several a segment.

    Parameters
    ----------
    transforms : tuple of Transform
        The features read, in the order of the centres' columns or the projection's rows; none
        where there is one segment for all.
    centres : array of shape (centres, axes)
        In the model's space.
    ids : tuple of int
        Ids of the segments, each once.
    names : tuple of str
        Keys of the segments' names, in the order of ids; empty until they are named.
    card : Card
        Where the model comes from and how well it does.
    owners : tuple of int
        For each centre the position of its segment in ``ids``; empty where each segment has one
        centre, in the order of ids.
    projection : array of shape (features, axes) or None
        Weights of the features in each axis; None where each feature is an axis.
    highest_id : int
        The highest id that this segmentation or one before it ever gave.
    """

    transforms: tuple[Transform, ...]
    centres: Doubles
    ids: tuple[int, ...]
    names: tuple[str, ...]
    card: Card
    owners: tuple[int, ...] = ()
    projection: Doubles | None = None
    highest_id: int = 0

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features the model reads."""
        return tuple(transform.feature for transform in self.transforms)

    def assign(self, snapshot: pa.Table) -> Assignment:
        """Assign every customer to the segment of the nearest centre.

        The confidence is 1 minus the ratio of the distances to the nearest centre and to the
        nearest of another segment: 1 on a centre, 0 on the border between two segments; 1 where
        there is one segment. With one centre a segment it is the simplified silhouette of Hruschka,
        de Castro and Campello (2004). It depends on nothing but the customer's own row.

        Raises
        ------
        ArtifactError
            The customers lack a feature that the model reads.
        """
        axes = compute_coordinates(self.transforms, self.projection, snapshot)
        return self._assign_axes(axes, len(snapshot))

    def assign_rows(self, customers: Sequence[Sequence[Any]]) -> Assignment:
        """Assign a few customers as :meth:`assign` does, without Arrow, in a fraction of the time.

        Parameters
        ----------
        customers : sequence of sequences
            Of each the values of ``features`` in their order, None where unknown.
        """
        columns = []
        for values in zip(*customers, strict=True):
            column = np.array(values, dtype=np.float64)
            column[np.isinf(column)] = np.nan
            columns.append(column)
        rows = len(customers)
        return self._assign_axes(
            compute_axes(self.transforms, self.projection, columns, rows), rows
        )

    def _assign_axes(self, axes: Sequence[Doubles], rows: int) -> Assignment:
        position, first, second = find_nearest(axes, self.centres, rows, self.owners or None)
        ratio = np.divide(first, second, out=np.ones_like(first), where=second > 0)
        segment = np.asarray(self.ids, dtype=np.int64)[position]
        return segment, 1.0 - np.sqrt(ratio)

    def artifact(self) -> Artifact:
        """Return the model as JSON and arrays, ready to be stored."""
        payload = {
            "transforms": [
                {name: value for name, value in asdict(transform).items() if value != ()}
                for transform in self.transforms
            ],
            "ids": list(self.ids),
            "names": list(self.names),
            "owners": list(self.owners),
            "highest_id": max(self.highest_id, *self.ids),
        }
        arrays = {"centres": self.centres}
        if self.projection is not None:
            arrays["projection"] = self.projection
        return Artifact(KIND, payload, arrays, self.card)


def from_artifact(artifact: Artifact) -> SegmentModel:
    """Read a stored model; parts that earlier versions did not write have their neutral value.

    Raises
    ------
    ArtifactError
        The parts do not fit together.
    """
    payload, projection = artifact.payload, artifact.arrays.get("projection")
    try:
        ids = tuple(int(number) for number in payload["ids"])
        model = SegmentModel(
            transforms=tuple(_read_transform(fields) for fields in payload["transforms"]),
            centres=np.asarray(artifact.arrays["centres"], dtype=np.float64),
            ids=ids,
            names=tuple(str(name) for name in payload["names"]),
            card=artifact.card,
            owners=tuple(int(number) for number in payload.get("owners", ())),
            projection=None if projection is None else np.asarray(projection, dtype=np.float64),
            highest_id=int(payload.get("highest_id", max(ids))),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _report_damage(str(error)) from None
    if not _fits_together(model):
        raise _report_damage("centres, segments and transforms differ in number")
    return model


def _read_transform(fields: dict[str, Any]) -> Transform:
    curves: dict[str, Any] = {
        name: tuple(fields[name]) for name in ("knots", "heights") if name in fields
    }
    return Transform(**(fields | curves))


def _fits_together(model: SegmentModel) -> bool:
    axes = len(model.transforms)
    if model.projection is not None:
        if model.projection.ndim != 2 or len(model.projection) != axes:
            return False
        axes = model.projection.shape[1]
    owners = model.owners or tuple(range(len(model.ids)))
    return model.centres.shape == (len(owners), axes) and set(owners) == set(range(len(model.ids)))


def _report_damage(problem: str) -> ArtifactError:
    return ArtifactError(
        f"the stored segmentation does not hold together: {problem}", do="run again with --refit"
    )


GROUP = "group."
"""Start of the keys of names that only number a segment."""


def translate_segment_name(key: str, lang: Lang) -> str:
    """Return the name of a segment in a language.

    Examples
    --------
    >>> translate_segment_name("champions", "pt_BR"), translate_segment_name("group.3", "en")
    ('Campeões', 'Group 3')
    """
    if key.startswith(GROUP):
        return t("segment.group", lang, number=key.removeprefix(GROUP))
    return t(f"segment.{key}", lang)
