"""What lies ahead of every customer: value and churn, for the store, the programme and people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa

from clientela.churn.score import model as churn_scores
from clientela.churn.score import reasons
from clientela.config import Churn, Settings, Value
from clientela.i18n import LANGS
from clientela.insiders.fit.proof_material import ViewForecast
from clientela.pipeline.churn import Churned, churned
from clientela.pipeline.kept_models import Kept, card_of
from clientela.pipeline.run_context import Ground
from clientela.pipeline.score_columns import with_columns
from clientela.pipeline.value import Valued, valued
from clientela.registry import stored_models as registry
from clientela.store import arrow_schemas as results
from clientela.value.score import model as value_scores

REASONS = "churn_reasons"
ROWS = 10_000  # written together
VALUE_TOLD = ("horizon_days", "clv_days", "discount_rate", "level")
CHURN_TOLD = ("contact_cost", "saved_share")


@dataclass(frozen=True)
class Ahead:
    """Both answers of one run.

    Parameters
    ----------
    valued : Valued
        What every customer will bring.
    churned : Churned
        Who is about to leave.
    roles : sequence of dict
        Rows of the table ``models``: champions and challengers.
    settings : Settings
        What was asked for.
    currency : str or None
        ISO 4217 code of the amounts.
    """

    valued: Valued
    churned: Churned
    roles: Sequence[Mapping[str, Any]]
    settings: Settings
    currency: str | None

    @property
    def expected(self) -> ViewForecast:
        """Sorts customers of a day by what they could be expected to bring, as known then."""
        return self.valued.expected

    @property
    def tables(self) -> dict[str, pa.Table]:
        """The evidence, by the store's names."""
        kept = (self.valued.kept, self.churned.kept)
        return {
            name: pa.concat_tables(
                [schema.empty_table(), *(one.tables[name] for one in kept if name in one.tables)]
            )
            for name, schema in results.TABLES.items()
        }

    @property
    def facts(self) -> dict[str, Any]:
        """Headline figures, with the opening sentence in both languages."""
        framing = self.churned.kept.facts.get("framing", {})
        return {
            "value": _facts(self.valued.kept, "value_mean")
            | _stated(self.settings.value, VALUE_TOLD),
            "churn": _facts(self.churned.kept, "churn")
            | _stated(self.settings.churn, CHURN_TOLD)
            | {"kind": framing.get("kind")},
        }

    def of_customers(self, customers: pa.Table) -> pa.Table:
        """Add both answers to the customers of a run."""
        names = [name for name in value_scores.VALUE.names if name != "customer_id"]
        customers = with_columns(customers, self.valued.scores, names)
        risks = _told(self.churned.scores, self.currency)
        return with_columns(
            customers, risks, [name for name in risks.column_names if name != "customer_id"]
        )

    def of_members(self, members: pa.Table) -> pa.Table:
        """Fill in what the members are expected to bring."""
        position = members.column_names.index("expected_revenue")
        without = members.remove_column(position)
        found = with_columns(without, self.valued.scores, ["expected_revenue"])
        return found.select(members.column_names)

    def of_models(self, models: pa.Table) -> pa.Table:
        """Add the models of value and churn to those of the segments."""
        return pa.concat_tables([models, pa.Table.from_pylist(list(self.roles), models.schema)])


def ahead(snapshot: pa.Table, ground: Ground, settings: Settings) -> Ahead:
    """Answer both questions, learning only where there is a reason to."""
    with ground.progress.stage("value"):
        worth = valued(snapshot, ground, settings.value)
    with ground.progress.stage("churn"):
        risk = churned(snapshot, ground, settings.churn)
    kept = ((value_scores.KIND, worth.kept), (churn_scores.KIND, risk.kept))
    roles = [row for kind, one in kept if one.model for row in _roles(ground, kind, one)]
    return Ahead(worth, risk, roles, settings, ground.state.manifest.currency)


def _roles(ground: Ground, kind: str, kept: Kept) -> list[dict[str, Any]]:
    folder = ground.workspace.models_folder
    rows = [_row(kind, kept.model_id, "champion", kept.model.card)]
    other = registry.challenger(folder, kind)
    if other is not None and other != kept.model_id:
        card = card_of(ground, kind, other)
        rows += [] if card is None else [_row(kind, other, "challenger", card)]
    return rows


def _row(kind: str, model_id: str, role: str, card: Any) -> dict[str, Any]:
    text = msgspec.json.encode(card, enc_hook=vars).decode()
    return {"model_id": model_id, "kind": kind, "role": role, "card": text}


def _facts(kept: Kept, purpose: str) -> dict[str, Any]:
    rows = kept.tables["model_notes"].to_pylist() if "model_notes" in kept.tables else []
    notes = [row for row in rows if row["purpose"] == purpose]
    first: dict[str, Any] = min(notes, key=lambda row: row["position"], default={})
    told = {f"text_{lang.lower()}": first.get(f"text_{lang.lower()}") for lang in LANGS}
    model = {"id": kept.model_id or None, "fitted": bool(kept.fitted), "reason": kept.fitted}
    return told | {"model": model} | dict(kept.facts)


def _stated(settings: Value | Churn, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in names}


def _json(given: pa.Table) -> pa.ChunkedArray:
    """Write each list as JSON, some rows at a time: as Python they take ten times the memory."""
    batches = given.to_batches(max_chunksize=ROWS)
    return pa.chunked_array([_texts(batch.column(0)) for batch in batches], pa.string())


def _texts(lists: pa.Array) -> pa.Array:
    texts = (
        None if one is None else msgspec.json.encode(one).decode() for one in lists.to_pylist()
    )
    return pa.array(texts, pa.string())


def _told(scores: pa.Table, currency: str | None) -> pa.Table:
    """Turn the reasons of each customer into JSON and into sentences."""
    told = scores.remove_column(scores.column_names.index(REASONS))
    told = told.append_column(REASONS, _json(scores.select([REASONS])))
    for lang in LANGS:
        told = told.append_column(
            f"{REASONS}_{lang.lower()}", reasons.write_reasons(scores[REASONS], lang, currency)
        )
    return told
