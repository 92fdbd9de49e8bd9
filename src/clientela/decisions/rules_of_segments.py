"""Each segment as a rule of a few readable conditions, with how far the rule can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from clientela.i18n import Lang
from clientela.scoring.segments import Assignment, SegmentModel


@dataclass(frozen=True)
class SegmentRule:
    """A segment in words.

    Parameters
    ----------
    texts : mapping
        Language to sentence.
    precision, recall : float or None
        Of those the rule names, the share that are members; of the members, the share it names.
        None where the segment has no rule of its own.
    """

    texts: Mapping[Lang, str]
    precision: float | None
    recall: float | None


@dataclass(frozen=True)
class SegmentRules:
    """The rules of all segments, and the share of customers that they put where they belong."""

    fidelity: float
    rules: Mapping[int, SegmentRule]


def segment_rules(
    snapshot: pa.Table, model: SegmentModel, assignment: Assignment, currency: str | None
) -> SegmentRules:
    """Describe the segments by one shallow tree over amounts, counts and days."""
    raise NotImplementedError
