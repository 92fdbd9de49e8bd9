"""The value stage: revenue forecasts, learnt where there is a reason, made for every customer."""

import datetime as dt
from typing import Any

import pyarrow as pa

from clientela.config import Value
from clientela.features.history import History
from clientela.i18n import LANGS
from clientela.insiders.fit.proof_material import ViewForecast, estimate_value
from clientela.insiders.score.months import DayView
from clientela.pipeline.past_errors import PastErrors, keep_errors, load_errors
from clientela.pipeline.result import Result
from clientela.pipeline.segments import MODELS, model_row
from clientela.progress import Progress
from clientela.registry.model_registry import ModelRegistry, StoredModel
from clientela.statistics.arrays import Doubles
from clientela.value.fit.day_level import bring_to_day, explain_misfit
from clientela.value.fit.learning import lay_out_history, learn_value
from clientela.value.group_tables import build_value_forecast
from clientela.value.groups import GroupForecaster
from clientela.value.score import model as value_scores
from clientela.value.score.inputs import READ
from clientela.value.score.model import ValueModel
from clientela.value.score.past_forecasts import PastForecasts, SnapshotForecast

LASTS_DAYS = 30
"""Learnt again after a month, as churn is: by then a month of new outcomes is known. The level of
all together is measured anew on every day."""
SETTINGS_SHOWN = ("horizon_days", "clv_days", "discount_rate", "level")


class ValueForecasts:
    """The value model of the run, and the forecasts that past days could have made.

    Parameters
    ----------
    stored : StoredModel
        The model that serves.
    history : History
        The firm's past.
    groups : GroupForecaster
        Forecasts of groups, all parts of the sum of the customers' scores.
    found : PastErrors
        What earlier runs measured of past forecasts.
    """

    def __init__(
        self,
        stored: StoredModel,
        history: History,
        groups: GroupForecaster,
        found: PastErrors,
    ) -> None:
        self.stored, self.groups = stored, groups
        self._history, self._found = history, found

    def keep_errors(self, registry: ModelRegistry) -> None:
        """Keep what was measured of past forecasts for the runs that follow."""
        keep_errors(self.groups.known_errors, self._found, registry)

    def expected_at(self, day: dt.date, days: int | None = None) -> SnapshotForecast | None:
        """Return the forecast that a past day could have made; None where there is none."""
        past: PastForecasts = self.stored.model.past
        return past.expected_at(day, days)

    def expect_within(self, days: int) -> tuple[Doubles, bool]:
        """Return each customer's expected revenue of other days, and whether past dates judge it.

        They add up to what the firm's known customers are forecast for those days.
        """
        known = self.groups.forecast_base(days)[0]
        if days == self.groups.horizon_days:
            return self.groups.revenue, known.level is not None
        model: ValueModel = self.stored.model
        revenue = model.expected_within(self._history.snapshot(self._history.as_of), days)
        total = float(revenue.sum())
        scale = 1.0 if known.expected is None or total <= 0.0 else known.expected / total
        return revenue * scale, known.level is not None

    @property
    def rank_customers(self) -> ViewForecast:
        """Rank customers by the revenue expected of them; on a past day those of the sample."""
        model: ValueModel = self.stored.model

        def forecast_view(view: DayView) -> Doubles:
            if view.day == self._history.as_of:
                return self.groups.revenue  # scored already
            if view.day >= model.card.as_of:
                history = self._history.sample
                scores = model.score(history.snapshot(view.day, READ), view.day)
                revenue: Doubles = scores["expected_revenue"].to_numpy()
                return revenue
            forecast = self.expected_at(view.day)
            if forecast is None:
                return estimate_value(view)
            return forecast(self._history.sample.snapshot(view.day, READ))

        return forecast_view


def forecast_value(
    snapshot: pa.Table,
    history: History,
    settings: Value,
    registry: ModelRegistry,
    *,
    currency: str | None,
    progress: Progress,
) -> Result:
    """Forecast revenue, orders and lifetime value of every customer.

    Returns
    -------
    Result
        ``customers`` in the order of the snapshot; ``model`` is the :class:`ValueForecasts`.
    """
    ground = lay_out_history(history, settings, currency)
    stored = registry.load_or_explain(
        value_scores.KIND,
        value_scores.load_value_model,
        settings=settings,
        lasts_days=LASTS_DAYS,
    )
    reason = stored.reason or explain_misfit(stored.model, ground)
    if reason:
        learnt = learn_value(
            history, settings, currency=currency, data_hash=registry.data_hash, progress=progress
        )
        ground = learnt.ground
        stored = registry.keep(
            learnt.model, reason, settings=settings, tables=learnt.tables, facts=learnt.facts
        )
    elif stored.model.level_of != (registry.as_of, registry.data_hash):
        model = bring_to_day(stored.model, ground, registry.data_hash)
        stored = registry.carry(model, stored, settings=settings)
    scores = stored.model.score(snapshot, registry.as_of)
    past_errors = load_errors(snapshot, stored, registry)
    groups = GroupForecaster.of(ground, stored.model, scores)
    groups.known_errors.update(past_errors.errors)
    tables = {
        "customers": scores,
        "models": model_rows(registry, stored),
        **stored.tables,
        "value_forecast": build_value_forecast(groups, currency),
    }
    facts = headline(stored, "value_mean")
    facts |= {name: getattr(settings, name) for name in SETTINGS_SHOWN}
    return Result(tables, facts, ValueForecasts(stored, history, groups, past_errors))


def headline(stored: StoredModel, purpose: str) -> dict[str, Any]:
    """Return the facts of a model, opened by its first note in both languages."""
    rows = stored.tables["model_notes"].to_pylist() if "model_notes" in stored.tables else []
    notes = [row for row in rows if row["purpose"] == purpose]
    first: dict[str, Any] = min(notes, key=lambda row: row["position"], default={})
    texts = {f"text_{lang.lower()}": first.get(f"text_{lang.lower()}") for lang in LANGS}
    model = stored.describe() | {"reason": stored.reason}
    return texts | {"model": model} | dict(stored.facts)


def model_rows(registry: ModelRegistry, stored: StoredModel) -> pa.Table:
    """Return champion and challenger as rows of the table ``models``."""
    if stored.model is None:
        return MODELS.empty_table()
    kind = stored.model.card.kind
    rows = [model_row(kind, stored.model_id, "champion", stored.model.card)]
    challenger = registry.challenger(kind, stored.model_id)
    if challenger is not None:
        rows.append(model_row(kind, challenger[0], "challenger", challenger[1]))
    return pa.Table.from_pylist(rows, MODELS)
