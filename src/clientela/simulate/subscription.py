"""A whole simulated subscription firm, from its settings to its files."""

import datetime as dt
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from clientela.simulate.customers import Ints
from clientela.simulate.groups import Floats
from clientela.simulate.subscription_dirt import LINES, PEOPLE, plant
from clientela.simulate.subscription_process import (
    GENDERS,
    REGIONS,
    SERVICE_PRICES,
    SERVICES,
    Course,
    Subscribers,
    draw_course,
    draw_subscribers,
    exposure,
)
from clientela.simulate.subscription_settings import SubscriptionSettings
from clientela.simulate.truth import Simulation

AMOUNT_SHAPE = 8.0  # by convention: amounts spread by 35 % about what is usual


def simulate_subscription(folder: Path, settings: SubscriptionSettings | None = None) -> Simulation:
    """Simulate a firm with subscribers whose hazard of leaving is known, in two files.

    Assumptions
    -----------
    - The hazard of a month follows from what the files of the months before show: purchases of
      the last three months against the six before them, time since signup, services, age, region.
    - Every month under contract is charged on the customer's own day. Other purchases are Poisson,
      at a rate that begins to cool by itself and sometimes recovers.
    - ``churn`` says who had left by ``end``. The truth goes on after it, so that a model can be
      held against what nobody could know.
    - Spoilt rows stand beside sound ones, or spoil what the cleaning repairs or blanks.

    Parameters
    ----------
    folder : Path
        Made if absent; ``customers.csv``, ``transactions.csv`` (in the order of days),
        ``truth.parquet`` and ``truth.json`` are written there. The truth has a row for each
        customer and month under contract: ``customer_id``, ``month`` (its first day), ``hazard``
        (probability of leaving in it, as known when it begins), ``purchases``, ``signup_date``,
        ``exit_date`` (null: stays).
    settings : SubscriptionSettings, optional
        The firm; the same settings give the same bytes.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     made = simulate_subscription(Path(folder), SubscriptionSettings(customers=20))
    ...     print(made.transactions.read_text().splitlines()[0])
    customer_id,transaction_date,amount,service
    """
    settings = settings or SubscriptionSettings()
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(settings.seed)
    people = draw_subscribers(settings, rng)
    course = draw_course(people, settings, rng)
    shares = (settings.dirty_share, settings.duplicate_share)
    listed, of_people = plant(_customers(people, course, settings), PEOPLE, shares, rng)
    lines, of_lines = plant(_transactions(people, course, settings, rng), LINES, shares, rng)
    of_people["superseded_customer"] = of_people.pop("repeated_line")
    simulation = Simulation(
        transactions=folder / "transactions.csv",
        truth=folder / "truth.parquet",
        facts=folder / "truth.json",
        customers=settings.customers,
        lines=lines.num_rows,
        left=int((course.exit_day < settings.days).sum()),
        planted=of_people | of_lines,
    )
    _write(listed, simulation.customers_file)
    _write(lines, simulation.transactions)
    pq.write_table(_truth(people, course, settings), simulation.truth)
    _write_facts(simulation, settings)
    return simulation


def _customers(people: Subscribers, course: Course, settings: SubscriptionSettings) -> pa.Table:
    left = course.exit_day < settings.days
    columns = {
        "customer_id": _ids(np.arange(len(people))),
        "age": pc.cast(pa.array(people.age), pa.string()),
        "gender": pa.array(GENDERS).take(pa.array(people.gender)),
        "signup_date": _days(people.signup_day, settings.start),
        "region": pa.array(REGIONS).take(pa.array(people.region)),
        "churn": pa.array(("0", "1")).take(pa.array(left.astype(np.int64))),
    }
    if settings.dated:
        day = _days(np.where(left, course.exit_day, 0).astype(np.int64), settings.start)
        columns["churn_date"] = pc.if_else(pa.array(left), day, "")
    return pa.table(columns)


def _transactions(
    people: Subscribers,
    course: Course,
    settings: SubscriptionSettings,
    rng: np.random.Generator,
) -> pa.Table:
    """Spread the purchases of the files' months over their days, and draw their amounts."""
    months = int(np.searchsorted(course.starts, settings.days))
    counts = course.usage[:, :months].ravel()
    owner = np.repeat(np.repeat(np.arange(len(people)), months), counts)
    month = np.repeat(np.tile(np.arange(months), len(people)), counts)
    first, last = exposure(people.signup_day[owner], course.exit_day[owner], course.starts, month)
    day = np.floor(first + (last - first) * rng.random(len(owner))).astype(np.int64)
    joins = np.concatenate([[True], owner[1:] != owner[:-1]])[: len(owner)]
    day = np.where(joins & (people.signup_day[owner] >= 0), people.signup_day[owner], day)
    service = _services(people, owner, rng)
    usual = SERVICE_PRICES[service] * people.price_level[owner]
    cents = np.maximum(np.rint(100 * rng.gamma(AMOUNT_SHAPE, usual / AMOUNT_SHAPE)), 1)
    charged, due = np.nonzero(course.charges[:, :months])
    owner = np.concatenate([owner, charged])
    day = np.concatenate([day, course.starts[due] + people.charge_day[charged]])
    service = np.concatenate([service, people.service[charged]])
    cents = np.concatenate([cents, _charge(people)[charged]])
    order = np.lexsort((service, owner, day))
    return pa.table(
        {
            "customer_id": _ids(owner[order]),
            "transaction_date": _days(day[order], settings.start),
            "amount": _money(cents[order].astype(np.int64)),
            "service": pa.array(SERVICES).take(pa.array(service[order])),
        }
    )


def _charge(people: Subscribers) -> Floats:
    """Compute the monthly charge of each customer in hundredths of money."""
    return np.rint(100 * SERVICE_PRICES[people.service] * people.price_level)


def _services(people: Subscribers, owner: Ints, rng: np.random.Generator) -> Ints:
    """Take the main service, or any other by the customer's breadth."""
    other = rng.integers(1, len(SERVICES), len(owner))
    strays = rng.random(len(owner)) < people.breadth[owner]
    return (people.service[owner] + np.where(strays, other, 0)) % len(SERVICES)


def _truth(people: Subscribers, course: Course, settings: SubscriptionSettings) -> pa.Table:
    at_risk = ~np.isnan(course.hazard)
    row, month = np.nonzero(at_risk)
    gone = np.isfinite(course.exit_day)
    leaves = _dates(np.where(gone, course.exit_day, 0).astype(np.int64), settings.start)
    return pa.table(
        {
            "customer_id": _ids(row),
            "month": _dates(course.starts[month], settings.start),
            "hazard": course.hazard[at_risk],
            "purchases": (course.usage + course.charges)[at_risk],
            "signup_date": _dates(people.signup_day, settings.start).take(pa.array(row)),
            "exit_date": pc.if_else(pa.array(gone), leaves, None).take(pa.array(row)),
        }
    )


def _ids(rows: Ints) -> pa.Array:
    """Name customers so that their names sort as their rows do."""
    digits = pc.utf8_lpad(pc.cast(pa.array(rows + 1), pa.string()), 7, "0")
    return pc.binary_join_element_wise("C", digits, "")


def _dates(days: Ints, start: dt.date) -> pa.Array:
    return pa.array(np.datetime64(start, "D") + days.astype("timedelta64[D]"))


def _days(days: Ints, start: dt.date) -> pa.Array:
    return pc.cast(_dates(days, start), pa.string())


def _money(cents: Ints) -> pa.Array:
    """Write amounts with two decimals and a point."""
    units = pc.cast(pa.array(cents // 100), pa.string())
    hundredths = pc.utf8_lpad(pc.cast(pa.array(cents % 100), pa.string()), 2, "0")
    return pc.binary_join_element_wise(units, hundredths, ".")


def _write(table: pa.Table, path: Path) -> None:
    """Write a table of texts that need no quotes; it appears under its name once it is whole."""
    aside = path.with_name(path.name + ".part")
    options = pacsv.WriteOptions(include_header=False, quoting_style="none")
    with aside.open("wb") as file:
        file.write((",".join(table.column_names) + "\n").encode())
        pacsv.write_csv(table, file, options)
    aside.replace(path)


def _write_facts(simulation: Simulation, settings: SubscriptionSettings) -> None:
    plain = {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in asdict(settings).items()
    }
    content = {
        "settings": plain,
        "customers": simulation.customers,
        "lines": simulation.lines,
        "left": simulation.left,
        "planted": simulation.planted,
    }
    simulation.facts.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
