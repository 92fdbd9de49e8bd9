"""The stage of actions: what to do, for whom, and which actions address each customer."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.actions import (
    PERIOD_DAYS,
    ActionInputs,
    CustomersAt,
    PastStep,
    recommend_actions,
    view_customers,
)
from clientela.actions.cross_sell import SIDES, list_pairs
from clientela.config import Economics
from clientela.errors import ArtifactError
from clientela.features.affinity import learn_affinity
from clientela.features.cohorts import follow_cohorts
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import SAMPLE_SEED, History
from clientela.features.product_families import ProductFamilies
from clientela.features.product_ranking import rank_products
from clientela.features.snapshot import KEY
from clientela.i18n import Lang
from clientela.insiders.score.result import ProgrammeResult
from clientela.pipeline.result import Result, add_columns
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card, versions
from clientela.registry.model_registry import ModelRegistry
from clientela.registry.past_evidence import Recall
from clientela.statistics.arrays import doubles
from clientela.store.arrow_schemas import arrow_schema

MOST_PAIRS = 40  # by convention: a screen or two
KIND = "product_affinity"
LASTS_DAYS = 30  # as the other models: what goes with what changes with the range


class ProductAffinity:
    """The families of products and which go together, stored like the evidence of a model.

    Parameters
    ----------
    families : ProductFamilies
        The products by family.
    pairs : list of dict
        Families that go together, of :func:`clientela.actions.cross_sell.list_pairs`.
    card : Card
        When they were learnt.
    """

    def __init__(self, families: ProductFamilies, pairs: list[dict[str, Any]], card: Card) -> None:
        self.families, self.pairs, self.card = families, pairs, card

    def artifact(self) -> Artifact:
        """Return them as JSON."""
        return Artifact(KIND, {"pairs": self.pairs, **self.families._asdict()}, {}, self.card)

    @classmethod
    def of_artifact(cls, artifact: Artifact) -> "ProductAffinity":
        """Build them of what is stored.

        Raises
        ------
        ArtifactError
            It cannot be read.
        """
        try:
            families = ProductFamilies(
                *(dict(artifact.payload[name]) for name in ProductFamilies._fields)
            )
            pairs = [dict(pair) for pair in artifact.payload["pairs"]]
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError(
                f"the stored families of products cannot be read: {error}",
                where=f"{KIND} of {artifact.card.as_of}",
                do="run again with --refit",
            ) from None
        return cls(families, pairs, artifact.card)


def propose_actions(
    history: History,
    economics: Economics,
    registry: ModelRegistry,
    *,
    segments: Result,
    churn: Result,
    programme: Result,
    currency: str | None,
    unreachable: pa.Array,
) -> Result:
    """Propose actions for segments, groups of the programme, those at risk and everyone.

    Parameters
    ----------
    registry : ModelRegistry
        Where the families of products are kept, and what was measured of past days.
    segments, churn, programme : Result
        Of the stages before; the programme's model is its :class:`ProgrammeResult`.
    unreachable : pa.Array
        Ids of customers whom no action addresses.

    Returns
    -------
    Result
        ``actions``, ``products`` and ``product_pairs``, ``cohorts`` and ``cohort_groups``, and of
        ``customers`` how each began, in which months they ordered and the ids of their actions.
    """
    snapshot, result = history.snapshot(history.as_of), programme.model
    names: dict[int, dict[Lang, str]] = {
        facts["id"]: {"en": facts["name"], "pt_BR": facts["name_pt_BR"]}
        for facts in segments.facts["segments"]
    }
    scores = churn.tables["customers"]
    ranked = np.isfinite(doubles(scores, "contact_rank"))
    status = np.asarray(result.status["insider"].to_pylist(), dtype=object)
    affinity = _load_affinity(history, registry)
    families, pairs = affinity.families, affinity.pairs
    member = np.isin(status, ("member", "leaving"))
    products, buyers = rank_products(
        history,
        families,
        snapshot[KEY].combine_chunks().filter(pa.array(member)),
        {pair[side] for pair in pairs for side in SIDES},
    )
    grounds = {
        "segments": segments.facts["model"]["id"],
        "rules": [result.entry.to_json(), result.exit.to_json()],
    }
    inputs = ActionInputs(
        history=history,
        revenue=read_daily_revenue(history),
        today=view_customers(
            history,
            history.as_of,
            segments.tables["customers"]["segment"].to_numpy(),
            member,
        ),
        view_past=_look_back(history, segments, result),
        recall=partial(_recall_step, registry.recall, grounds),
        names=names,
        currency=currency,
        status=status,
        enters=result.entry.choose(snapshot),
        stays=result.entry.choose(snapshot) | result.exit.choose(snapshot),
        loss=np.where(ranked, doubles(scores, "expected_loss"), np.nan),
        loss_judged=churn.facts["contacts"]["judged"],
        margin=doubles(scores, "gross_margin"),
        families=families,
        pairs=pairs,
        buyers=buyers,
        saved_share=economics.saved_share,
        unreachable=unreachable,
    )
    actions, customers = recommend_actions(inputs)
    order = [("first_customers", "descending"), ("family", "ascending")]
    by_month, groups, starts = follow_cohorts(
        history, families, products.sort_by(order)["family"].to_pylist()
    )
    tables = {"customers": add_columns(starts, customers), "actions": actions, "products": products}
    tables |= {"cohorts": by_month, "cohort_groups": groups}
    return Result(tables | {"product_pairs": _tabulate_pairs(affinity)})


def _load_affinity(history: History, registry: ModelRegistry) -> ProductAffinity:
    """Load the families of products and which go together, or learn them of a sample."""
    stored = registry.load_or_explain(
        KIND, ProductAffinity.of_artifact, lasts_days=LASTS_DAYS, replaceable=True
    )
    if stored.goes_on:
        former: ProductAffinity = stored.model
        return former
    pairs, families = learn_affinity(history.sample)
    card = Card(
        kind=KIND,
        data_hash=registry.data_hash,
        as_of=registry.as_of,
        customers=history.snapshot(history.as_of, ("orders",)).num_rows,
        features=(),
        parameters={},
        seed=SAMPLE_SEED,
        versions=versions("clientela"),
    )
    affinity = ProductAffinity(families, list_pairs(pairs, history.sample.stands_for), card)
    registry.renew(affinity)
    return affinity


def _tabulate_pairs(affinity: ProductAffinity) -> pa.Table:
    names = affinity.families.names
    measured = ("first", "second", "orders", "support", "confidence", "lift")
    pairs = [
        {"position": position, **{name: row[name] for name in measured}}
        | {f"{side}_name": names[row[side]] for side in SIDES}
        for position, row in enumerate(affinity.pairs[:MOST_PAIRS], 1)
    ]
    return pa.Table.from_pylist(pairs, arrow_schema("product_pairs"))


def _recall_step(
    recall: Recall,
    grounds: Mapping[str, Any],
    name: str,
    measure: Callable[[], PastStep | None],
) -> PastStep | None:
    step = recall(f"action {name}", grounds, measure)
    return None if step is None else PastStep(*step)


def _look_back(
    history: History, segments: Result, programme: ProgrammeResult
) -> Callable[[], CustomersAt] | None:
    """Return what views the customers of a period ago; None where none lies before."""
    day = history.as_of - dt.timedelta(days=PERIOD_DAYS)
    if (day - history.first_day).days < PERIOD_DAYS:
        return None
    return lambda: _view_past(history.sample, day, segments, programme)


def _view_past(
    history: History, day: dt.date, segments: Result, programme: ProgrammeResult
) -> CustomersAt:
    snapshot = history.snapshot(day)
    try:
        members = programme.members_at(day)
    except KeyError:
        members = frozenset()
    member = np.fromiter((name in members for name in snapshot[KEY].to_pylist()), dtype=np.bool_)
    return view_customers(history, day, segments.model.assign(snapshot)[0], member)
