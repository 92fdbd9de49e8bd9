"""The whole run on one page: read, snapshot, segment, forecast, programme, report, publish."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from clientela.config import EngineSettings, Settings
from clientela.config.database_url import show_url
from clientela.engine import Engine, connect
from clientela.experiments.global_control import draw_held_out
from clientela.features.events import Event, list_events, name_first_events
from clientela.features.history import History
from clientela.features.reading import make_reader
from clientela.features.snapshot import KEY
from clientela.i18n import translate_facts
from clientela.pipeline.attributes import check_audiences
from clientela.pipeline.estimate import RunEstimate, announce_run, estimate_run
from clientela.pipeline.experiments import read_experiments
from clientela.pipeline.ledger import review_members
from clientela.pipeline.migrations import find_migrations
from clientela.pipeline.mlflow import open_tracker
from clientela.pipeline.monitoring import refresh_run_alerts, watch_run
from clientela.pipeline.publishing import build_record, state_facts, state_quality, state_totals
from clientela.pipeline.reading import RunRequest, TablesState, check_records, read_sources
from clientela.pipeline.unchanged import describe_scores, name_inputs, take_over_scores
from clientela.privacy.forget import carry_out_requests
from clientela.privacy.objection import hide_profiles
from clientela.privacy.retention import find_first_day
from clientela.progress import Progress
from clientela.registry.model_registry import ModelRegistry
from clientela.store.audiences import load_declared
from clientela.store.connect import is_absent, parse
from clientela.store.decisions import list_decisions
from clientela.store.earlier_runs import list_champions
from clientela.store.programme import ProgrammeLedger
from clientela.store.publish import publish
from clientela.store.segment_labels import SegmentLabels, read_labels
from clientela.tables.contacts import list_objectors, list_suppressed, read_contacts
from clientela.tables.reading import ReadJob
from clientela.tables.summary import list_purchases
from clientela.tables.workspace import Workspace

FEW_LINES = 100_000
"""As many lines as one thread of DuckDB reads together in any case: others would only wait."""
SHOWN_DECISIONS = 5  # by convention: what the report shows; the page of models shows all


def run(
    request: RunRequest, settings: Settings, folder: Path, store: str | None, now: dt.datetime
) -> dict[str, Any]:
    """Do the whole job and publish its results in one transaction.

    Parameters
    ----------
    request : Request
        Sources and options.
    settings : Settings
        The configuration.
    folder : Path
        The workspace.
    store : str, optional
        URL of the results database; the configured one, or the workspace's own, if absent.
    now : datetime
        The moment of the run, aware.

    Returns
    -------
    dict
        What ``run --json`` prints.

    Raises
    ------
    ClientelaError
        Something of the input or the environment is wrong; nothing was published.
    """
    workspace = Workspace(folder)
    run_id = name_run(now)
    progress = Progress(run_id, localize=partial(translate_facts, lang=request.lang))
    url = settings.store.choose_url(store, workspace.default_store_url)
    parse(url)
    audiences = load_declared(settings.audiences.file, url, run_id)
    log_to = open_tracker(settings.tracking)
    with workspace.lock(), workspace.find_damage(), workspace.scratch() as scratch:
        lines_before = 0 if request.replace else workspace.lines()
        expected = estimate_run(request.sources, lines_before, settings.engine)
        engine = connect(choose_engine(settings, request, expected), temp_folder=scratch)
        try:
            if request.replace:
                check_records(url, settings.privacy)
            # nothing is known beforehand of a cluster
            estimate = expected if engine.local is engine else None
            announce_run(estimate, folder, progress, anew=not lines_before)
            state = read_sources(
                ReadJob(workspace, engine, settings, progress, scratch, now), request
            )
            history = open_history(engine, workspace, state)
            check_audiences(audiences, settings.audiences.file, history)
            contacts = read_contacts(engine, workspace)
            ledger, step = review_members(url, history, workspace, settings.programme)
            inputs: dict[str, Any] = {
                "ledger": ledger,
                "labels": {} if request.replace else read_labels(url),
                "events": _list_events(settings, state),
            }
            name = partial(
                name_inputs,
                state.manifest,
                workspace.models_folder,
                settings=settings,
                engine=request.engine,
                as_of=state.as_of,
                **inputs,
            )
            stands = not (request.refit or request.replace)
            found = name()
            published = take_over_scores(url, found) if stands else None
            if published is not None:
                run_before, tables, facts = published
                progress.fact("nothing changed: the published scores stand", run=run_before)
            else:
                with progress.stage("snapshot"):
                    history.snapshot(state.as_of)
                registry = ModelRegistry(
                    workspace.models_folder,
                    as_of=state.as_of,
                    data_hash=state.data_hash,
                    refit=request.refit,
                    anew=request.replace,
                    progress=progress,
                    scored=list_champions(url) if lines_before and not is_absent(url) else None,
                )
                tables, facts = _score(history, settings, registry, state, contacts, **inputs)
                tables |= state_totals(engine, workspace, state)
                found = name()  # models were learnt
            scores = describe_scores(found, tables, facts)
            moves = find_migrations(url, tables["customers"])  # makes the database if there is none
            tables |= {} if state.anew else moves
            tables |= read_experiments(
                url, settings.experiments, history, state.manifest.currency, now
            )
            tables |= {"quality": state_quality(engine, workspace, state)}
            with progress.stage("monitor"):
                tables |= watch_run(url, workspace, state, history, tables, ledger, now, facts)
            history.release()
            facts = {
                "run_id": run_id,
                "store": show_url(url),
                **state_facts(state, len(tables["customers"])),
                "no_profiling": len(list_objectors(contacts)),
                **facts,
            }
            from clientela.pipeline.reporting import build_answers

            with progress.stage("report"):
                decisions = [asdict(decision) for decision in list_decisions(url)[:SHOWN_DECISIONS]]
                shown = {"events": inputs["events"], "decisions": decisions}
                tables |= build_answers(tables, facts | shown)
                facts["figures"] = tables["figures"].to_pylist()
            with progress.stage("publish"):
                record = build_record(
                    facts, scores, settings, request, state, progress.seconds, now
                )
                purchases = (
                    _write_purchases(engine, workspace, state, scratch)
                    if published is None
                    else None
                )
                publish(
                    url,
                    record,
                    tables | {"contacts": contacts},
                    memberships=step.records,
                    reviews=step.reviews,
                    audiences=audiences,
                    webhooks={item.name: item.events for item in settings.webhooks},
                    keep_runs=settings.store.keep_runs,
                    keep_from=find_first_day(now, settings.privacy.keep_months),
                    purchases=purchases,
                    file_of=published and published[0],
                )
            facts["alerts"] = refresh_run_alerts(url, run_id, tables["checks"], now, request.lang)
            forgotten = carry_out_requests(workspace, settings.privacy, url, now)
            if log_to:
                log_to.log(facts, tables, progress)
        finally:
            engine.close()
    return facts | {
        "seconds": progress.seconds,
        "estimate": estimate and asdict(estimate),
        "forgotten": forgotten,
    }


def _score(
    history: History,
    settings: Settings,
    registry: ModelRegistry,
    state: TablesState,
    contacts: pa.Table,
    *,
    ledger: ProgrammeLedger,
    labels: SegmentLabels,
    events: Sequence[Event],
) -> tuple[dict[str, pa.Table], dict[str, Any]]:
    """Score the day's customers; nothing is told of those who object."""
    # What scores takes a second of CPU to load, which a run that takes its scores over, or whose
    # file is refused, does not have to pay.
    from clientela.pipeline.scoring import score_snapshot
    from clientela.pipeline.segments import count_overlaps

    snapshot, manifest = history.snapshot(state.as_of), state.manifest
    ids = snapshot[KEY].combine_chunks()
    held_out = pa.array(draw_held_out(ids, settings.experiments))
    unreachable = pa.concat_arrays([list_suppressed(contacts), ids.filter(held_out)])
    tables, facts = score_snapshot(
        snapshot, history, settings, registry, manifest.currency, unreachable, ledger, labels
    )
    first_orders = snapshot["first_order_date"].combine_chunks()
    names = name_first_events(
        first_orders, events, settings.calendar, manifest.currency, manifest.timezone
    )
    customers = tables["customers"].append_column("held_out", held_out)
    tables["customers"] = customers.append_column("first_event", names)
    tables |= hide_profiles(tables, list_objectors(contacts))
    return tables | {"segments": count_overlaps(tables["segments"], tables["customers"])}, facts


def name_run(now: dt.datetime) -> str:
    """Name a run by its moment.

    Examples
    --------
    >>> name_run(dt.datetime(2011, 12, 10, 9, 30, tzinfo=dt.UTC))
    '20111210T093000000000'
    """
    return now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S%f")


def _write_purchases(
    engine: Engine, workspace: Workspace, state: TablesState, scratch: Path
) -> Path:
    """Write who bought what into files beside each other."""
    folder = scratch / "purchases"
    for number, group in enumerate(workspace.groups(engine.rows_at_once)):
        bought = list_purchases(workspace.tables(engine, group), state.as_of)
        engine.write_parquet(bought, folder / str(number))
    return folder


def _list_events(settings: Settings, state: TablesState) -> list[Event]:
    """List the events of commerce between the first sale and the day the run looks from."""
    first_day, manifest = state.totals_then.first_day, state.manifest
    if first_day is None:
        return []
    return list_events(
        settings.calendar, manifest.currency, manifest.timezone, first_day, state.as_of
    )


def open_history(engine: Engine, workspace: Workspace, state: TablesState) -> History:
    """Open the past of the tables, up to the run's day."""
    return History(
        engine=engine,
        read=make_reader(engine, workspace),
        groups=workspace.groups(engine.rows_at_once),
        first_day=state.totals_then.first_day or state.as_of,
        as_of=state.as_of,
    )


def choose_engine(
    settings: Settings, request: RunRequest, expected: RunEstimate | None
) -> EngineSettings:
    """Return the engine's settings, with one thread for few lines unless some are configured."""
    engine = msgspec.structs.replace(settings.engine, name=request.engine or settings.engine.name)
    has_few = engine.name == "duckdb" and expected is not None and expected.lines <= FEW_LINES
    if not has_few or engine.threads is not None:
        return engine
    return msgspec.structs.replace(engine, threads=1)
