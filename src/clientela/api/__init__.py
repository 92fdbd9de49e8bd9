"""The Python API: sales read and accounted for, then snapshots, segments, forecasts, programme.

>>> import clientela as cl
>>> import pyarrow as pa
>>> lines = pa.table(
...     {
...         "customer_id": ["a", "a", "b", "b"],
...         "trans_date": ["05-Jan-24", "09-Feb-24", "20-Jan-24", "01-Mar-24"],
...         "tran_amount": ["10.00", "12.50", "99.90", "20.00"],
...     }
... )
>>> sales = cl.read(lines)
>>> sales.snapshot(as_of="2024-02-29").to_arrow().select(["customer_id", "orders"]).to_pydict()
{'customer_id': ['a', 'b'], 'orders': [2, 1]}
"""

import datetime as dt
import io
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import scipy.linalg  # noqa: F401 — its BLAS is loaded before threads are limited
from threadpoolctl import threadpool_limits

from clientela.api.answers import (
    BacktestAnswer,
    CustomerSegments,
    InsidersAnswer,
    SalesAnswer,
    Table,
)
from clientela.config import Settings, parse_settings, read_settings
from clientela.engine import connect
from clientela.errors import InputError
from clientela.features.btyd import btyd
from clientela.features.history import History
from clientela.features.product_families import ProductFamilies
from clientela.features.snapshot import KEY
from clientela.files.atomic_write import owner_only
from clientela.i18n import LANGS, Lang
from clientela.pipeline.churn import score_churn
from clientela.pipeline.publishing import list_account
from clientela.pipeline.reading import RunRequest, TablesState, read_sources
from clientela.pipeline.result import Result
from clientela.pipeline.run import open_history
from clientela.progress import Progress
from clientela.registry.model_registry import ModelRegistry
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace

__all__ = ["Sales", "Table", "read", "rfm"]


@contextmanager
def work_quietly() -> Iterator[None]:
    """Write files for their owner alone, and multiply matrices on one thread.

    The products are small: threads that wait for each other would cost several times as much, in a
    process that had loaded NumPy with more than one.
    """
    with owner_only(), threadpool_limits(1, user_api="blas"):
        yield


class Sales:
    """Sales that were read, cleaned and accounted for; made by :func:`read`.

    Everything it computes goes to a workspace of its own, which ends with it, unless one is named.
    """

    def __init__(self, workspace: Workspace, settings: Settings, resources: ExitStack) -> None:
        self._workspace, self._settings = workspace, settings
        self._progress = Progress("api", io.StringIO())
        scratch = resources.enter_context(workspace.scratch())
        duck = msgspec.structs.replace(settings.engine, name="duckdb")
        self._engine, self._scratch = connect(duck, temp_folder=scratch), scratch
        resources.callback(self._engine.close)
        self._results: dict[tuple[str, bytes], Result] = {}
        self._close = weakref.finalize(self, resources.close)
        self._state: TablesState

    def _read(self, request: RunRequest) -> "Sales":
        now = dt.datetime.now(dt.UTC)
        job = ReadJob(
            self._workspace, self._engine, self._settings, self._progress, self._scratch, now
        )
        with self._workspace.lock():
            self._state = read_sources(job, request)
        return self

    @property
    def account(self) -> Table:
        """Where every row went: rows, customers and money by place and rule."""
        return Table(pa.Table.from_pylist(list_account(self._state.ledgers)))

    @property
    def as_of(self) -> dt.date:
        """The day of the last event."""
        return self._state.as_of

    @property
    def currency(self) -> str | None:
        """ISO 4217 code of the amounts; None where the source names none."""
        return self._state.manifest.currency

    @work_quietly()
    def snapshot(self, as_of: dt.date | str | None = None) -> Table:
        """Return the customers as known on a day, with every feature.

        Parameters
        ----------
        as_of : date or ISO text, optional
            The last day known; the day of the last event if absent.

        Raises
        ------
        InputError
            The day lies after the last event, or nobody had bought by then.
        """
        return Table(self._history.snapshot(self._choose_day(as_of)))

    @work_quietly()
    def purchases(self, as_of: dt.date | str | None = None) -> Table:
        """Return what the fitters of ``cl.btyd`` take: each customer's purchase days in days.

        Parameters
        ----------
        as_of : date or ISO text, optional
            The last day known; the day of the last event if absent.

        Returns
        -------
        Table
            ``customer_id``, ``frequency``, ``recency``, ``T`` and ``monetary_value``, exactly as
            lifetimes and PyMC-Marketing define them.

        Raises
        ------
        InputError
            The day lies outside the sales.
        """
        frame = btyd(self._workspace.tables(self._engine), self._choose_day(as_of))
        return Table(self._engine.to_arrow(frame.order_by(KEY)))

    @work_quietly()
    def cohorts(self) -> Table:
        """Follow customers by the month of their first order: who comes back, what they bring.

        Returns
        -------
        Table
            ``cohort``, ``month``, ``customers``, ``active`` and ``revenue``: a row for every cohort
            and every month from its first to that of the last event.
        """
        from clientela.features.cohorts import follow_cohorts

        by_month, *_ = follow_cohorts(self._history, ProductFamilies({}, {}, {}), ())
        return Table(by_month)

    def _choose_day(self, as_of: dt.date | str | None) -> dt.date:
        day = _parse_day(as_of) or self.as_of
        if not self._history.first_day <= day <= self.as_of:
            raise InputError(
                f"{day} lies outside the sales, {self._history.first_day} to {self.as_of}",
                where="as_of",
                do="give a day of the sales",
            )
        return day

    def segments(self) -> CustomerSegments:
        """Segment the customers: RFM scores, and segments chosen with evidence."""
        columns = ("segment", "segment_confidence", "rfm_segment")
        scores = ("r_score", "f_score", "m_score", "outlier")
        return CustomerSegments(self._segment(), (*columns, *scores))

    def value(self, horizon_days: int | None = None) -> SalesAnswer:
        """Forecast revenue, orders and lifetime value of every customer.

        Parameters
        ----------
        horizon_days : int, optional
            Days ahead; ``value.horizon_days`` of the settings if absent.
        """
        return SalesAnswer(self._forecast(horizon_days), plot=("", "expected_revenue"))

    def churn(self, horizon_days: int | None = None) -> SalesAnswer:
        """Score how likely every customer is to leave, with the reasons.

        Parameters
        ----------
        horizon_days : int, optional
            Days of silence, or until the contract ends; chosen from the purchases if absent.
        """
        settings = self._settings.churn
        if horizon_days is not None:
            settings = msgspec.structs.replace(settings, horizon_days=horizon_days)
        compute = partial(
            score_churn,
            expect=self._forecast(None).model.expected_at,
            season=self._settings.value.season,
        )
        result = self._stage("churn", compute, settings)
        return SalesAnswer(result, plot=("", "churn_probability"))

    @work_quietly()
    def insiders(self) -> InsidersAnswer:
        """Choose the members of the loyalty programme, with rules and proof."""
        from clientela.pipeline.programme import run_programme

        key = _cache_key("programme", self._settings.programme)
        if key not in self._results:
            with self._workspace.lock():
                self._results[key] = run_programme(
                    self._history,
                    self._settings.programme,
                    self._registry,
                    segments=self._segment(),
                    value=self._forecast(None),
                    currency=self.currency,
                )
        return InsidersAnswer(self._results[key])

    @work_quietly()
    def backtest(
        self, as_of: dt.date | str | None = None, horizon_days: int | None = None
    ) -> BacktestAnswer:
        """Learn as if a past day were today, and judge once by what followed.

        Parameters
        ----------
        as_of : date or ISO text, optional
            The last day that may be learnt from; the last day less the horizon if absent.
        horizon_days : int, optional
            Days judged; ``value.horizon_days`` of the settings if absent.

        Raises
        ------
        InputError
            The days do not fit the sales.
        """
        from clientela.pipeline.backtest.context import BacktestRequest
        from clientela.pipeline.backtest.run import backtest

        request = BacktestRequest(as_of=_parse_day(as_of), horizon_days=horizon_days)
        now = dt.datetime.now(dt.UTC)
        return BacktestAnswer(backtest(request, self._settings, self._workspace.folder, now))

    @work_quietly()
    def run(self, store: str | None = None) -> dict[str, Any]:
        """Do the whole job and publish it to a results database.

        Parameters
        ----------
        store : str, optional
            URL of the database; the workspace's own SQLite file if absent.

        Returns
        -------
        dict
            What ``clientela run --json`` prints.
        """
        from clientela.pipeline.run import run

        now = dt.datetime.now(dt.UTC)
        return run(RunRequest(), self._settings, self._workspace.folder, store, now)

    @work_quietly()
    def report(self, path: str | Path, lang: Lang = "en") -> Path:
        """Write the report, one HTML file that loads nothing, and return its path.

        Raises
        ------
        InputError
            The language is none that reports are written in.
        """
        from clientela.pipeline.reporting import write_report

        if lang not in LANGS:
            raise InputError(f"there is no language '{lang}'", where="lang", do="use en or pt_BR")
        if not self._workspace.default_store_path.exists():
            self.run()
        write_report(self._settings, self._workspace.folder, None, Path(path), lang)
        return Path(path)

    def close(self) -> None:
        """Give back memory and files; a workspace that was named stays."""
        self._close()

    def __enter__(self) -> "Sales":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        totals = self._state.totals
        money = f"{totals.net_amount:,.2f} {self.currency or ''}".rstrip()
        days = f"{totals.first_day} to {totals.last_day}"
        return f"<Sales: {totals.rows:,} lines of {totals.buyers:,} customers, {days}, net {money}>"

    @cached_property
    def _history(self) -> History:
        return open_history(self._engine, self._workspace, self._state)

    @cached_property
    @work_quietly()
    def _snapshot(self) -> pa.Table:
        return self._history.snapshot(self.as_of)

    @cached_property
    def _registry(self) -> ModelRegistry:
        return ModelRegistry(
            self._workspace.models_folder,
            as_of=self.as_of,
            data_hash=self._state.data_hash,
            progress=self._progress,
        )

    def _segment(self) -> Result:
        from clientela.pipeline.segments import segment_customers

        return self._stage("segments", segment_customers, self._settings.segments)

    def _forecast(self, horizon_days: int | None) -> Result:
        from clientela.pipeline.value import forecast_value

        settings = self._settings.value
        if horizon_days is not None:
            settings = msgspec.structs.replace(settings, horizon_days=horizon_days)
        return self._stage("value", partial(forecast_value, progress=self._progress), settings)

    @work_quietly()
    def _stage(self, name: str, compute: Callable[..., Result], settings: msgspec.Struct) -> Result:
        """Compute a stage of the run; once for the same settings."""
        key = _cache_key(name, settings)
        if key not in self._results:
            self._results[key] = compute(
                self._snapshot,
                self._history,
                settings,
                self._registry,
                currency=self.currency,
            )
        return self._results[key]


def _cache_key(name: str, settings: msgspec.Struct) -> tuple[str, bytes]:
    """Key a stage by its settings as JSON: those that hold a dict have no hash."""
    return name, msgspec.json.encode(settings, order="deterministic")


@work_quietly()
def read(
    source: object,
    *more: object,
    customers: object | Sequence[object] = (),
    config: str | Path | Settings | None = None,
    workspace: str | Path | None = None,
    **sections: Mapping[str, Any],
) -> Sales:
    """Read sales: files, URLs of databases, or tables in memory, cleaned by named rules.

    Parameters
    ----------
    source, *more : path, URL, DataFrame, Arrow or Polars table
        The transactions. Known layouts and columns are recognised; doubt is an error that says
        what to decide.
    customers : the same, optional
        Customers with their attributes.
    config : path or Settings, optional
        A ``clientela.toml``.
    workspace : path, optional
        Where tables, models and results stay; a folder that ends with the Sales if absent.
    **sections : mapping
        Settings by section, over those of ``config``: ``segments={"k_max": 6}``.

    Raises
    ------
    InputError
        A source cannot be read, or the data fit two readings; nothing is guessed.
    """
    settings = _merge_settings(config, sections)
    resources = ExitStack()
    try:
        temporary = resources.enter_context(tempfile.TemporaryDirectory(prefix="clientela-"))
        inputs = Path(temporary) / "inputs"
        inputs.mkdir()
        folder = Path(workspace) if workspace is not None else Path(temporary) / "workspace"
        sales = Sales(Workspace(folder), settings, resources)
        extra = customers if isinstance(customers, list | tuple) else [customers]
        return sales._read(
            RunRequest(
                sources=tuple(_locate(item, inputs, "sales") for item in (source, *more)),
                customers=tuple(_locate(item, inputs, "customers") for item in extra),
            )
        )
    except BaseException:
        resources.close()
        raise


def rfm(snapshot: Table | pa.Table, preset: str | None = None) -> Table:
    """Score recency, frequency and monetary value of a snapshot's customers, 1 to 5.

    Parameters
    ----------
    snapshot : Table
        Of :meth:`Sales.snapshot`.
    preset : str, optional
        The named map of segments; the settings' default if absent.

    Returns
    -------
    Table
        ``customer_id``, ``rfm_segment``, ``r_score``, ``f_score``, ``m_score``; equal values get
        equal scores.
    """
    from clientela.segments.fit import rfm_breaks

    table = snapshot.to_arrow() if isinstance(snapshot, Table) else snapshot
    name = preset or Settings().segments.rfm_preset
    model = rfm_breaks.fit_rfm(table, name, as_of=dt.date.min, data_hash="")
    scores = model.score(table)
    return Table(scores.add_column(0, KEY, table[KEY]))


def _merge_settings(
    config: str | Path | Settings | None, sections: Mapping[str, Mapping[str, Any]]
) -> Settings:
    settings = (
        config if isinstance(config, Settings) else read_settings(Path(config) if config else None)
    )
    if not sections:
        return settings
    content: dict[str, Any] = msgspec.to_builtins(settings)
    for name, values in sections.items():
        content[name] = {**content.get(name, {}), **values}
    return parse_settings(content, where="arguments of read")


def _locate(item: object, folder: Path, name: str) -> str:
    """Return the path or URL of a source; a table in memory is written to a file first."""
    if isinstance(item, str | Path):
        return str(item)
    import pyarrow.parquet as pq

    path = folder / f"{name}-{len(list(folder.iterdir()))}.parquet"
    pq.write_table(_as_arrow(item), path)
    return str(path)


def _as_arrow(item: object) -> pa.Table:
    if isinstance(item, pa.Table):
        return item
    if hasattr(item, "__arrow_c_stream__"):
        return pa.table(item)
    if type(item).__module__.startswith("pandas"):
        return pa.Table.from_pandas(item, preserve_index=False)
    raise InputError(
        f"{type(item).__name__} is no source of sales",
        do="give a path, a URL, a DataFrame, or an Arrow or Polars table",
    )


def _parse_day(day: dt.date | str | None) -> dt.date | None:
    if not isinstance(day, str):
        return day
    try:
        return dt.date.fromisoformat(day)
    except ValueError:
        raise InputError(f"{day!r} is no day", do="write it as 2011-09-30") from None
