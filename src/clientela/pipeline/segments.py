"""The second half of a run: every customer's segment, from the stored model or a new one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa

from clientela.i18n import LANGS, Lang
from clientela.pipeline.exploration import explored
from clientela.pipeline.run_context import Chosen, Ground, rfm_of, segmentation_of
from clientela.registry.card import Card
from clientela.segments.describe import candidates as evidence
from clientela.segments.describe.candidates import tabulate_candidates
from clientela.segments.describe.exploration import list_compared_features
from clientela.segments.describe.facts import tabulate_facts
from clientela.segments.describe.id_matching import count_migrations
from clientela.segments.describe.outliers import flag_outliers
from clientela.segments.describe.profile import SegmentProfile, profile_segments
from clientela.segments.describe.segment_rules import write_segment_rules
from clientela.segments.score.model import Assignment, SegmentModel
from clientela.store.assignments import assignments


@dataclass(frozen=True)
class Scored:
    """The customers of today with their segments.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer, with all features.
    model : SegmentModel
        What gives any snapshot its segments.
    assignment : Assignment
        The segment of each row.
    names : mapping
        Segment to its name by language.
    currency : str or None
        ISO 4217 code of the amounts.
    """

    snapshot: pa.Table
    model: SegmentModel
    assignment: Assignment
    names: Mapping[int, Mapping[Lang, str]]
    currency: str | None


@dataclass(frozen=True)
class Segmented:
    """What segmenting gives: tables for the store and facts for people.

    ``model`` names the segmentation and says whether, and why, it was fitted in this run; ``told``
    is what else people must know of it.
    """

    tables: dict[str, pa.Table]
    scored: Scored
    listed: list[dict[str, Any]]
    model: dict[str, Any]
    told: dict[str, Any]


def segment(snapshot: pa.Table, ground: Ground, url: str) -> Segmented:
    """Score every customer of a snapshot, fitting only where there is a reason to.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    ground : Ground
        Where models are kept, the settings and the past.
    url : str
        The results database, whose published run tells who moved.
    """
    rfm, chosen = rfm_of(snapshot, ground), segmentation_of(snapshot, ground)
    model, currency = chosen.model, ground.state.manifest.currency
    assignment = model.assign(snapshot)
    profiles = profile_segments(model, snapshot, assignment, currency)
    customers = _customers(snapshot, assignment, rfm.model.score(snapshot), model)
    shown, outliers = explored(snapshot, model, assignment, ground)
    fidelity, rules = write_segment_rules(snapshot, model, assignment, currency)
    found = tabulate_facts(snapshot, model, assignment, rules)
    tables = {
        "customers": customers,
        "segments": _segments(profiles).join(found, "segment", use_threads=False),
        "segment_candidates": tabulate_candidates(model.card),
        **shown,
        **_moves(url, customers),
        "models": _models(chosen, rfm),
        "metrics": _metrics(chosen),
    }
    names = {profile.id: profile.names for profile in profiles}
    return Segmented(
        tables=tables,
        scored=Scored(snapshot, model, assignment, names, currency),
        listed=[_listed(each) for each in profiles],
        model=_model(chosen),
        told=_told(model.card) | {"rules_fidelity": fidelity, "outliers": outliers},
    )


def _model(chosen: Chosen) -> dict[str, Any]:
    return {
        "id": chosen.model_id,
        "fitted": bool(chosen.fitted),
        "reason": chosen.fitted or None,
    }


def _told(card: Card) -> dict[str, Any]:
    notes = [
        {"code": note.code}
        | {
            f"sentence_{lang.lower()}": evidence.write_note(note.code, note.values, lang)
            for lang in LANGS
        }
        for note in card.notes
    ]
    return {"notes": notes}


def _customers(
    snapshot: pa.Table, assignment: Assignment, scores: pa.Table, model: SegmentModel
) -> pa.Table:
    given = {
        "segment": assignment.segment,
        "segment_confidence": assignment.confidence,
        "outlier": flag_outliers(snapshot, list_compared_features(model, snapshot)),
    }
    for name, values in given.items():
        snapshot = snapshot.append_column(name, pa.array(values))
    for name in scores.column_names:
        snapshot = snapshot.append_column(name, scores[name])
    return snapshot


def _segments(profiles: list[SegmentProfile]) -> pa.Table:
    rows = pa.Table.from_pylist(
        [
            {
                "segment": profile.id,
                "name_en": profile.names["en"],
                "name_pt_br": profile.names["pt_BR"],
                "description_en": profile.descriptions["en"],
                "description_pt_br": profile.descriptions["pt_BR"],
                "customers": profile.customers,
                "customers_share": profile.customers_share,
                "revenue": profile.revenue,
                "revenue_share": profile.revenue_share,
                "profile": _json(profile.features),
            }
            for profile in profiles
        ]
    )
    place = rows.column_names.index("revenue_share")  # of no type where nobody has one
    shares = rows["revenue_share"].cast(pa.float64())
    return rows.set_column(place, "revenue_share", shares)


def _listed(profile: SegmentProfile) -> dict[str, Any]:
    return {
        "id": profile.id,
        "name": profile.names["en"],
        "name_pt_BR": profile.names["pt_BR"],
        "customers": profile.customers,
        "customers_share": profile.customers_share,
        "revenue": f"{profile.revenue:.2f}",
        "revenue_share": profile.revenue_share,
    }


def _moves(url: str, customers: pa.Table) -> dict[str, pa.Table]:
    """Tell who moved since the published run; nothing before the first."""
    before = assignments(url)
    if before is None:
        return {}
    moves = count_migrations(before.rows, customers)
    run_ids = pa.array([before.run_id] * len(moves), pa.string())
    return {"segment_migrations": moves.append_column("previous_run_id", run_ids)}


def _models(chosen: Chosen, rfm: Chosen) -> pa.Table:
    return pa.Table.from_pylist(
        [
            {
                "model_id": each.model_id,
                "kind": each.model.card.kind,
                "role": "champion",
                "card": _json(each.model.card),
            }
            for each in (chosen, rfm)
        ]
    )


def _metrics(chosen: Chosen) -> pa.Table:
    rows = evidence.tabulate_metrics(chosen.model.card)
    return rows.append_column("model_id", pa.array([chosen.model_id] * len(rows), pa.string()))


def _json(value: Any) -> str:
    return msgspec.json.encode(value, enc_hook=vars).decode()
