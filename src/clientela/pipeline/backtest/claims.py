"""Claims made as of past days beside what followed: how often they held."""

import datetime as dt
from typing import Any

from clientela.monitoring.claims import check_claims, list_claims
from clientela.pipeline.backtest.context import BacktestContext, BacktestPeriod
from clientela.pipeline.backtest.parts import backtest_churn, backtest_value, list_rows
from clientela.statistics.dates import LEAST_DATES

MOST_DAYS = 10  # by convention: "our last ten such sentences"


def list_claim_days(period: BacktestPeriod) -> list[dt.date]:
    """List the days to go back to, the latest first, a horizon apart.

    Each has the dates behind it without which nothing is claimed.

    Examples
    --------
    >>> end = dt.date(2011, 12, 9)
    >>> list_claim_days(BacktestPeriod(dt.date(2009, 12, 1), end, dt.date(2011, 9, 10), 90))[-1]
    datetime.date(2011, 3, 14)
    """
    step = dt.timedelta(days=period.horizon_days)
    days = [period.as_of - step * back for back in range(MOST_DAYS)]
    return [day for day in days if day - step * (LEAST_DATES + 1) >= period.first_day]


def replay_claims(context: BacktestContext) -> list[dict[str, Any]]:
    """Learn as of a past day, and list what a run would have claimed, checked on what came.

    Returns
    -------
    list of dict
        Rows of the table ``claims``.
    """
    learnt, value = backtest_value(context)
    churn = backtest_churn(context)
    tables, judged = list_rows([value, *([churn.part] if churn else [])])
    facts = [learnt.facts, churn.fit.facts if churn else {}]
    beats = [claim for part in facts for claim in part.get("claims", ())]
    claims = list_claims(context.period.as_of, beats, tables["value_forecast"])
    return check_claims(claims, context.future, judged)
