"""Experiments and the customers drawn for them: kept beside the runs, never changed."""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import pyarrow as pa
from sqlalchemy import Connection, insert, select

from clientela.errors import InputError
from clientela.store.arrow_schemas import build_table
from clientela.store.connect import connect_to_read, transaction
from clientela.store.erasures import People, refuse_changed_people
from clientela.store.load import arrow_type, load_rows
from clientela.store.lock import lock
from clientela.store.reader import Reader
from clientela.store.row_types import Row
from clientela.store.schema import experiment_members, experiments

_OF_MEMBERS = [column for column in experiment_members.columns if column.name != "experiment_id"]
MEMBERS = pa.schema([(column.name, arrow_type(column.type)) for column in _OF_MEMBERS])
"""Columns of the members: the customer, arm and stratum, covariates, first day that counts."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What was decided before an experiment began.

    Parameters
    ----------
    name : str
        What people call it; no two have the same.
    created_at : datetime.datetime
        Aware.
    as_of : datetime.date
        The day the customers were drawn on.
    design : mapping
        Sizes, seed, strata and what else a read-out needs, as JSON holds it.
    """

    name: str
    created_at: dt.datetime
    as_of: dt.date
    design: Mapping[str, Any]

    @property
    def experiment_id(self) -> str:
        """The id, which sorts by time.

        Examples
        --------
        >>> moment = dt.datetime(2011, 12, 10, 9, 30, tzinfo=dt.UTC)
        >>> Experiment(name="a", created_at=moment, as_of=moment.date(), design={}).experiment_id
        '20111210T093000000000-ca978112'
        """
        moment = self.created_at.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S%f")
        return f"{moment}-{hashlib.sha256(self.name.encode()).hexdigest()[:8]}"


def save(url: str, experiment: Experiment, members: pa.Table, people: People | None = None) -> None:
    """Store an experiment and its members, all of it or nothing.

    The database is made or brought up to date where it must be.

    Parameters
    ----------
    url : str
        The results database.
    members : pa.Table
        Columns of :data:`MEMBERS`; a customer at most once.
    people : tuple, optional
        What :func:`clientela.store.erasures.read_people` returned before they were drawn.

    Raises
    ------
    InputError
        There is an experiment of this name already: who was drawn does not change afterwards. Or
        people were erased since they were drawn, or got other ids.
    StoreError, DiskFull
        The database cannot be used.
    """
    with transaction(url, migrate=True) as connection:
        lock(connection)
        _refuse_twice(connection, experiment.name)
        if people is not None:
            refuse_changed_people(connection, members["customer_id"].to_pylist(), people)
        connection.execute(insert(experiments), _row(experiment))
        owner = ("experiment_id", experiment.experiment_id)
        load_rows(connection, experiment_members, owner, members)


def load(url: str, name: str) -> tuple[Experiment, pa.Table]:
    """Return an experiment and its members, ordered by customer.

    Raises
    ------
    InputError
        There is no experiment of this name; those there are, are named.
    StoreError
        The database cannot be used, or is not there.
    """
    with connect_to_read(url) as connection:
        experiment = connection.execute(
            select(experiments).where(experiments.c.name == name)
        ).first()
        if experiment is None:
            raise _unknown(name, _names(connection))
        members = _members(connection, experiment.experiment_id)
    design = json.loads(experiment.design)
    moment, day = experiment.created_at, experiment.as_of
    return Experiment(name=name, created_at=moment, as_of=day, design=design), members


def names(url: str) -> list[str]:
    """Name the experiments, oldest first.

    Raises
    ------
    StoreError
        The database cannot be used, or is not there.
    """
    with connect_to_read(url) as connection:
        return _names(connection)


def read_experiments(reader: Reader) -> list[Experiment]:
    """Return the experiments without their members, the last first."""
    rows = reader.ask(select(*experiments.columns).order_by(experiments.c.experiment_id.desc()))
    names = ("name", "created_at", "as_of", "design")
    return [Experiment(**{name: cast(Any, row[name]) for name in names}) for row in rows]


def read_arms(reader: Reader, experiment_id: str) -> list[Row]:
    """Return customer, arm and first day of each member of an experiment, ordered by customer."""
    columns = (experiment_members.c[name] for name in ("customer_id", "arm", "starts_on"))
    of_this = experiment_members.c.experiment_id == experiment_id
    return reader.ask(select(*columns).where(of_this).order_by(experiment_members.c.customer_id))


def _row(experiment: Experiment) -> dict[str, object]:
    return {
        "experiment_id": experiment.experiment_id,
        "name": experiment.name,
        "created_at": experiment.created_at,
        "as_of": experiment.as_of,
        "design": json.dumps(dict(experiment.design), allow_nan=False),
    }


def _names(connection: Connection) -> list[str]:
    listed = select(experiments.c.name).order_by(experiments.c.experiment_id)
    return list(connection.scalars(listed))


def _refuse_twice(connection: Connection, name: str) -> None:
    if name in _names(connection):
        raise InputError(
            f"there is an experiment '{name}' already, and who was drawn does not change",
            do="give the new one another name, or read the old one",
        )


def _unknown(name: str, existing: list[str]) -> InputError:
    listed = ", ".join(f"'{other}'" for other in existing)
    return InputError(
        f"there is no experiment '{name}'",
        do=f"choose one of {listed}" if existing else "draw one with 'clientela experiment assign'",
    )


def _members(connection: Connection, experiment_id: str) -> pa.Table:
    of_this = experiment_members.c.experiment_id == experiment_id
    rows = connection.execute(
        select(*_OF_MEMBERS).where(of_this).order_by(experiment_members.c.customer_id)
    ).all()
    return build_table(rows, MEMBERS)
