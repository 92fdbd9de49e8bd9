"""From files to the canonical tables: read, clean, account for every row, commit in one step."""

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from clientela.engine import Engine
from clientela.mapping import lines, order_ids, parse, sniff
from clientela.mapping.contacts import type_contacts
from clientela.mapping.source_columns import Mapping
from clientela.tables import fees, ledger, spelling, stores
from clientela.tables.agreement import agree_on_currency_and_zone, check_rules
from clientela.tables.append import Appending, append_lines, holds_due_lines
from clientela.tables.clean import VARYING, clean_lines, rejected_lines
from clientela.tables.compact import compact_files
from clientela.tables.contacts import append_contacts
from clientela.tables.customers import PERSONAL, append_customers, clean_customers
from clientela.tables.held_sources import find_account, hash_source, name_reading
from clientela.tables.identity import (
    COUNTRY_OF_CURRENCY,
    Identities,
    append_identities,
    check_collisions,
    check_held_form,
    resolve_ids,
)
from clientela.tables.ledger import Ledger, add_forgotten, set_rows_read
from clientela.tables.manifest import Batch, Manifest, TableName
from clientela.tables.nobody import check_collective_ids, find_nobody
from clientela.tables.personal_data import ask_about_personal_data, find_unnamed
from clientela.tables.reading import ReadJob, SourceTable, name_source, stage_sources, tell_time
from clientela.tables.rules import TRANSACTION_RULES, Context, decisions
from clientela.tables.tombstones import Tombstones

FEW_LINES = 100_000
"""Lines whose typed form is held: some 50 MB, where to plan it again takes 0.1 s a query."""


def ingest(
    job: ReadJob, files: Sequence[str], customers: Sequence[str], manifest: Manifest
) -> tuple[Manifest, list[Ledger]]:
    """Read sources into the tables; nothing counts until the manifest is committed.

    Parameters
    ----------
    job : ReadJob
        The workspace and what works on it.
    files : sequence of str
        Sources of transactions; one of customers is recognised by its columns.
    customers : sequence of str
        Sources of customers.
    manifest : Manifest
        The tables to append to; an empty one starts anew.

    Returns
    -------
    Manifest, list of Ledger
        The tables with the new rows, to be committed, and the account of each source.

    Raises
    ------
    InputError
        A source cannot be read or understood, or too much of it would be refused.
    """
    manifest = check_rules(manifest, job.settings)
    ledgers: list[Ledger] = []
    reading, hashes = name_reading(job.settings, manifest), dict[str, str]()
    has_news = holds_due_lines(_appending(job, manifest, name="due"))

    def recall(location: str) -> bool:
        hashes[location] = hash_source(location)
        account = find_account(manifest, location, hashes[location], reading)
        if account is None or has_news:
            return False
        ledgers.append(account)
        rows = account.total("already_held").rows
        job.progress.fact("already held: the same file was read before", source=location, rows=rows)
        return True

    sources = stage_sources(
        job, files, customers, sold=bool(manifest.of("transactions")), is_held=recall
    )
    for source in sources:
        with job.progress.stage("clean"), name_source(source.staged.location):
            manifest, account = _append(job, source, manifest)
        ledgers.append(account)
        is_recallable = source.mapping.role == "transactions" and not source.mapping.contacts
        identity = (hashes.get(source.staged.location, ""), reading) if is_recallable else ("", "")
        manifest = _remember_source(manifest, source, account, identity, job.now)
    manifest = compact_files(_appending(job, manifest, name="compact"), manifest)
    limits = job.settings.cleaning
    ledger.check_limits(ledgers, limits.max_refused_rows_share, limits.max_refused_money_share)
    return manifest, ledgers


def _append(job: ReadJob, source: SourceTable, manifest: Manifest) -> tuple[Manifest, Ledger]:
    mapping = source.mapping.adopt_region(manifest.currency, manifest.timezone)
    staged = source.staged
    staging = job.engine.read_parquet(staged.paths)
    parts_of_dates = {"ordered_time", "ordered_day"} & mapping.columns.keys()
    if mapping.values or mapping.fill_down or parts_of_dates:
        staging = lines.prepare(staging, mapping)
        values = lines.resolve_values(
            job.engine, staging, mapping, lambda rows: _add_up(job, source, staging, rows)
        )
        mapping = dataclasses.replace(mapping, values=values)
        for said in lines.describe_meanings(values):
            job.progress.fact(said, source=staged.location)
    stones = job.workspace.tombstones(manifest)
    theirs = mapping.columns["customer_id"]
    identities, staging, manifest, erased = _identify(job, staging, source, manifest, stones)
    if parse.PERSON in staging.columns:
        columns = mapping.columns | {"customer_id": parse.PERSON}
        mapping = dataclasses.replace(mapping, columns=columns)
    formats = sniff.decide(job.engine, staging, mapping, job.settings.source, staged.typed)
    if mixed := sniff.describe_mixture(job.engine, staging, mapping, formats):
        job.progress.fact(mixed, source=staged.location)
    ask_about_personal_data(job.engine, staging, mapping, job.settings.privacy)
    if mapping.contacts:
        people = type_contacts(staging, mapping, formats)
        manifest = _append_contacts(job, source, people, manifest, identities)
        # No attribute and no line of the quarantine keeps a copy.
        staging = staging.drop(*set(mapping.contacts.values()) - set(mapping.columns.values()))
    hashed = job.settings.privacy.hash_ids
    if mapping.role == "customers":
        typed = parse.type_customers(staging, mapping, formats, hashed=hashed)
        return _append_people(job, source, typed, manifest, erased)
    source = dataclasses.replace(source, mapping=mapping)
    typed = parse.type_lines(staging, mapping, formats, hashed=hashed)
    with _name_lines(job.engine, typed, staged.counted) as t:
        if mapping.layout == "configured" and mapping.order_within is None:
            order_ids.check_numbers(job.engine, t, mapping.columns.get("order_id", ""))
        manifest, account, refused = _append_typed(
            job, source, t, manifest, identities, theirs, formats.lonely_until, stones
        )
        split = lines.count_split(job.engine, t) if "refunded" in mapping.columns else 0
    _announce_corrections(job, account)
    account = add_forgotten(account, erased + refused)
    return manifest, set_rows_read(account, staged.counted, split)


def _add_up(job: ReadJob, source: SourceTable, staging: ir.Table, rows: ir.Table) -> Decimal:
    """Add up the money of some rows of a source, whatever they mean."""
    plain = dataclasses.replace(source.mapping, values={})
    formats = sniff.decide(job.engine, staging, plain, job.settings.source, source.staged.typed)
    typed = parse.type_lines(rows, plain, formats)
    return job.engine.to_arrow(typed.aggregate(x=typed.amount.sum()))["x"][0].as_py() or Decimal(0)


def _append_typed(
    job: ReadJob,
    source: SourceTable,
    typed: ir.Table,
    manifest: Manifest,
    identities: Identities | None,
    theirs: str,
    lonely_until: dt.datetime | None,
    stones: Tombstones,
) -> tuple[Manifest, Ledger, int]:
    """Clean and append typed lines; the last value says how many of erased people were refused."""
    mapping, staged = source.mapping, source.staged
    manifest = agree_on_currency_and_zone(
        job.engine, typed, staged, mapping, job.settings, manifest
    )
    unnamed = find_unnamed(typed.raw.names, mapping, job.settings.privacy)
    context = _context(job, mapping, manifest)
    context = dataclasses.replace(context, lonely_until=lonely_until, unnamed=unnamed)
    if identities is not None:
        nobody = find_nobody(identities, job.settings.source, theirs)
        check_collective_ids(job.engine, typed, identities, nobody, job.settings.source, theirs)
        context = dataclasses.replace(context, nobody=nobody)
    rule_decisions = decisions(job.settings.cleaning.rules)
    held_lines = _read_table(job, manifest, "transactions")
    varying = _select_mapped_columns(VARYING, mapping)
    corrections = spelling.variants(job.engine, typed, varying, held_lines)
    clean = clean_lines(typed, TRANSACTION_RULES, rule_decisions, context, corrections)
    if staged.rejected:
        clean = clean.union(rejected_lines(job.engine.from_arrow(staged.rejects), clean))
    appending = _appending(job, manifest, identities)
    was_read = any(batch.sha256 == staged.sha256 for batch in manifest.batches)
    if was_read or mapping.derived_order or mapping.layout == parse.POSTED:
        # Read again nothing is news; a day's purchases are no order that could be corrected, and
        # posted lines come one after the other.
        appending = dataclasses.replace(appending, corrections="add")
    clean, refused = stones.filter_refused(job.engine, clean)
    manifest, account = append_lines(appending, clean, staged.location, staged.counted)
    return manifest, account, refused


def _announce_corrections(job: ReadJob, account: Ledger) -> None:
    before, after = account.total("replaced"), account.total("replacing")
    if before.orders or after.orders:
        job.progress.fact(
            f"{after.orders:,} orders corrected, {after.amount - before.amount:+,.2f}",
            source=account.source,
            lines_before=before.rows,
            lines_after=after.rows,
        )


def _identify(
    job: ReadJob, staging: ir.Table, source: SourceTable, manifest: Manifest, stones: Tombstones
) -> tuple[Identities | None, ir.Table, Manifest, int]:
    """Assign every customer one id; ids that were replaced at the door are left as they are.

    Rows of people who were erased go no further; the last value says how many.
    """
    settings, mapping = job.settings.source, source.mapping
    column, order = mapping.columns["customer_id"], mapping.columns.get("order_id")
    store = stores.find_store(mapping, parse.source_columns(staging))
    keyed = stores.is_keyed_by_store(settings, store, source.staged.location)
    identities, erased, form = None, 0, ""
    if not job.settings.privacy.hash_ids:
        identities = resolve_ids(job.engine, staging, mapping, settings, manifest.id_form)
        form = identities.form
        ids = identities.ids if keyed else stones.filter_ids(identities.ids, form)
        identities = dataclasses.replace(identities, ids=ids)
        _check_ids(job, identities, manifest, column)
    if not keyed:
        staging, erased = stones.filter_rows(job.engine, staging, column, order, form)
    spelt = _spell(job, staging, identities, column, keyed=keyed)
    if store is not None and mapping.role == "transactions" and not keyed:
        checked = dataclasses.replace(
            mapping,
            columns=mapping.columns
            | ({"customer_id": parse.PERSON} if parse.PERSON in spelt.columns else {}),
        )
        stores.check_stores(job.engine, spelt, checked, settings, form, store)
    if store is not None and keyed:
        spelt = stores.key_by_store(spelt, store)
        spelt, erased = stones.filter_rows(job.engine, spelt, parse.PERSON, order)
    if identities is None:
        return None, spelt, manifest, erased
    manifest = append_identities(_appending(job, manifest, name="ids"), identities, spelt, column)
    _announce_people(job, source, identities)
    manifest = msgspec.structs.replace(manifest, id_form=form or manifest.id_form)
    return identities, spelt, manifest, erased


def _spell(
    job: ReadJob, staging: ir.Table, identities: Identities | None, column: str, *, keyed: bool
) -> ir.Table:
    """Give the rows their customers' ids where those are not as written."""
    if identities is None:
        return staging.mutate(**{parse.PERSON: staging[column]}) if keyed else staging
    needed = keyed or not identities.plain
    return identities.apply(job.engine, staging, column) if needed else staging


def _announce_people(job: ReadJob, source: SourceTable, identities: Identities) -> None:
    people, spellings = identities.people()
    if identities.are_addresses:
        job.progress.fact(
            "customer ids are e-mail addresses, which every result and list then shows; "
            "privacy.hash_ids replaces them",
            source=source.staged.location,
        )
    if len(people):
        job.progress.fact(
            f"{len(people):,} customers behind {spellings:,} spellings of their ids",
            source=source.staged.location,
            rule=identities.form or "as written",
        )


def _check_ids(job: ReadJob, identities: Identities, manifest: Manifest, column: str) -> None:
    """Ask where ids, beside those held, fit two readings."""
    held_lines = _read_table(job, manifest, "transactions")
    ids = identities.orders()["customer_id"].combine_chunks()
    nobody = find_nobody(identities, job.settings.source, column)
    ids = ids.filter(pc.invert(pc.is_in(ids, pa.array(nobody, pa.string()))))
    if held_lines is not None:
        held_customers = job.engine.to_arrow(
            held_lines.select("customer_id").distinct().drop_null()
        )
        known_ids = held_customers["customer_id"].combine_chunks()
        check_held_form(known_ids, identities.form, manifest.id_form, column)
        ids = pc.unique(pa.concat_arrays([ids, known_ids]))
    check_collisions(ids, identities.form, column)


@contextlib.contextmanager
def _name_lines(engine: Engine, typed: ir.Table, rows: int) -> Iterator[ir.Table]:
    """Name the typed lines, so that the queries upon them need not be written out each time."""
    materialised = engine.materialise(typed) if rows <= FEW_LINES else None
    engine.bind("typed", typed if materialised is None else materialised)
    yield ibis.table(typed.schema(), name="typed")
    if materialised is not None:
        engine.drop(materialised)


def _append_people(
    job: ReadJob, source: SourceTable, typed: ir.Table, manifest: Manifest, erased: int
) -> tuple[Manifest, Ledger]:
    context = _context(job, source.mapping, manifest)
    held_customers = _read_table(job, manifest, "customers")
    corrections = spelling.variants(
        job.engine, typed, _select_mapped_columns(PERSONAL, source.mapping), held_customers
    )
    appending = _appending(job, manifest)
    people = clean_customers(appending, typed, context, corrections)
    manifest, account = append_customers(appending, people, source.staged)
    return manifest, set_rows_read(add_forgotten(account, erased), source.staged.counted)


def _append_contacts(
    job: ReadJob,
    source: SourceTable,
    people: ir.Table,
    manifest: Manifest,
    identities: Identities | None,
) -> Manifest:
    if identities is not None:
        column = source.mapping.columns["customer_id"]
        nobody = find_nobody(identities, job.settings.source, column)
        people = people.filter(people.customer_id.notin(nobody)) if nobody else people
    currency = job.settings.source.currency or manifest.currency or source.mapping.currency
    manifest, counts = append_contacts(
        _appending(job, manifest, name="contacts"),
        people,
        source.mapping.contacts,
        COUNTRY_OF_CURRENCY.get(currency, ""),
    )
    job.progress.fact("contacts kept apart", source=source.staged.location, **counts)
    return manifest


def _read_table(job: ReadJob, manifest: Manifest, table: TableName) -> ir.Table | None:
    paths = job.workspace.paths(table, manifest=manifest)
    return job.engine.read_parquet(paths) if paths else None


def _appending(
    job: ReadJob, manifest: Manifest, identities: Identities | None = None, name: str = "lines"
) -> Appending:
    scratch = job.scratch / f"append-{manifest.read}-{name}"
    scratch.mkdir()
    people = identities.people()[0] if identities else []
    respelt = job.engine.from_arrow(pa.table({"respelt_id": people})) if len(people) else None
    return Appending(
        workspace=job.workspace,
        engine=job.engine,
        scratch=scratch,
        manifest=manifest,
        decisions=decisions(job.settings.cleaning.rules),
        now=job.now,
        now_local=tell_time(job, manifest.timezone or "UTC"),
        tag=f"{manifest.read:06d}",
        respelt=respelt,
        corrections=job.settings.source.corrections,
        drop_descriptions=job.settings.privacy.drop_descriptions,
    )


def _context(job: ReadJob, mapping: Mapping, manifest: Manifest) -> Context:
    return Context(
        now_local=tell_time(job, manifest.timezone or mapping.timezone),
        cancel_prefix=mapping.cancel_prefix,
        fee_codes=fees.codes(mapping.layout, job.settings.cleaning.fee_codes),
        fee_prefixes=fees.prefixes(mapping.layout),
        currency=manifest.currency,
        priced=mapping.has_prices,
        adjusts_stock=mapping.adjusts_stock,
    )


def _select_mapped_columns(columns: Iterable[str], mapping: Mapping) -> list[str]:
    return [column for column in columns if column in mapping.columns]


def _remember_source(
    manifest: Manifest,
    source: SourceTable,
    account: Ledger,
    identity: tuple[str, str],
    now: dt.datetime,
) -> Manifest:
    batch = Batch(
        sha256=source.staged.sha256,
        file_sha256=identity[0],
        reading=identity[1],
        layout=source.mapping.layout,
        taken_in=now,
        ledger=account,
    )
    new = account.total("read", "split").rows > account.total("already_held", "forgotten").rows
    return msgspec.structs.replace(
        manifest,
        read=manifest.read + 1,
        batches=(*manifest.batches, batch) if new else manifest.batches,
    )
