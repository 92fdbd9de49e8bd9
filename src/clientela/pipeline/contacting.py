"""The stage between churn and programme: money at risk, and whom to contact."""

from dataclasses import replace

import pyarrow as pa

from clientela.config import Economics
from clientela.contacting.margins import read_margins
from clientela.contacting.plan import plan_contacts
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
    margins = read_margins(history, customers[KEY], economics)
    curve = churn.tables.get("churn_contacts", TABLES["churn_contacts"].empty_table())
    listed, priced, facts = plan_contacts(customers, margins, curve, economics, unreachable)
    joined: pa.Table = add_columns(listed, scores)
    known = (row for row in value.tables["value_forecast"].to_pylist())
    judged = any(row["measurable"] for row in known if row["customer_group"] == "known")
    facts = facts | {"judged": judged}  # whether past dates judge the losses that are summed
    tables = churn.tables | {"customers": joined, "churn_contacts": priced}
    return replace(churn, tables=tables, facts=churn.facts | {"contacts": facts})
