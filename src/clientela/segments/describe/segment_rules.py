"""Each segment as a rule of a few readable conditions, with how far the rule can be trusted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.features.catalog import feature
from clientela.i18n import LANGS, Lang, t
from clientela.segments.describe.common_space import drawn
from clientela.segments.describe.conditions import rule_text
from clientela.segments.describe.exploration import space_of
from clientela.segments.describe.tree import Leaf, leaves
from clientela.segments.fit.spaces import DEFAULT_FEATURES
from clientela.segments.score.model import Assignment, SegmentModel
from clientela.segments.score.naming import segment_name
from clientela.statistics.arrays import Doubles, Mask, doubles

ROWS = 20_000
"""Customers on whom the tree is grown, beyond this many; it is measured on all."""

READABLE = ("amount", "count", "units", "days")
Ids = npt.NDArray[np.int64]


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
    precision: float | None = None
    recall: float | None = None


@dataclass(frozen=True)
class SegmentRules:
    """The rules of all segments, by id.

    ``fidelity`` is the share of customers whom the rules put where they belong; None without
    customers.
    """

    fidelity: float | None
    rules: Mapping[int, SegmentRule]


def segment_rules(
    snapshot: pa.Table, model: SegmentModel, assignment: Assignment, currency: str | None
) -> SegmentRules:
    """Describe the segments by one shallow tree over the space's amounts, counts and days.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    model : SegmentModel
        Named, so that a segment without a rule can say whose rule takes its members.
    assignment : Assignment
        The segment of each row.
    currency : str or None
        ISO 4217 code of the amounts; bare numbers without it.
    """
    if len(model.ids) == 1 or not snapshot.num_rows:
        return _everyone(model, snapshot.num_rows)
    space, segment = space_of(model, snapshot), assignment.segment
    taken = drawn(snapshot, ROWS, model.card.seed)
    grown = _grown(snapshot.take(taken), segment[taken], space, model.card.seed)
    told = _told(snapshot, grown)
    rules = {}
    for one in model.ids:
        own, members = [leaf for leaf in grown if leaf.label == one], segment == one
        if own and members.any():
            texts = {lang: rule_text(own, currency, lang) for lang in LANGS}
            rules[one] = SegmentRule(texts, *_trust(members, told == one))
        else:
            rules[one] = SegmentRule(_no_rule(model, told[members]))
    return SegmentRules(float((told == segment).mean()), rules)


def _trust(members: Mask, named: Mask) -> tuple[float | None, float]:
    hits, many = int((members & named).sum()), int(named.sum())
    return hits / many if many else None, hits / int(members.sum())


def _everyone(model: SegmentModel, customers: int) -> SegmentRules:
    key = "segment.rule.everyone" if customers else "segment.size.none"
    share = 1.0 if customers else None
    rule = SegmentRule({lang: t(key, lang) for lang in LANGS}, share, share)
    return SegmentRules(share, dict.fromkeys(model.ids, rule))


def _grown(rows: pa.Table, segment: Ids, space: Sequence[str], seed: int) -> list[Leaf]:
    values = _readable(rows, space) or _readable(rows, DEFAULT_FEATURES)
    return leaves(values, segment, {name: feature(name).unit for name in values}, seed)


def _readable(rows: pa.Table, names: Sequence[str]) -> dict[str, Doubles]:
    """Read the features that people can check a customer by: known to all, no shares or ratios."""
    able = (name for name in names if feature(name).unit in READABLE)
    values = {name: doubles(rows, name) for name in able if name in rows.column_names}
    return {name: column for name, column in values.items() if not np.isnan(column).any()}


def _told(rows: pa.Table, grown: Sequence[Leaf]) -> Ids:
    """Give each customer the segment of its leaf; the leaves leave nobody out."""
    asked = {name: doubles(rows, name) for leaf in grown for name in leaf.box}
    told = np.full(rows.num_rows, grown[0].label, dtype=np.int64)
    for leaf in grown[1:]:
        told[leaf.holds(asked)] = leaf.label
    return told


def _no_rule(model: SegmentModel, told: Ids) -> dict[Lang, str]:
    if not told.size:
        return {lang: t("segment.size.none", lang) for lang in LANGS}
    other = int(np.bincount(told).argmax())
    names = dict(zip(model.ids, model.names, strict=False))
    if other not in names:
        return {lang: t("segment.rule.none", lang) for lang in LANGS}
    return {
        lang: t("segment.rule.other", lang, name=segment_name(names[other], lang)) for lang in LANGS
    }
