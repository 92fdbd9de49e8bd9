"""The past that may be learnt from, and the future that is looked at once."""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pyarrow as pa

from clientela.config import Settings
from clientela.engine import Engine
from clientela.errors import InputError
from clientela.features.history import History
from clientela.features.reading import make_reader
from clientela.pipeline.backtest.truth import read_truth
from clientela.pipeline.reading import TablesState
from clientela.tables import summary
from clientela.tables.workspace import Workspace

LEAST_DAYS = 30  # by convention: a month, or nobody can have come back


LEAST_CUSTOMERS = 20  # by convention: of fewer, one customer moves a share by 5 %


@dataclass(frozen=True)
class BacktestPeriod:
    """What is known and what is judged, local days.

    Parameters
    ----------
    first_day, last_day : datetime.date
        The first and the last day of the data, both included.
    as_of : datetime.date
        The last day that may be learnt from.
    horizon_days : int
        Days after it that are judged.

    Examples
    --------
    >>> day = dt.date(1997, 9, 30)
    >>> BacktestPeriod(dt.date(1997, 1, 1), dt.date(1998, 6, 30), day, 273).upto
    datetime.date(1998, 6, 30)
    """

    first_day: dt.date
    last_day: dt.date
    as_of: dt.date
    horizon_days: int

    @property
    def upto(self) -> dt.date:
        """The last day that is judged."""
        return self.as_of + dt.timedelta(days=self.horizon_days)


@dataclass(frozen=True)
class BacktestContext:
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

    period: BacktestPeriod
    past: History
    future: History
    settings: Settings
    customers: int
    currency: str | None
    data_hash: str
    workspace: Workspace
    truth: pa.Table | None = None
    simulations: int = 0


@dataclass(frozen=True)
class BacktestRequest:
    """The sources, and the days to judge; what is absent is chosen from the data.

    Parameters
    ----------
    sources, customers : tuple of str
        Files or URLs; without any, what the workspace holds.
    as_of : datetime.date, optional
        The last day that may be learnt from.
    horizon_days : int, optional
        Days after it that are judged.
    truth : Path, optional
        The simulator's truth of the customers, a Parquet file.
    simulations : int
        How often to simulate each fitted Buy Till You Die model and fit it again.
    claims : bool
        Go back day by day instead, and count which claims held.
    """

    sources: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    as_of: dt.date | None = None
    horizon_days: int | None = None
    truth: Path | None = None
    simulations: int = 0
    claims: bool = False


def open_context(
    request: BacktestRequest,
    settings: Settings,
    engine: Engine,
    workspace: Workspace,
    state: TablesState,
) -> BacktestContext:
    """Set the stage for the day asked for.

    Raises
    ------
    InputError
        The days do not fit the data, or too few customers are known on that day.
    """
    totals = state.totals
    horizon_days = request.horizon_days or settings.value.horizon_days
    first_day, last_day = totals.first_day or state.as_of, totals.last_day or state.as_of
    period = choose_period(first_day, last_day, request.as_of, horizon_days)
    buyers = summary.totals(engine, workspace.tables(engine), period.as_of).buyers
    check_customers(buyers, period.as_of)
    past = History(
        engine=engine,
        read=make_reader(engine, workspace),
        groups=workspace.groups(engine.rows_at_once),
        first_day=first_day,
        as_of=period.as_of,
    )
    return BacktestContext(
        period=period,
        past=past,
        future=_open_future(past, period),
        settings=_align_horizons(settings, period),
        customers=buyers,
        currency=state.manifest.currency,
        data_hash=state.data_hash,
        workspace=workspace,
        truth=read_truth(request.truth) if request.truth else None,
        simulations=request.simulations,
    )


def _open_future(past: History, period: BacktestPeriod) -> History:
    """Open the days after; the past knows nothing of what this one computes."""
    return replace(past, as_of=period.upto)


def _align_horizons(settings: Settings, period: BacktestPeriod) -> Settings:
    """Judge value and churn on the same days."""
    value = msgspec.structs.replace(settings.value, horizon_days=period.horizon_days)
    churn = msgspec.structs.replace(settings.churn, horizon_days=period.horizon_days)
    return msgspec.structs.replace(settings, value=value, churn=churn)


def choose_period(
    first_day: dt.date, last_day: dt.date, as_of: dt.date | None, horizon_days: int
) -> BacktestPeriod:
    """Choose the days: the last horizon of the data is judged, unless another day is asked for.

    Parameters
    ----------
    first_day, last_day : datetime.date
        The first and the last day of the data, both included.
    as_of : datetime.date, optional
        The day asked for.
    horizon_days : int
        Days to judge.

    Raises
    ------
    InputError
        The day lies outside the data, the days after it are not over, or too few lie before it.
    """
    latest = last_day - dt.timedelta(days=horizon_days)
    day = as_of or latest
    if as_of and not first_day <= as_of <= last_day:
        raise InputError(
            f"{as_of} lies outside the data, which goes from {first_day} to {last_day}",
            where="--as-of",
            do="give a day inside, with enough days before and after it",
        )
    if day > latest:
        raise InputError(
            f"{horizon_days} days after {day} reach beyond {last_day}, the last day of the data",
            where="--horizon-days",
            do=f"give --as-of {latest} or earlier, or fewer days",
        )
    if (day - first_day).days < LEAST_DAYS:
        raise InputError(
            f"only {max((day - first_day).days, 0)} days of history lie before {day}: at least "
            f"{LEAST_DAYS} are needed",
            where="--as-of" if as_of else "--horizon-days",
            do="give a later day, fewer days to judge, or a longer history",
        )
    return BacktestPeriod(first_day, last_day, day, horizon_days)


def check_customers(customers: int, as_of: dt.date) -> None:
    """Refuse to learn from fewer customers than would tell anything.

    Raises
    ------
    InputError
        There are too few.
    """
    if customers < LEAST_CUSTOMERS:
        raise InputError(
            f"{customers} customers had bought by {as_of}: at least {LEAST_CUSTOMERS} are needed",
            do="give a later day or a longer history",
        )
