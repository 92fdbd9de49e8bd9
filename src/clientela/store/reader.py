"""What can be asked of the results database, of either kind."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from clientela.errors import InputError, StoreError
from clientela.store import queries
from clientela.store.filter_checks import check_sets
from clientela.store.filter_queries import count_filter, page_filter
from clientela.store.filters import Filter, list_sets
from clientela.store.memory import Memory
from clientela.store.queries import Query
from clientela.store.record import RunRecord
from clientela.store.row_decoding import decoder, sort_rows
from clientela.store.row_types import (
    Erasures,
    KeyRow,
    LiveSession,
    Pointer,
    Row,
    RunReading,
    SegmentRow,
    State,
    UserRow,
)
from clientela.store.schema import metadata
from clientela.store.session import Session
from clientela.store.statements import share_statements

MOST_RECORDS = 20  # by convention: twice the runs that are kept


class Reader:
    """Reads of the published run, from SQLite or PostgreSQL.

    Every answer belongs to one run, whatever is published meanwhile, and names it; a newly
    published run is seen by the next call. One reader serves all threads.

    Rows are dictionaries by column, with ``datetime.date`` for days, aware UTC ``datetime`` for
    moments and ``float`` for money on both databases. All but the first two, the keys and ``close``
    raise StoreError where nothing is published yet.

    A look-up reads the pointer to the current run and the rows in one statement. Longer lists are
    read by the run the pointer named just before; should that run's customers be deleted in
    between, the list comes out empty, so an empty list is asked for again where the pointer moved.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._dialect = session.dialect.name
        self._records: dict[str, RunRecord] = {}
        self._memory = Memory(session)
        self._statements = share_statements(session.dialect)
        self._pointer, _ = self._statements["current_run_id"]
        self._one, _ = self._statements["lookup_one"]
        self._many, _ = self._statements["lookup_many"]

    @property
    def dialect(self) -> str:
        """The database: ``sqlite`` or ``postgresql``."""
        return self._dialect

    def read_pointer(self) -> Pointer | None:
        """Return the published run's id, and the versions of its ids and of who may be listed."""
        rows = self._session.rows(self._pointer, {})
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else None

    def current_run(self) -> RunRecord | None:
        """Return the published run; None before the first."""
        pointer = self._memory.recall("pointer", self.read_pointer)
        return self._record(pointer[0]) if pointer is not None else None

    def runs(self, limit: int = 100) -> list[RunRecord]:
        """Return the latest runs, newest first."""
        return [_as_record(row) for row in self._ask("runs", limit=limit)]

    def lookup(self, ids: Sequence[str]) -> RunReading[list[SegmentRow | None]]:
        """Return each id's segment and scores in the order asked; None for an unknown id."""
        stored = [_storable(customer_id) for customer_id in ids]
        if len(stored) == 1:
            rows = self._session.rows(self._one, {"id": stored[0]})
        else:
            rows = self._session.rows(self._many, {"ids": self._encode_ids(stored)})
        by_id = {row[1]: SegmentRow._make(row[1:]) for row in rows}
        return RunReading(self._record_of(rows), [by_id.get(customer_id) for customer_id in stored])

    def read_segments(self, run_id: str, after: str, limit: int) -> list[SegmentRow]:
        """Return what look-ups tell of a run's customers after an id, in the order of their ids."""
        parameters = {"run_id": run_id, "after": after, "limit": limit}
        rows = self._session.rows(self._statements["segmented"][0], parameters)
        return [SegmentRow._make(row) for row in rows]

    def no_purchases(self, ids: Sequence[str]) -> set[str]:
        """Find which of the ids are known without a sale."""
        encoded_ids = self._encode_ids([_storable(customer_id) for customer_id in ids])
        rows = self._session.rows(self._statements["no_purchases"][0], {"ids": encoded_ids})
        return {row[0] for row in rows}

    def customer(self, customer_id: str) -> RunReading[Row | None]:
        """Return all columns of one customer; None for an unknown id."""
        text, decode = self._statements["customer"]
        rows = self._session.rows(text, {"id": _storable(customer_id)})
        run = self._record_of(rows)
        row = decode(rows[0])
        del row["run_id"]
        return RunReading(run, None if row["customer_id"] is None else row)

    def customers(self, ids: Sequence[str]) -> RunReading[list[Row | None]]:
        """Return all columns of each customer in the order asked; None for an unknown id."""
        text, decode = self._statements["customers_with_ids"]
        stored = [_storable(customer_id) for customer_id in ids]
        rows = self._session.rows(text, {"ids": self._encode_ids(stored)})
        run = self._record_of(rows)
        by_id = {row["customer_id"]: row for row in map(decode, rows)}
        for row in by_id.values():
            del row["run_id"]
        return RunReading(run, [by_id.get(customer_id) for customer_id in stored])

    def read_list(
        self,
        name: str,
        part: int | str | None,
        after: str | None,
        limit: int,
        run_id: str | None = None,
    ) -> RunReading[list[Row]]:
        """Return the customers of a list, or of a part of it, in the list's order.

        Parameters
        ----------
        name : str
            By id ``customers``, of one segment or all, and ``members``, of one status or by None
            all but the candidates, with ``missing`` parsed. For people, who is expected to bring
            most first: ``segment``, ``action``, and ``insiders`` with their risk, of one status or
            as ``members``; ``propensity`` for a target with the chance, the likeliest first;
            ``at-risk`` in the order of ``contact_rank``.
        part : int or str, optional
            Which segment, status, action or target.
        after : str, optional
            The last customer of the page before.
        run_id : str, optional
            The run of the first page, with which the later ones stay; else the current one.

        Raises
        ------
        InputError
            The customers of the run asked for are no longer kept, or it never was, or their ids
            were replaced since the page before.
        """
        query = queries.page_name(name, of_part=part is not None, after=after is not None)
        if name == "action":
            part = json.dumps(part)  # as it stands among the actions of a customer
        bound = {"part": part, "after": after}
        parameters = {key: value for key, value in bound.items() if value is not None}
        if run_id is None:
            return self._of_current(query, limit=limit, **parameters)
        self.check_place(run_id, after)
        rows = self._ask(query, run_id=run_id, limit=limit, **parameters)
        if not rows:
            self._check_has_customers(run_id)
        return RunReading(self._record(run_id), rows)

    def filter_page(
        self,
        tree: Filter | None,
        sort: str | None,
        after: str | None,
        limit: int,
        run_id: str | None = None,
    ) -> RunReading[list[Row]]:
        """Return the customers that a filter leaves and a list may name, in the order asked for.

        ``after`` is the last one of the page before, and ``run_id`` as in :meth:`read_list`.

        Raises
        ------
        InputError
            There is no such column to sort by, no such experiment or past, or the run's customers
            are no longer kept.
        """
        self._check_sets(tree, run_id)
        query = page_filter(tree, sort, self._dialect, after=after is not None)
        return self.ask_of_run(query, run_id, limit=limit, after=after)

    def ask_of_run(
        self, query: Query, run_id: str | None = None, **optional: object
    ) -> RunReading[list[Row]]:
        """Ask a query of the current run's customers, or of another run's, as in :meth:`read_list`.

        Parameters that are None are left out.

        Raises
        ------
        InputError
            The run's customers are no longer kept.
        """
        parameters = {name: value for name, value in optional.items() if value is not None}
        if run_id is None:
            return self._retry(lambda run: self.ask(query, run_id=run.run_id, **parameters))
        self.check_place(run_id, cast("str | None", optional.get("after")))
        rows = self.ask(query, run_id=run_id, **parameters)
        if not rows:
            self._check_has_customers(run_id)
        return RunReading(self._record(run_id), rows)

    def filter_count(self, tree: Filter | None) -> RunReading[Row]:
        """Count the customers that a filter leaves and a list may name, and sum their money."""
        self._check_sets(tree)
        reading = self.ask_of_run(count_filter(tree, self._dialect))
        return RunReading(reading.run, reading.content[0])

    def _check_sets(self, tree: Filter | None, run_id: str | None = None) -> None:
        """Raise if a filter asks for an experiment or a past that a run does not know."""
        if tree is None or not list_sets(tree):
            return
        current = self.current_run() if run_id is None else None
        own = current.run_id if current is not None else run_id or ""
        check_sets(tree, lambda query: self.ask_value(query, own), self._dialect)

    def ask_value(self, query: Query, run_id: str) -> Any:
        """Ask a query of one value about a run; None where there is none."""
        rows = self.ask(query, run_id=run_id)
        return next(iter(rows[0].values())) if rows else None

    def member_counts(self) -> RunReading[dict[str, int]]:
        """Count how many customers of the programme have each status."""
        reading = self._of_current("member_counts")
        counts = {str(row["status"]): cast(int, row["customers"]) for row in reading.content}
        return RunReading(reading.run, counts)

    def at_risk_count(self) -> int:
        """Count the customers at risk worth contacting."""
        return cast(int, self._of_current("at_risk_count").content[0]["customers"])

    def read_state(self) -> State:
        """Return the published run with its versions, and who is or will be erased."""
        state = self._memory.recall("state", self._read_state)
        if state is None:
            raise _no_run_error()
        return self._record(state[0][0]), *state

    def erasures(self) -> Erasures:
        """Return the number of the last receipt, and who waits to be erased."""
        state = self._memory.recall("state", self._read_state)
        return state[1] if state is not None else (0, frozenset())

    def _read_state(self) -> tuple[Pointer, Erasures] | None:
        rows = self._session.rows(self._statements["state"][0], {})
        if not rows:
            return None
        run_id, ids, listing, last, _ = rows[0]
        return (run_id, ids, listing), (last or 0, frozenset(row[4] for row in rows) - {None})

    def file_versions(self) -> tuple[RunRecord, dict[str, str]]:
        """Return the published run with the versions of its files by name."""
        rows = self._session.rows(self._statements["file_versions"][0], {})
        versions = {name: version for _, name, version in rows if name is not None}
        return self._record_of(rows), versions

    def read_file(self, run_id: str, name: str) -> Iterator[bytes]:
        """Yield the parts of a run's file; none where it has no such file."""
        statement, part = self._statements["file_part"][0], 0
        while rows := self._session.rows(statement, {"run_id": run_id, "name": name, "part": part}):
            yield rows[0][0]
            part += 1

    def customers_of_run(self, run_id: str, ids: Sequence[str]) -> list[Row]:
        """Return the columns of a run's customers in the order asked; who is gone is left out.

        Raises
        ------
        InputError
            The run's customers are no longer kept, or have other ids.
        """
        rows = self._ask("customers_of_run", run_id=run_id, ids=self._encode_ids(list(ids)))
        by_id = {row["customer_id"]: row for row in rows}
        if len(by_id) < len(ids):
            self._check_has_customers(run_id)
            self.check_place(run_id, ids[-1])
        return [by_id[customer_id] for customer_id in ids if customer_id in by_id]

    def contacts(self, ids: Sequence[str]) -> dict[str, Row]:
        """Return how customers are reached, by id; those who must not be are left out."""
        rows = self._ask("contacts", ids=self._encode_ids(list(ids)))
        return {str(row["customer_id"]): row for row in rows}

    def read_tags_of(self, ids: Sequence[str]) -> dict[str, list[str]]:
        """Return the tags of some customers, by id; who has none is left out."""
        tags: dict[str, set[str]] = {}
        for row in self._ask("tags_of", ids=self._encode_ids(list(ids))):
            tags.setdefault(str(row["customer_id"]), set()).add(str(row["tag"]))
        return {id_: sorted(names, key=str.casefold) for id_, names in tags.items()}

    def has_contacts(self) -> bool:
        """Check whether it is known of anybody how they are reached."""
        return self._is("has_contacts")

    def read_suppressed(self) -> set[str]:
        """Return the ids of the customers whom no list may name."""
        rows = [*self._ask("suppressed"), *self._ask("excluded")]
        return {str(row["customer_id"]) for row in rows}

    def answers(self, lang: str) -> RunReading[list[Row]]:
        """Return the report's answers in a language, in order; ``content`` is parsed."""
        return self._of_current("answers", lang=lang)

    def table(self, name: str, run_id: str | None = None) -> RunReading[list[Row]]:
        """Return all rows of one of the short tables, of the current run or another, by key.

        Raises
        ------
        InputError
            There is no such run.
        """
        table = metadata.tables[name]
        key = [column.name for column in table.primary_key if column.name != "run_id"]
        order = table.info.get("order", key)
        if run_id is None:
            reading = self._of_current(name)
            return RunReading(reading.run, sort_rows(reading.content, *order))
        record = self._record(_storable(run_id))
        return RunReading(record, sort_rows(self._ask(name, run_id=record.run_id), *order))

    def check_action(self, action_id: str) -> None:
        """Raise if the published run has no such action.

        Raises
        ------
        InputError
            It has none; those that it has, are named.
        """
        actions = [str(row["action_id"]) for row in self.table("actions").content]
        if action_id not in actions:
            do = f"choose one of {', '.join(actions)}" if actions else ""
            raise InputError(
                f"there is no action '{action_id}'",
                do=do or "see in the report why there is none",
            )

    def live_key(self, key_id: str) -> KeyRow | None:
        """Return a key that is not revoked."""
        return self._memory.recall(("key", key_id), lambda: self._read_key(key_id))

    def _read_key(self, key_id: str) -> KeyRow | None:
        rows = self._ask("live_key", key_id=_storable(key_id))
        return KeyRow(**cast(Any, rows[0])) if rows else None

    def live_session(self, session_hash: str) -> LiveSession | None:
        """Return the session of a hash, of a user who is not disabled; its end may be over."""
        rows = self._ask("live_session", hash=session_hash)
        return LiveSession(**cast(Any, rows[0])) if rows else None

    def user(self, user_id: str) -> UserRow | None:
        """Return a user, disabled or not."""
        rows = self._ask("user", user_id=_storable(user_id))
        return UserRow(**cast(Any, rows[0])) if rows else None

    def has_users(self) -> bool:
        """Check whether any user was ever created, disabled or not."""
        return self._is("has_users")

    def has_callers(self) -> bool:
        """Check whether any key or user was ever created, of use or not."""
        return self._is("has_callers")

    def open_alerts(self) -> list[Row]:
        """Return the alerts that are not over, oldest first."""
        return self._ask("open_alerts")

    def decisions(self) -> list[Row]:
        """Return the latest decisions about models, segments and rules, the latest first."""
        return self._ask("decisions")

    def pin(self) -> "Reader":
        """Return a reader of the present state alone, whatever is published; to be closed soon."""
        return Reader(self._session.pin(self._pointer))

    def close(self) -> None:
        """Close the connections of all threads."""
        self._session.close()

    def _encode_ids(self, ids: list[str]) -> str | list[str]:
        """Return ids as the statements take many: SQLite as JSON, PostgreSQL as an array."""
        return json.dumps(ids) if self._dialect == "sqlite" else ids

    def _of_current(self, name: str, **parameters: Any) -> RunReading[list[Row]]:
        return self._retry(lambda run: self._ask(name, run_id=run.run_id, **parameters))

    def _retry(self, ask: Callable[[RunRecord], list[Row]]) -> RunReading[list[Row]]:
        """Ask of the current run, again where it was replaced meanwhile."""
        run = self._require_run()
        while True:
            rows = ask(run)
            latest = run if rows else self._require_run()
            if latest == run:
                return RunReading(run, rows)
            run = latest

    def _require_run(self) -> RunRecord:
        run = self.current_run()
        if run is None:
            raise _no_run_error()
        return run

    def _record_of(self, rows: Sequence[tuple[Any, ...]]) -> RunRecord:
        """Return the run that a look-up read along in its first column."""
        if not rows:
            raise _no_run_error()
        return self._record(rows[0][0])

    def _record(self, run_id: str) -> RunRecord:
        """Return a run's record, which never changes once it is published."""
        record = self._records.get(run_id)
        if record is None:
            rows = self._ask("run", run_id=run_id)
            if not rows:
                raise InputError(
                    "there is no such run",
                    where=run_id,
                    do="see the ids in the table runs, or leave it out for the latest",
                )
            record = _as_record(rows[0])
            self._records = dict([*self._records.items(), (run_id, record)][-MOST_RECORDS:])
        return record

    def check_place(self, run_id: str, customer_id: str | None) -> None:
        """Raise if an id that ended a page is nobody's since a rotation of the key of pseudonyms.

        Raises
        ------
        InputError
            It is: what comes after it can no longer be told.
        """
        if customer_id is not None and self._is(
            "was_replaced", run_id=_storable(run_id), id=_storable(customer_id)
        ):
            raise InputError(
                "the ids of customers were replaced since", where=run_id, do="start from the first"
            )

    def _check_has_customers(self, run_id: str) -> None:
        """Distinguish an empty page from one of a run whose customers are gone."""
        if not self._is("has_customers", run_id=_storable(run_id)):
            raise InputError(
                "the customers of this run are no longer kept",
                where=run_id,
                do="start again from the first page",
            )

    def _is(self, name: str, **parameters: Any) -> bool:
        return bool(self._session.rows(self._statements[name][0], parameters)[0][0])

    def _ask(self, name: str, **parameters: Any) -> list[Row]:
        text, decode = self._statements[name]
        return [decode(row) for row in self._session.rows(text, parameters)]

    def ask(self, query: Query, **parameters: Any) -> list[Row]:
        """Ask what no statement stands ready for: a query with values of its own."""
        rows = self._run(query, parameters)
        decode = decoder(list(query.selected_columns), self._dialect)
        return [decode(row) for row in rows]

    def ask_ids(self, query: Query, **parameters: Any) -> list[str]:
        """Ask for ids alone, of which there may be many."""
        return [row[0] for row in self._run(query, parameters)]

    def _run(self, query: Query, parameters: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
        compiled = query.compile(dialect=self._session.dialect)
        values = {name: _encode(value, self._dialect) for name, value in compiled.params.items()}
        return self._session.rows(str(compiled), values | parameters)


def _encode(value: object, dialect: str) -> object:
    """Return a bound value as the driver takes it: days as text for SQLite."""
    return value.isoformat() if dialect == "sqlite" and isinstance(value, dt.date) else value


def _as_record(row: Row) -> RunRecord:
    fields: dict[str, Any] = row
    return RunRecord(**fields)


def _no_run_error() -> StoreError:
    return StoreError("nothing is published yet", do="publish a run with 'clientela run FILE'")


def _storable(text: str) -> str:
    r"""Return the text as publishing stores it: what no database can hold is U+FFFD.

    Examples
    --------
    >>> _storable("17850"), _storable("a\0b") == "a\ufffdb"
    ('17850', True)
    """
    if text.isascii() and "\0" not in text:
        return text
    encodable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return encodable.replace("\0", "\ufffd")
