"""The propensity stage: learnt where configured and there is a reason, scored for everyone."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa

from clientela.churn.score import model as churn_scores
from clientela.churn.score.model import ChurnModel
from clientela.config import Economics, Propensity
from clientela.config.propensity import CATEGORY, INSIDER
from clientela.errors import ConfigError
from clientela.features.history import History
from clientela.features.snapshot import KEY
from clientela.insiders.score.monthly_snapshots import FEATURES
from clientela.insiders.score.rule import ProgrammeRule, RuleCondition
from clientela.pipeline.result import Result
from clientela.pipeline.value import model_rows
from clientela.propensity.fit.learning import learn_propensity
from clientela.propensity.fit.targets import (
    PropensityTarget,
    aim_at_category,
    aim_at_entry,
    list_categories,
)
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card
from clientela.registry.model_registry import ModelRegistry, StoredModel
from clientela.statistics.arrays import Doubles, doubles

LASTS_DAYS = 30
"""Learnt again after a month, as churn is: by then a month of new outcomes is known."""
SHOWN_CATEGORIES = 10  # by convention: what a sentence can list
HASH_LETTERS = 12  # of a category's name in the folder of its models: enough to tell them apart


class PropensityModel:
    """A churn model of another event, stored under a kind of its own."""

    def __init__(self, kind: str, model: ChurnModel, rule: str) -> None:
        self.kind, self.model = kind, model
        parameters = model.card.parameters | {"rule": rule}
        self.card = msgspec.structs.replace(model.card, kind=kind, parameters=parameters)

    def artifact(self) -> Artifact:
        """Return the model as JSON and arrays, under its own kind."""
        return self.model.artifact()._replace(kind=self.kind, card=self.card)


def score_propensity(
    history: History,
    settings: Propensity,
    economics: Economics,
    registry: ModelRegistry,
    entry: ProgrammeRule,
) -> Result:
    """Score the propensities that are configured; without any, return nothing at all.

    Parameters
    ----------
    entry : ProgrammeRule
        The conditions to enter the programme, as this run has them.

    Returns
    -------
    Result
        ``customers`` holds the probabilities of each customer by target, as JSON.
    """
    if not settings.targets:
        empty = pa.table(
            {KEY: pa.array([], pa.string()), "propensities": pa.array([], pa.string())}
        )
        return Result({"customers": empty}, {})
    parts: list[dict[str, pa.Table]] = []
    chances: dict[str, dict[str, float]] = {}
    for name in settings.targets:
        target = _make_target(name, entry)
        rule = entry.to_json() if name == INSIDER else ""
        stored = _load_or_learn(name, target, rule, history, settings, economics, registry)
        parts.append({**stored.tables, "models": model_rows(registry, stored)})
        for customer, chance in _score(stored, target, history):
            chances.setdefault(customer, {})[name] = chance
    names = sorted({name for part in parts for name in part})
    tables = {
        name: pa.concat_tables([part[name] for part in parts if name in part]) for name in names
    }
    return Result(tables | {"customers": _write_chances(chances)}, {"targets": settings.targets})


def check_categories(history: History, settings: Propensity) -> None:
    """Raise if a category that is asked for was never sold.

    Raises
    ------
    ConfigError
        No line has one of the categories.
    """
    if not settings.categories:
        return
    known = list_categories(history)
    lacking = [name for name in settings.categories if name not in known]
    if not lacking:
        return
    raise ConfigError(
        f"no line has the category {', '.join(lacking)} of propensity.categories",
        where="propensity.categories",
        do=f"name them as the file does: {', '.join(known[:SHOWN_CATEGORIES])}"
        if known
        else "the file has no column of categories: map one in [source.columns], or leave "
        "propensity.categories out",
    )


def read_entry_rule(conditions: pa.Table) -> ProgrammeRule:
    """Read the conditions to enter off ``programme_conditions``."""
    rows = [row for row in conditions.to_pylist() if row["kind"] == "entry"]
    return ProgrammeRule(
        tuple(RuleCondition(row["feature"], row["operator"], row["value"]) for row in rows)
    )


def make_entry_target(entry: ProgrammeRule) -> PropensityTarget:
    """Make the target of meeting the conditions to enter."""
    return aim_at_entry(entry.choose, partial(measure_progress, entry), FEATURES)


def measure_progress(entry: ProgrammeRule, snapshot: pa.Table) -> Doubles:
    """Return how far customers are on the way to a rule: the share of its hardest condition met.

    Examples
    --------
    >>> entry = ProgrammeRule((RuleCondition("orders", ">=", 4.0),))
    >>> measure_progress(entry, pa.table({"orders": [1, 8]}))
    array([0.25, 1.  ])
    """
    shares = [np.zeros(len(snapshot))] if not entry.conditions else []
    shares += [_measure_condition(condition, snapshot) for condition in entry.conditions]
    return np.asarray(np.clip(np.min(shares, axis=0), 0.0, 1.0))


def _measure_condition(condition: RuleCondition, snapshot: pa.Table) -> Doubles:
    values = np.nan_to_num(doubles(snapshot, condition.feature))
    if condition.operator == ">=":
        return np.asarray(values / condition.value if condition.value else np.ones(len(values)))
    return np.asarray((condition.value + 1.0) / (values + 1.0))  # a day more: 0 days are no share


def _make_target(name: str, entry: ProgrammeRule) -> PropensityTarget:
    if name == INSIDER:
        return make_entry_target(entry)
    return aim_at_category(name.removeprefix(CATEGORY))


def _name_kind(name: str) -> str:
    digest = sha256(name.encode()).hexdigest()[:HASH_LETTERS]
    return "propensity_insider" if name == INSIDER else f"propensity_{digest}"


def _load_or_learn(
    name: str,
    target: PropensityTarget,
    rule: str,
    history: History,
    settings: Propensity,
    economics: Economics,
    registry: ModelRegistry,
) -> StoredModel:
    kind = _name_kind(name)

    def find_misfit(card: Card) -> str:
        return "" if card.parameters.get("rule") == rule else "the conditions to enter changed"

    stored = registry.load_or_explain(
        kind,
        churn_scores.from_artifact,
        settings=settings,
        lasts_days=LASTS_DAYS,
        find_misfit=find_misfit,
    )
    if stored.goes_on:
        return stored
    own = economics.category_margins.get(name.removeprefix(CATEGORY))
    margin = own or economics.gross_margin
    learnt = learn_propensity(
        name, target, history, settings, data_hash=registry.data_hash, margin=margin
    )
    if learnt.model is None:
        registry.retire(kind)
        return StoredModel(reason=stored.reason, tables=learnt.tables, facts=learnt.facts)
    model = PropensityModel(kind, learnt.model, rule)
    kept = registry.keep(
        model, stored.reason, settings=settings, tables=learnt.tables, facts=learnt.facts
    )
    return replace(kept, model=replace(learnt.model, card=model.card))


def _score(
    stored: StoredModel, target: PropensityTarget, history: History
) -> list[tuple[str, float]]:
    """Return each customer who could do it, with the probability."""
    if stored.model is None:
        return []
    scores = stored.model.score(target.list_customers(history, history.as_of))
    return list(zip(scores[KEY].to_pylist(), scores["churn_probability"].to_pylist(), strict=True))


def _write_chances(chances: Mapping[str, Mapping[str, float]]) -> pa.Table:
    texts: dict[str, Any] = {
        KEY: pa.array(list(chances), pa.string()),
        "propensities": pa.array(
            [msgspec.json.encode(values).decode() for values in chances.values()], pa.string()
        ),
    }
    return pa.table(texts)
