"""The step after the programme: tiers of the members, and what the programme costs and must do."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.config import Economics
from clientela.features.snapshot import KEY
from clientela.insiders.score.business_case import INSIDE, judge_case, price_case
from clientela.pipeline.result import Result, add_columns
from clientela.statistics.arrays import doubles


def add_case(
    programme: Result, snapshot: pa.Table, value: Result, churn: Result, economics: Economics
) -> Result:
    """Add tiers, business case and verdict to the programme's result.

    Parameters
    ----------
    programme, value, churn : Result
        Of the stages before; expected revenue stands in ``value``, margins in ``churn``.
    snapshot : pa.Table
        The customers.
    economics : Economics
        Benefit, effect and scenarios.
    """
    members, sizes = (programme.tables[f"programme_{name}"] for name in ("members", "case"))
    if programme.facts["state"] == "launched":
        sizes = count_tiers(members, sizes)
    else:
        members = add_tiers(members, sizes)
    customers = add_columns(snapshot.select([KEY, "revenue_365d"]), programme.tables["customers"])
    customers = add_columns(customers, members, ["tier"])
    customers = add_columns(customers, value.tables["customers"], ["expected_revenue"])
    customers = add_columns(customers, churn.tables["customers"], ["gross_margin"])
    horizon_days = int(value.facts["horizon_days"])
    priced = price_case(sizes, customers, economics, horizon_days)
    verdict = judge_case(priced["programme_case"], programme.tables["programme_tests"], economics)
    tables = {"programme_members": members, "programme_verdict": verdict, **priced}
    facts = programme.facts | {"verdict": verdict["code"].to_pylist()[:2]}
    return replace(programme, tables=programme.tables | tables, facts=facts)


def count_tiers(members: pa.Table, sizes: pa.Table) -> pa.Table:
    """Count the members whom the ledger has in each tier, those warned of a fall included."""
    held = Counter(members["tier"].to_pylist())
    rows: list[dict[str, Any]] = sizes.to_pylist()
    customers = next((row["members"] / row["members_share"] for row in rows if row["members"]), 0)
    for row in (row for row in rows if row["option"] == "tier"):
        row["members"] = held[row["tier"]]
        row["members_share"] = held[row["tier"]] / customers if customers else None
    return pa.Table.from_pylist(rows, sizes.schema)


def add_tiers(members: pa.Table, sizes: pa.Table) -> pa.Table:
    """Fill in the tier that each on the launch list would enter, by revenue of 12 months."""
    tiers = [row for row in sizes.to_pylist() if row["option"] == "tier"]
    spent = doubles(members, "revenue_365d")
    inside = np.isin(np.asarray(members["status"].to_pylist(), dtype=object), INSIDE)
    names: list[str | None] = [None] * len(members)
    for position, tier in enumerate(tiers, 1):
        amount = -np.inf if position == len(tiers) else tier["threshold"]
        if amount is not None:
            for row in np.flatnonzero(inside & (spent >= amount)):
                names[row] = names[row] or tier["tier"]
    place = members.column_names.index("tier")
    return members.set_column(place, "tier", pa.array(names, pa.string()))
