"""The stage of actions: what to do, for whom, and which actions address each customer."""

import datetime as dt

import numpy as np
import pyarrow as pa

from clientela.actions import (
    PERIOD_DAYS,
    ActionInputs,
    CustomersAt,
    recommend_actions,
    view_customers,
)
from clientela.actions.cross_sell import SIDES, list_pairs
from clientela.config import Economics
from clientela.features.daily_revenue import read_daily_revenue
from clientela.features.history import History
from clientela.features.product_ranking import rank_products
from clientela.features.snapshot import KEY
from clientela.i18n import Lang
from clientela.insiders.score.result import ProgrammeResult
from clientela.pipeline.result import Result
from clientela.statistics.arrays import doubles
from clientela.store.arrow_schemas import arrow_schema

MOST_PAIRS = 40  # by convention: a screen or two


def propose_actions(
    history: History,
    economics: Economics,
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
    segments, churn, programme : Result
        Of the stages before; the programme's model is its :class:`ProgrammeResult`.
    unreachable : pa.Array
        Ids of customers whom no action addresses.

    Returns
    -------
    Result
        ``actions``, ``products`` and ``product_pairs``, and of ``customers`` the ids of the
        actions for each.
    """
    snapshot, result = history.snapshot(history.as_of), programme.model
    names: dict[int, dict[Lang, str]] = {
        facts["id"]: {"en": facts["name"], "pt_BR": facts["name_pt_BR"]}
        for facts in segments.facts["segments"]
    }
    scores = churn.tables["customers"]
    ranked = np.isfinite(doubles(scores, "contact_rank"))
    status = np.asarray(result.status["insider"].to_pylist(), dtype=object)
    inputs = ActionInputs(
        history=history,
        revenue=read_daily_revenue(history),
        today=view_customers(
            history,
            history.as_of,
            segments.tables["customers"]["segment"].to_numpy(),
            np.isin(status, ("member", "leaving")),
        ),
        past=_view_past(history.sample, segments, result),
        names=names,
        currency=currency,
        status=status,
        enters=result.entry.choose(snapshot),
        stays=result.entry.choose(snapshot) | result.exit.choose(snapshot),
        loss=np.where(ranked, doubles(scores, "expected_loss"), np.nan),
        loss_judged=churn.facts["contacts"]["judged"],
        margin=doubles(scores, "gross_margin"),
        saved_share=economics.saved_share,
        unreachable=unreachable,
    )
    actions, customers = recommend_actions(inputs)
    return Result({"customers": customers, "actions": actions, **_tabulate_products(inputs)})


def _tabulate_products(inputs: ActionInputs) -> dict[str, pa.Table]:
    """Rank what is bought, and list which families go together, the most leverage first."""
    if not len(inputs.today.ids):
        return {}
    affine, families = inputs.affinity
    names = families.names
    inside = pa.array(np.isin(inputs.status, ("member", "leaving")))
    ids = inputs.today.ids.combine_chunks().filter(inside)
    measured = ("first", "second", "orders", "support", "confidence", "lift")
    ranked = list_pairs(affine, inputs.history.sample.stands_for)
    pairs = [
        {"position": position, **{name: row[name] for name in measured}}
        | {f"{side}_name": names[row[side]] for side in SIDES}
        for position, row in enumerate(ranked[:MOST_PAIRS], 1)
    ]
    return {
        "products": rank_products(inputs.history, families, ids),
        "product_pairs": pa.Table.from_pylist(pairs, arrow_schema("product_pairs")),
    }


def _view_past(
    history: History, segments: Result, programme: ProgrammeResult
) -> CustomersAt | None:
    """Return the customers of a period ago, of a sample of them; None where none lies before."""
    day = history.as_of - dt.timedelta(days=PERIOD_DAYS)
    if (day - history.first_day).days < PERIOD_DAYS:
        return None
    snapshot = history.snapshot(day)
    try:
        members = programme.members_at(day)
    except KeyError:
        members = frozenset()
    member = np.fromiter((name in members for name in snapshot[KEY].to_pylist()), dtype=np.bool_)
    return view_customers(history, day, segments.model.assign(snapshot)[0], member)
