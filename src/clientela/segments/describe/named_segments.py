"""Segments for people: named, measured and described in both languages."""

from dataclasses import replace

import pyarrow as pa

from clientela.i18n import LANGS
from clientela.segments.describe import segment_names as archetypes
from clientela.segments.describe.profile import Profile, Size, stats
from clientela.segments.describe.sentences import describe
from clientela.segments.score.model import Assignment, SegmentModel
from clientela.segments.score.naming import segment_name
from clientela.statistics.arrays import Doubles, Mask, doubles, sum_exactly


def named(
    model: SegmentModel, snapshot: pa.Table, held: SegmentModel | None = None
) -> SegmentModel:
    """Give a fitted model the names of its segments, from the snapshot it was fitted on.

    Names are stored with the model: as long as it serves, a segment keeps its name. A segment that
    a refit finds again stays who it was, and new ones get names that nobody bears.

    Parameters
    ----------
    model : SegmentModel
        Fitted; names it has already are kept, empty ones are given.
    snapshot : pa.Table
        One row a customer, with all features.
    held : SegmentModel, optional
        The model before, whose ids ``id_matching`` has given to the
        segments that go on: they keep its names.
    """
    if len(model.ids) == 1:
        return replace(model, names=(archetypes.EVERYONE,))
    members = _members(model, model.assign(snapshot))
    kept = {} if held is None else _names(held)
    kept = {one: key for one, key in (kept | _names(model)).items() if one in model.ids}
    new = [one for one in model.ids if one not in kept]
    standings = archetypes.standings(snapshot, [members[one] for one in new])
    names = kept | dict(zip(new, archetypes.names(standings, kept.values()), strict=True))
    return replace(model, names=tuple(names[one] for one in model.ids))


def profiles(
    model: SegmentModel, snapshot: pa.Table, assignment: Assignment, currency: str | None
) -> list[Profile]:
    """Profile every segment of a named model on a snapshot.

    Parameters
    ----------
    model : SegmentModel
        Named by :func:`named`.
    snapshot : pa.Table
        One row a customer, with all its features.
    assignment : Assignment
        The segment of each row.
    currency : str or None
        ISO 4217 code of the amounts in the descriptions; bare numbers without it.
    """
    segments = _members(model, assignment)
    measured = stats(snapshot, segments)
    revenue = doubles(snapshot, "revenue")
    sizes = {segment: _size(revenue, members) for segment, members in segments.items()}
    return [
        Profile(
            id=segment,
            names={lang: segment_name(key, lang) for lang in LANGS},
            descriptions={
                lang: describe(sizes[segment], measured[segment], currency, lang) for lang in LANGS
            },
            features=measured[segment],
            **vars(sizes[segment]),
        )
        for segment, key in zip(model.ids, model.names, strict=True)
    ]


def _members(model: SegmentModel, assignment: Assignment) -> dict[int, Mask]:
    return {segment: assignment.segment == segment for segment in model.ids}


def _names(model: SegmentModel) -> dict[int, str]:
    """Give the names that last; who was everyone is one of several now."""
    fleeting = ("", archetypes.EVERYONE)
    pairs = zip(model.ids, model.names, strict=False)
    return {one: key for one, key in pairs if key not in fleeting}


def _size(revenue: Doubles, members: Mask) -> Size:
    customers, everyone = int(members.sum()), len(members)
    earned, everything = sum_exactly(revenue[members]), sum_exactly(revenue)
    return Size(
        customers=customers,
        customers_share=customers / everyone if everyone else None,
        revenue=earned,
        revenue_share=earned / everything if everything > 0 else None,
    )
