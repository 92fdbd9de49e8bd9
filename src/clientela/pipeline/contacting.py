"""The stage between churn and programme: money at risk, and whom to contact."""

from dataclasses import replace

import pyarrow as pa

from clientela.config import Economics
from clientela.contacting.margins import read_margins
from clientela.contacting.plan import EXPECTED, plan_contacts
from clientela.features.history import History
from clientela.features.snapshot import KEY
from clientela.pipeline.result import Result, add_columns
from clientela.store.arrow_schemas import TABLES


def add_contacts(
    churn: Result, value: Result, history: History, economics: Economics, unreachable: pa.Array
) -> Result:
    """Add expected losses, margins and the order of contacts to the churn stage's result.

    Parameters
    ----------
    churn, value : Result
        What the stages before gave; all customers stand in ``value``.
    history : History
        The sales behind margins by category.
    economics : Economics
        Margins, costs and capacity.
    unreachable : pa.Array
        Ids of customers who must not be contacted or are held out: they get no rank.
    """
    scores = churn.tables["customers"]
    customers = add_columns(value.tables["customers"], scores, ("churn_probability", "churn_band"))
    framing = churn.model.facts.get("framing") or {}
    # What is lost is of the days that the probability speaks of, whatever the forecast's are.
    days = int(framing.get("horizon_days") or value.facts["horizon_days"])
    expected, judged = value.model.expect_within(days)
    customers = customers.append_column(EXPECTED, pa.array(expected, from_pandas=True))
    margins = read_margins(history, customers[KEY], economics)
    curve = churn.tables.get("churn_contacts", TABLES["churn_contacts"].empty_table())
    listed, priced, facts = plan_contacts(customers, margins, curve, economics, unreachable)
    joined: pa.Table = add_columns(listed, scores)
    # Whether past dates judge the losses that are summed, and within how many days they fall.
    facts = facts | {"judged": judged, "days": days}
    tables = churn.tables | {"customers": joined, "churn_contacts": priced}
    return replace(churn, tables=tables, facts=churn.facts | {"contacts": facts})
