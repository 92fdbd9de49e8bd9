"""The past that may be learnt from, and the future that is looked at once."""

from dataclasses import dataclass, replace

import msgspec
import pyarrow as pa

from clientela.config import Settings
from clientela.engine import Engine
from clientela.features.history import History
from clientela.features.reading import reading
from clientela.pipeline.backtest.period import Period, chosen, see_customers
from clientela.pipeline.backtest.request import Ask
from clientela.pipeline.backtest.truth import truth_of
from clientela.pipeline.reading import State
from clientela.tables import summary
from clientela.tables.workspace import Workspace


@dataclass(frozen=True)
class Scene:
    """What every part of a backtest works with.

    Parameters
    ----------
    period : Period
        The days.
    past : History
        It sees nothing after ``period.as_of``: all that is learnt is learnt from it.
    future : History
        It sees up to ``period.upto``: it judges, once.
    settings : Settings
        The configuration; its horizons are the period's.
    customers : int
        Customers with a purchase by ``period.as_of``.
    currency : str or None
        ISO 4217 code of the amounts.
    data_hash : str
        Names the content of the tables.
    workspace : Workspace
        Where the tables are.
    truth : pa.Table, optional
        The simulator's truth of the customers, where the data is simulated.
    simulations : int
        How often to simulate each fitted Buy Till You Die model.
    """

    period: Period
    past: History
    future: History
    settings: Settings
    customers: int
    currency: str | None
    data_hash: str
    workspace: Workspace
    truth: pa.Table | None = None
    simulations: int = 0


def scene(
    ask: Ask, settings: Settings, engine: Engine, workspace: Workspace, state: State
) -> Scene:
    """Set the stage for the day asked for.

    Raises
    ------
    InputError
        The days do not fit the data, or too few customers are known on that day.
    """
    whole = state.totals
    horizon_days = ask.horizon_days or settings.value.horizon_days
    first_day, last_day = whole.first_day or state.as_of, whole.last_day or state.as_of
    period = chosen(first_day, last_day, ask.as_of, horizon_days)
    buyers = summary.totals(engine, workspace.tables(engine), period.as_of).buyers
    see_customers(buyers, period.as_of)
    past = History(
        engine=engine,
        read=reading(engine, workspace),
        groups=workspace.groups(),
        first_day=first_day,
        as_of=period.as_of,
    )
    return Scene(
        period=period,
        past=past,
        future=_future(past, period),
        settings=_at(settings, period),
        customers=buyers,
        currency=state.manifest.currency,
        data_hash=state.data_hash,
        workspace=workspace,
        truth=truth_of(ask.truth) if ask.truth else None,
        simulations=ask.simulations,
    )


def _future(past: History, period: Period) -> History:
    """Open the days after; the past knows nothing of what this one computes."""
    return replace(past, as_of=period.upto, _held={}, _outcomes={})


def _at(settings: Settings, period: Period) -> Settings:
    """Judge value and churn on the same days."""
    value = msgspec.structs.replace(settings.value, horizon_days=period.horizon_days)
    churn = msgspec.structs.replace(settings.churn, horizon_days=period.horizon_days)
    return msgspec.structs.replace(settings, value=value, churn=churn)
