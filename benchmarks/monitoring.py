"""False alarms of the checks over simulated firm-years without a change, and how soon they notice.

``python benchmarks/monitoring.py [shops]``. Each shop lives two years and is watched weekly over
the last 84 weeks; nothing about it changes but its season and its growth. Then a change is planted
six weeks before the end of the first shop, one kind after another, and the weeks to the first
alarm are counted.
"""

import dataclasses
import datetime as dt
import io
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import ibis
import ibis.expr.types as ir
from figures import Figure, report

from clientela.config import Settings
from clientela.engine import connect
from clientela.features.history import History
from clientela.pipeline.monitoring_replay import replay_checks
from clientela.pipeline.reading import RunRequest, read_sources
from clientela.pipeline.run import open_history
from clientela.progress import Progress
from clientela.simulate import RetailSettings, simulate_retail
from clientela.tables.reading import ReadJob
from clientela.tables.schema import Tables
from clientela.tables.workspace import Workspace

SHOPS, CUSTOMERS, WEEKS = 13, 300, 84
FIRST_DAY, LAST_DAY = dt.date(2022, 1, 3), dt.date(2023, 12, 31)
WEEKS_AFTER, PLANTED_SHOPS = 6, 1
NOW = dt.datetime(2024, 1, 1, 3, tzinfo=dt.UTC)
FALSE_ALARMS_A_QUARTER = 1.0
"""The limit: over all checks of data and drift together."""
MOST_WEEKS = {"write_cents": 1, "lose_most": 4, "double_rows": 5, "lose_ids": 1}
"""The most weeks to the first alarm after a change; what is missing here may go unnoticed, which
counts as a week more than are watched."""

Change = Callable[[ir.Table, ir.BooleanValue], ir.Table]


def lose_half(t: ir.Table, late: ir.BooleanValue) -> ir.Table:
    """Lose every second order."""
    return t.filter(~late | (t.order_id.hash() % 2 == 0))


def lose_most(t: ir.Table, late: ir.BooleanValue) -> ir.Table:
    """Lose four of five orders: a shop's export is missing."""
    return t.filter(~late | (t.order_id.hash() % 5 == 0))


def lose_ids(t: ir.Table, late: ir.BooleanValue) -> ir.Table:
    """Lose the customers of all orders."""
    return t.mutate(customer_id=late.ifelse(ibis.null(str), t.customer_id))


def write_cents(t: ir.Table, late: ir.BooleanValue) -> ir.Table:
    """Write amounts in cents."""
    return t.mutate(amount=late.ifelse(t.amount * 100, t.amount).cast("decimal(18, 4)"))


def rename_countries(t: ir.Table, late: ir.BooleanValue) -> ir.Table:
    """Write the countries by another code list."""
    return t.mutate(country=late.ifelse(t.country.left(2).upper(), t.country))


def double_rows(t: ir.Table, late: ir.BooleanValue) -> ir.Table:
    """Load the file twice under other order numbers."""
    return t.union(t.filter(late).mutate(order_id=t.order_id + "-2"))


CHANGES: tuple[Change, ...] = (
    lose_half,
    lose_most,
    lose_ids,
    write_cents,
    rename_countries,
    double_rows,
)


def main(shops: int = SHOPS) -> int:
    """Replay all shops and report alarms and delays."""
    alarms: Counter[str] = Counter()
    delays: dict[str, list[int | None]] = {change.__name__: [] for change in CHANGES}
    begun = time.process_time()
    for seed in range(shops):
        with TemporaryDirectory() as name:
            history, tables = read_shop(Path(name), seed)
            for _, check in replay_checks(history, tables, WEEKS):
                alarms[check.name] += check.state == "alarm"
            for change in CHANGES if seed < PLANTED_SHOPS else ():
                delays[change.__name__].append(count_weeks(history, tables, change))
            history.engine.close()
        print(f"shop {seed}: {dict(+alarms)}", flush=True)
    rate = sum(alarms.values()) / (shops * WEEKS / 13)
    figures = [
        Figure("firm-years", shops * WEEKS / 52),
        Figure("CPU s", time.process_time() - begun),
        *(Figure(f"false alarms of {name}", count) for name, count in alarms.items() if count),
        Figure("false alarms a quarter", rate, limit=FALSE_ALARMS_A_QUARTER),
    ]
    delays_found = [
        Figure("noticed after, weeks", week or WEEKS_AFTER + 1, name, limit=MOST_WEEKS.get(name))
        for name, weeks in delays.items()
        for week in weeks
    ]
    return report("monitoring", figures, delays_found)


def read_shop(folder: Path, seed: int) -> tuple[History, Tables]:
    """Simulate a shop and read it into a workspace."""
    shop = RetailSettings(customers=CUSTOMERS, seed=seed, start=FIRST_DAY, end=LAST_DAY)
    source = str(simulate_retail(folder / "shop", shop).transactions)
    workspace, settings = Workspace(folder / "workspace"), Settings()
    engine = connect(settings.engine)
    progress = Progress("benchmark", io.StringIO())
    (folder / "scratch").mkdir()
    with workspace.lock():
        job = ReadJob(workspace, engine, settings, progress, folder / "scratch", NOW)
        state = read_sources(job, RunRequest((source,)))
    return open_history(engine, workspace, state), workspace.tables(engine)


def count_weeks(history: History, tables: Tables, change: Change) -> int | None:
    """Plant a change and count the weeks until a check alarms, 1 at the end of the first."""
    planted_on = history.as_of - dt.timedelta(days=7 * WEEKS_AFTER)

    def plant(part: Tables) -> Tables:
        t = part.transactions
        late = t.ordered_local.date() > ibis.literal(planted_on)
        return dataclasses.replace(part, transactions=change(t, late))

    changed = dataclasses.replace(history, read=lambda group: plant(history.read(group)))
    # Four weeks more before it, so that drift has a past of its own.
    for day, check in replay_checks(changed, plant(tables), WEEKS_AFTER + 4):
        if day > planted_on and check.state == "alarm":
            return (day - planted_on).days // 7
    return None


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
