"""Append the cleaned lines of one source to the tables, bucket group by bucket group."""

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
import msgspec
import pyarrow.parquet as pq

from clientela.config import Decision
from clientela.config.data import Corrections
from clientela.contract.tables import KINDS
from clientela.engine import Engine
from clientela.errors import ClientelaError, InputError
from clientela.tables import returns, routing
from clientela.tables.buckets import BUCKETS, bucket, part_of_bucket
from clientela.tables.clean import FLAG, pack_flags, unpack_flags
from clientela.tables.corrections import Correction, find_corrections
from clientela.tables.ledger import Ledger, RuleFinding, merge_lines
from clientela.tables.manifest import File, Manifest, TableName, flush
from clientela.tables.mentions import blank_texts
from clientela.tables.recovery import describe_file
from clientela.tables.rules import TRANSACTION_RULES
from clientela.tables.tombstones import Tombstones
from clientela.tables.workspace import Workspace

FUTURE = "future_date"  # the rule whose verdict time changes


@dataclass(frozen=True)
class Appending:
    """What appending needs: where, with what, and on top of which tables.

    ``tag`` begins the names of the new files; ``scratch`` is this source's own folder;
    ``now`` is the moment of the run, aware, ``now_local`` in the firm's zone; ``respelt`` holds, as
    ``respelt_id``, the customers whose ids the source writes in several ways; ``corrections`` says
    what becomes of orders that come again with other content; ``drop_descriptions`` leaves one a
    product.
    """

    workspace: Workspace
    engine: Engine
    scratch: Path
    manifest: Manifest
    decisions: Mapping[str, Decision]
    now: dt.datetime
    now_local: dt.datetime
    tag: str
    respelt: ir.Table | None = None
    corrections: Corrections | None = None
    drop_descriptions: bool = False

    @property
    def taken_in(self) -> ir.TimestampScalar:
        """The moment of the run as rows hold it: in UTC, without a zone."""
        utc = self.now.astimezone(dt.UTC).replace(tzinfo=None)
        return ibis.literal(utc, "timestamp(6)")


def append_lines(
    job: Appending, cleaned: ir.Table, source: str, rows: int
) -> tuple[Manifest, Ledger]:
    """Append a source's cleaned lines; nothing counts until the manifest is committed.

    Parameters
    ----------
    job : Appending
        The tables to append to.
    cleaned : ir.Table
        The lines as :func:`clientela.tables.clean.clean_lines` gives them.
    source : str
        The source as the user named it.
    rows : int
        How many lines there are; beyond what memory holds, work goes bucket by bucket.

    Returns
    -------
    Manifest, Ledger
        The tables with the new files, and the account of the source's rows, checked.

    Raises
    ------
    InputError
        A rule that is set to *refuse* found rows.
    """
    names = [name for name in cleaned.columns if name.startswith(FLAG)]
    evaluated = _evaluate(job, pack_flags(cleaned, names), rows)
    parts = [
        (group, unpack_flags(part, names).mutate(taken_in=job.taken_in))
        for group, part in evaluated
    ]
    all_lines = ibis.union(*[part for _, part in parts])
    correction = _find_corrections(job, all_lines)
    held_files = files = _correct(job, correction)
    lines, findings, last = correction.lines(), list[RuleFinding](), job.manifest.last
    for group, part in parts:
        _refuse(job, part, source)
        held_keys = _held_keys(job, held_files, part, group)
        files, summed = _append_group(job, files, part, held_keys, group, source, correction)
        counted, found, moment = routing.count_lines(
            job.engine, summed, names, TRANSACTION_RULES, job.decisions
        )
        if job.respelt is not None:
            found.append(routing.count_spelling_findings(job.engine, summed, job.respelt))
        job.engine.drop(summed)
        lines += counted
        findings = _add_findings(findings, found)
        last = max((known for known in (last, moment) if known is not None), default=None)
    files += _keep_status(job, correction)
    if correction.facts:
        findings.append(correction.summarize())
    ledger = Ledger(
        source=source, table="transactions", lines=merge_lines(lines), found=tuple(findings)
    )
    ledger.check()
    if rows <= job.engine.rows_at_once:
        job.engine.drop(evaluated[0][1])
    return msgspec.structs.replace(job.manifest, files=files, last=last), ledger


def _evaluate(
    job: Appending, cleaned: ir.Table, rows: int
) -> list[tuple[tuple[str, ...], ir.Table]]:
    """Evaluate the cleaned lines once, in parts that memory holds, of whole customers.

    A part is all buckets, or one; of a source with more lines than 16 such parts hold it is a part
    of one.
    """
    if rows <= job.engine.rows_at_once:
        return [(BUCKETS, job.engine.materialise(cleaned))]
    folder = job.scratch / "cleaned"
    parts = min(math.ceil(rows / len(BUCKETS) / job.engine.rows_at_once), len(BUCKETS))
    placed = cleaned.bucket if parts == 1 else part_of_bucket(cleaned, parts)
    bucketed = cleaned.mutate(part_bucket=placed)
    job.engine.write_parquet(bucketed, folder, ["part_bucket"], partitions=len(BUCKETS) * parts)
    return [((name,), job.engine.read_parquet(paths)) for name, paths in _by_bucket(folder).items()]


def _find_corrections(job: Appending, all_lines: ir.Table) -> Correction:
    held_lines = _read(job, job.manifest.of("transactions"))
    if held_lines is None:
        return Correction()
    return find_corrections(
        job.engine,
        all_lines,
        held_lines,
        _read(job, job.manifest.of("quarantine")),
        held_last=job.manifest.last,
        decision=job.corrections,
    )


def _read(job: Appending, files: Sequence[File]) -> ir.Table | None:
    paths = [job.workspace.tables_folder / file.path for file in files]
    return job.engine.read_parquet(paths) if paths else None


def _correct(job: Appending, correction: Correction) -> tuple[File, ...]:
    """Take replaced lines out of the tables, and lines that are good again out of quarantine."""
    files = job.manifest.files
    if correction.released is not None:
        files = _without(job, files, correction.released, f"{job.tag}-released")
    removed = correction.removed
    if removed is None:
        return files
    placed = removed.select("kind", bucket=bucket(removed)).distinct()
    parts = {(row["kind"], row["bucket"]) for row in job.engine.to_arrow(placed).to_pylist()}
    old = [f for f in files if f.table == "transactions" and (f.kind, f.bucket) in parts]
    rows = _read(job, old)
    if rows is not None:
        remaining = rows.anti_join(removed, returns.KEY)
        remaining = remaining.mutate(part_kind=remaining.kind, part_bucket=bucket(remaining))
        new = write_partitions(job, remaining, "transactions", f"{job.tag}-corrected")
        files = tuple(file for file in files if file not in old) + new
    replaced = routing.replaced_lines(removed.filter(~removed.again), job.taken_in, "transactions")
    return files + write_partitions(job, replaced, "quarantine", f"{job.tag}-replaced")


def _keep_status(job: Appending, correction: Correction) -> tuple[File, ...]:
    """Keep what lines were that come again under another verdict, such as cancelled since.

    After those lines themselves, for by its key a line is recognised as held.
    """
    if correction.removed is None:
        return ()
    again = correction.removed.filter(correction.removed.again)
    before = routing.replaced_lines(again, job.taken_in, routing.BEFORE)
    return write_partitions(job, before, "quarantine", f"{job.tag}-before")


def _without(
    job: Appending, files: tuple[File, ...], released: ir.Table, name: str
) -> tuple[File, ...]:
    for part in BUCKETS:
        old = [f for f in files if f.table == "quarantine" and f.bucket == part]
        rows = _read(job, old)
        if rows is None:
            continue
        lines = rows.filter(rows.table != routing.BEFORE)
        hits = lines.semi_join(released, returns.KEY)
        if not job.engine.to_arrow(hits.aggregate(n=hits.count()))["n"][0].as_py():
            continue
        remaining = lines.anti_join(released, returns.KEY)
        remaining = remaining.union(rows.filter(rows.table == routing.BEFORE))
        remaining = remaining.mutate(part_bucket=ibis.literal(part))
        new = write_partitions(job, remaining, "quarantine", f"{name}-{part}")
        files = tuple(file for file in files if file not in old) + new
    return files


def _append_group(
    job: Appending,
    files: tuple[File, ...],
    part: ir.Table,
    held_keys: ir.Table | None,
    group: tuple[str, ...],
    source: str,
    correction: Correction,
) -> tuple[tuple[File, ...], ir.Table]:
    """Append the lines of some buckets; return them summed too, as a table to be dropped."""
    engine, name = job.engine, f"{job.tag}-{group[0]}"
    group = tuple(dict.fromkeys(part_name[0] for part_name in group))
    repeats = engine.materialise(routing.number_repeats(part))
    placed = routing.place_lines(
        part,
        repeats,
        held_keys,
        quarantine_repeats=job.decisions["repeated_line"] == "quarantine",
        superseded=correction.refused,
    )
    # Repeats are few, and to join them costs less than to write all lines once more.
    is_evaluated = held_keys is not None or correction.refused is not None
    placed = engine.materialise(placed) if is_evaluated else placed
    summed = engine.materialise(routing.sum_lines(placed))
    files = _release_lines(job, files, placed, group, name)
    added, refused = _write_lines(job, placed, group, name, source)
    files += added + refused
    engine.drop(repeats)
    if is_evaluated:
        engine.drop(placed)
    if correction.removed is not None or added:
        files = _relink_returns(job, files, added, correction.removed, group, name)
    return files, summed


def _write_lines(
    job: Appending, placed: ir.Table, group: Sequence[str], name: str, source: str
) -> tuple[tuple[File, ...], tuple[File, ...]]:
    """Write placed lines into the tables and the quarantine; return the files of each.

    What is no sale is little: of one bucket it is held, and not sought once more a kind.
    """
    accepted, added = routing.select_transactions(placed), tuple[File, ...]()
    if job.drop_descriptions:
        accepted = routing.drop_descriptions(accepted)
    others = placed
    kinds: Sequence[str] = KINDS
    if len(group) == 1 and not job.drop_descriptions:
        sold, kinds = KINDS[:1], KINDS[1:]
        added = write_partitions(job, accepted, "transactions", name, group, sold)
        others = job.engine.materialise(placed.filter(placed.place.notin(sold)))
        accepted = routing.select_transactions(others)
    added += write_partitions(job, accepted, "transactions", name, group, kinds)
    quarantined = routing.select_quarantine(others, source)
    refused = write_partitions(job, quarantined, "quarantine", name, group)
    if others is not placed:
        job.engine.drop(others)
    return added, refused


def _held_keys(
    job: Appending, files: Sequence[File], part: ir.Table, group: Sequence[str]
) -> ir.Table | None:
    """Return which of the lines the tables or the quarantine hold; those released they do not.

    The files are those before this source, for a line and its equal stand in one part of it.
    """
    buckets = {name[0] for name in group}
    lines, refused = (
        [
            job.workspace.tables_folder / file.path
            for file in files
            if file.table == table and file.bucket in buckets
        ]
        for table in ("transactions", "quarantine")
    )
    keys = [job.engine.read_parquet(lines).select(*returns.KEY)] if lines else []
    if refused:
        rows = job.engine.read_parquet(refused)
        keys.append(rows.filter(~_due(job, rows)).select(*returns.KEY))
    return ibis.union(*keys).semi_join(part, "line_key") if keys else None


def holds_due_lines(job: Appending) -> bool:
    """Tell whether the quarantine holds lines whose future has come."""
    accounts = (batch.ledger.lines for batch in job.manifest.batches)
    refused = {line.rule for lines in accounts for line in lines if line.place == "quarantine"}
    files = job.manifest.of("quarantine")
    if not files or FUTURE not in refused:
        return False
    rows = job.engine.read_parquet([job.workspace.tables_folder / file.path for file in files])
    due = rows.filter(_due(job, rows)).limit(1)
    return bool(job.engine.to_arrow(due.select("rule")).num_rows)


def _due(job: Appending, refused: ir.Table) -> ir.BooleanValue:
    """Tell refused lines whose future has come: read again, they are judged again."""
    come = refused.ordered_local <= ibis.literal(job.now_local)
    return (refused.rule == FUTURE) & come.fill_null(False)


def _release_lines(
    job: Appending, files: tuple[File, ...], placed: ir.Table, group: Sequence[str], name: str
) -> tuple[File, ...]:
    """Take out of the quarantine the lines whose future has come and that were read again."""
    for bucket_name in group:
        old = [f for f in files if f.table == "quarantine" and f.bucket == bucket_name]
        if not old:
            continue
        rows = job.engine.read_parquet([job.workspace.tables_folder / f.path for f in old])
        again = rows.filter(_due(job, rows)).semi_join(placed, returns.KEY).select(*returns.KEY)
        if not job.engine.to_arrow(again.aggregate(rows=again.count()))["rows"][0].as_py():
            continue
        remaining = rows.anti_join(again, returns.KEY)
        remaining = remaining.mutate(part_bucket=ibis.literal(bucket_name))
        new = write_partitions(job, remaining, "quarantine", f"{name}-{bucket_name}-kept")
        files = tuple(file for file in files if file not in old) + new
    return files


def _relink_returns(
    job: Appending,
    files: tuple[File, ...],
    added: tuple[File, ...],
    removed: ir.Table | None,
    group: tuple[str, ...],
    name: str,
) -> tuple[File, ...]:
    """Match the returns of customers with news anew: a purchase may have come after its return.

    Files of before are written once more only where a link in them changes.
    """
    back = [f for f in files if f.kind == "return" and f.bucket in group]
    sold = [f for f in files if f.kind == "sale" and f.bucket in group]
    before = [file for file in back if file not in added]
    new = [file for file in back if file in added]
    rows, sales, former = (_read(job, part) for part in (back, sold, before))
    if rows is None or sales is None:
        return files
    if former is None:
        linked = returns.link_returns(job.engine, sales, rows)
    else:
        customers = _customers_with_news(job, added, removed)
        linked = returns.link_returns(job.engine, sales, rows, customers)
        former = former.select(*returns.KEY, former_order="returns_order_id")
        compared = linked.join(former, returns.KEY)
        compared = compared.filter(~compared.returns_order_id.identical_to(compared.former_order))
        if job.engine.to_arrow(compared.aggregate(rows=compared.count()))["rows"][0].as_py():
            new = back
        elif not new:
            return files
        else:
            linked = linked.anti_join(former, returns.KEY)
    bucketed = linked.mutate(part_kind=linked.kind, part_bucket=bucket(linked))
    written = write_partitions(job, bucketed, "transactions", f"{name}-linked", group, ("return",))
    rows_before, rows_after = (sum(file.rows for file in part) for part in (new, written))
    if rows_before != rows_after:
        raise ClientelaError(f"returns do not add up: {rows_before} rows, {rows_after} linked")
    return tuple(file for file in files if file not in new) + written


def _customers_with_news(
    job: Appending, added: Sequence[File], removed: ir.Table | None
) -> ir.Table:
    """Return the customers of added and of removed lines, each once."""
    parts = [rows for rows in (_read(job, added), removed) if rows is not None]
    ids = ibis.union(*[rows.select("customer_id") for rows in parts]).distinct()
    return job.engine.materialise(ids.drop_null())


def write_partitions(
    job: Appending,
    expr: ir.Table,
    table: TableName,
    name: str,
    buckets: Sequence[str] = BUCKETS,
    kinds: Sequence[str] = KINDS,
) -> tuple[File, ...]:
    """Write rows to Parquet in their partitions and move the files to where the tables stand.

    What names erased people in the texts of others is blanked.

    Parameters
    ----------
    job : Appending
        The tables.
    expr : ir.Table
        The rows, with ``part_bucket`` and, for transactions, ``part_kind``.
    table : str
        The table the files belong to.
    name : str
        What the names of the files begin with.
    buckets : sequence of str
        The buckets that the rows may stand in.
    kinds : sequence of str
        Of transactions: the kinds that are written, from one bucket; all kinds from several.
    """
    folder = job.scratch / f"{table}-{name}"
    _write_folders(job.engine, expr, folder, buckets, kinds)
    files = []
    stones = Tombstones(job.workspace.folder)
    for number, path in enumerate(sorted(folder.rglob("*.parquet"))):
        if not pq.ParquetFile(path).metadata.num_rows:
            continue
        if stones.hashes:
            blank_texts(path, stones)
        parts = dict(part.split("=", 1) for part in path.parts if part.startswith("part_"))
        kind, bucket = parts.get("part_kind", ""), parts["part_bucket"]
        target = Path(table, *([f"kind={kind}"] if kind else []), f"bucket={bucket}")
        target = target / f"{name}-{number}.parquet"
        destination = job.workspace.tables_folder / target
        destination.parent.mkdir(parents=True, exist_ok=True)
        path.replace(destination)
        flush(destination)
        flush(destination.parent)
        files.append(describe_file(job.workspace.tables_folder, str(target)))
    return tuple(files)


def _write_folders(
    engine: Engine, expr: ir.Table, folder: Path, buckets: Sequence[str], kinds: Sequence[str]
) -> None:
    """Write rows into folders of their kind and bucket; those of one bucket kind by kind.

    To tell rows apart while they are written takes two thirds as long again as to write them.
    """
    by_kind = ["part_kind"] if "part_kind" in expr.columns else []
    if len(buckets) > 1 or not by_kind:
        partitions = len(buckets) * (len(KINDS) if by_kind else 1)
        engine.write_parquet(expr, folder, [*by_kind, "part_bucket"], partitions=partitions)
        return
    for kind in kinds:
        rows = expr.filter(expr.part_kind == kind).drop("part_kind", "part_bucket")
        target = folder / f"part_kind={kind}" / f"part_bucket={buckets[0]}"
        engine.write_parquet(rows, target)


def _by_bucket(folder: Path) -> dict[str, list[Path]]:
    paths = defaultdict[str, list[Path]](list)
    for path in sorted(folder.rglob("*.parquet")):
        paths[path.parent.name.removeprefix("part_bucket=")].append(path)
    return dict(sorted(paths.items()))


def _refuse(job: Appending, cleaned: ir.Table, source: str) -> None:
    refusing = [rule for rule in TRANSACTION_RULES if job.decisions[rule.name] == "refuse"]
    for rule in refusing:
        if rule.flag not in cleaned.columns:
            continue
        hits = cleaned.filter(cleaned[rule.flag])
        row = job.engine.to_arrow(
            hits.aggregate(rows=hits.count(), first=hits.source_row.min())
        ).to_pylist()[0]
        if row["rows"]:
            raise InputError(
                f"{row['rows']:,} rows are found by the rule '{rule.name}', set to refuse",
                where=f"{source}, record {row['first']:,}",
                do=f"correct the source, or change cleaning.rules.{rule.name}",
            )


def _add_findings(left: list[RuleFinding], right: list[RuleFinding]) -> list[RuleFinding]:
    earlier = {finding.rule: finding for finding in left}
    return [
        RuleFinding(
            rule=finding.rule,
            decision=finding.decision,
            rows=finding.rows + (earlier[finding.rule].rows if finding.rule in earlier else 0),
            customers=finding.customers
            + (earlier[finding.rule].customers if finding.rule in earlier else 0),
            amount=finding.amount
            + (earlier[finding.rule].amount if finding.rule in earlier else 0),
        )
        for finding in right
    ]
