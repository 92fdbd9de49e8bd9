"""Several files of one system, joined into order lines by keys that are found and proved.

A key is proved by values: the other table has every value once, so that no row is doubled, and
nearly all values of this table stand there. A table of several rows an order, such as payments, is
added up an order first, so that no order's money grows.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow.parquet as pq

from clientela.config import Settings, Source
from clientela.engine import Engine
from clientela.errors import DecisionNeeded, MappingError, SourceError
from clientela.mapping.dates import DIGITS
from clientela.mapping.join_parts import (
    LEAST_KEYS,
    LEAST_USED,
    MET,
    NAMED,
    JoinedSource,
    JoinKey,
    SourcePart,
    add_columns,
    add_up,
    score_names,
)
from clientela.mapping.profile import ColumnProfile, profile_columns
from clientela.mapping.proof import Proof
from clientela.mapping.prove import prove
from clientela.mapping.source_columns import Mapping, Role, lacks, resolve
from clientela.mapping.supplements import (
    check_repeats,
    find_repeats,
    find_supplements,
    join_supplements,
)
from clientela.sources import reading as sources
from clientela.sources.guard import Guard, visible
from clientela.sources.staging import Sample
from clientela.sources.values import as_text

ROLES: tuple[Role, ...] = ("transactions", "customers")


def join_files(
    engine: Engine, locations: Sequence[str], settings: Settings, folder: Path
) -> JoinedSource | None:
    """Join files of one system into one source of order lines; None where there is no need.

    Files that can each be read alone, and exports of the same table, stay what they are.

    Parameters
    ----------
    engine : Engine
        What counts and joins.
    locations : sequence of str
        Files or URLs, in any order.
    settings : Settings
        How files are written, and the columns to drop.
    folder : Path
        An existing folder for the files written.

    Raises
    ------
    DecisionNeeded
        Several columns may be the key, or too few of its values are met.
    SourceError
        A file cannot be read whole.
    """
    if len(locations) < 2:
        return None
    dropped = settings.privacy.drop_columns
    samples = {
        location: visible(sources.peek(location, settings.source), dropped)
        for location in locations
    }
    tables: dict[frozenset[str], list[str]] = {}
    for location, sample in samples.items():
        tables.setdefault(frozenset(sample.columns), []).append(location)
    if len(tables) < 2:
        return None
    alone = {same[0]: _read_alone(samples[same[0]]) for same in tables.values()}
    pairs = find_supplements(samples, alone)
    if not pairs and None not in alone.values():
        return None
    parts = _stage_parts(engine, tables, samples, settings, folder)
    joined = join_supplements(engine, pairs, parts, folder)
    repeats = find_repeats(engine, pairs, parts, alone)
    if joined is not None or not (repeats or None in alone.values()):
        return joined
    keys = find_keys(engine, parts)
    joined = _join_best(engine, parts, keys, folder) if keys else None
    check_repeats(repeats, joined)
    return joined and _leave_people(joined, parts, samples)


def _leave_people(
    joined: JoinedSource, parts: dict[str, SourcePart], samples: dict[str, Sample]
) -> JoinedSource:
    """Leave the tables of customers among those joined to be read as such, too."""
    people = [
        location
        for key in joined.person_keys
        for location in parts[key.one].locations
        if _reads_as_people(samples[parts[key.one].locations[0]], key.key)
    ]
    return replace(joined, others=(*joined.others, *people))


def _stage_parts(
    engine: Engine,
    tables: dict[frozenset[str], list[str]],
    samples: dict[str, Sample],
    settings: Settings,
    folder: Path,
) -> dict[str, SourcePart]:
    """Stage each table's files whole; returns the tables by their names."""
    guard = Guard(drop=frozenset(settings.privacy.drop_columns))
    parts: dict[str, SourcePart] = {}
    for number, same in enumerate(tables.values()):
        staged: list[Path] = []
        for copy, location in enumerate(same):
            target = folder / f"table-{number}-{copy}"
            staged += _stage_whole(location, settings.source, guard, target)
        part = _describe_part(engine, same, samples[same[0]], staged)
        if part.name in parts:
            part = replace(part, name=f"{part.name} {number + 1}")
        parts[part.name] = part
    return parts


def _read_alone(sample: Sample) -> Mapping | None:
    """Understand a file that is transactions or customers by itself, asked about or not."""
    for role in ROLES:
        try:
            return resolve(sample.columns, sample.rows, Source(), role)
        except MappingError:
            continue
        except DecisionNeeded:
            return Mapping("asked", role, prove(sample.columns, sample.rows).columns)
    return None


def _reads_as_people(sample: Sample, key: str) -> bool:
    """Tell whether a table that was joined is one of customers too, with attributes to keep."""
    try:
        mapping = resolve(sample.columns, sample.rows, Source(), "customers")
    except (MappingError, DecisionNeeded):
        return False
    return mapping.columns.get("customer_id") == key


def _stage_whole(location: str, settings: Source, guard: Guard, target: Path) -> tuple[Path, ...]:
    target.mkdir()
    staged = sources.stage(location, settings, guard, target)
    if staged.rejected:
        raise SourceError(
            f"{staged.rejected:,} records cannot be read, so that the tables cannot be joined",
            where=location,
            do="export the table again",
        )
    return staged.paths


def _describe_part(
    engine: Engine, same: Sequence[str], sample: Sample, staged: Sequence[Path]
) -> SourcePart:
    rows = engine.read_parquet(list(staged))
    columns = list(sample.columns)
    counted = engine.to_arrow(
        rows.aggregate(
            **{f"n{i}": rows[name].nunique() for i, name in enumerate(columns)},
            **{f"all{i}": rows[name].count() for i, name in enumerate(columns)},
        )
    ).to_pylist()[0]
    counts = {name: counted[f"n{i}"] for i, name in enumerate(columns)}
    full = [name for i, name in enumerate(columns) if counted[f"all{i}"] == counts[name] > 1]
    profiles = profile_columns(columns, sample.rows)
    unique = frozenset(name for name in full if _may_be_key(profiles[name]))
    stem = re.sub(r"\.(csv|txt|tsv|gz|parquet|xlsx)\b", "", Path(same[0]).name)
    return SourcePart(stem, tuple(same), rows, profiles, counts, unique)


def _may_be_key(profile: ColumnProfile) -> bool:
    whole = profile.decimal is None or profile.is_whole
    # Numbers of orders may look like the days that spreadsheets count.
    written = profile.date is not None and profile.date.shape not in DIGITS
    return not written and not profile.is_clock and whole and bool(profile.distinct)


def find_keys(engine: Engine, parts: dict[str, SourcePart]) -> list[JoinKey]:
    """Find for each pair of tables the column of the one that names a row of the other.

    Raises
    ------
    DecisionNeeded
        Headings name a key whose values are not met, or several columns may be the key.
    """
    keys: list[JoinKey] = []
    unmet: list[JoinKey] = []
    for left, right in combinations(parts.values(), 2):
        both = [
            sorted(_list_keys(engine, referring, referred), key=lambda key: -key.score)
            for referring, referred in ((left, right), (right, left))
        ]
        proved = [[key for key in candidates if key.met >= MET] for candidates in both]
        if not any(proved):
            unmet += [key for candidates in both for key in candidates]
        for candidates in filter(None, proved):
            _check_rivals(candidates)
            keys.append(candidates[0])
    _check_unmet([key for key in unmet if not _is_linked(key, keys)])
    return keys


def _is_linked(key: JoinKey, keys: Sequence[JoinKey]) -> bool:
    """Tell whether proved keys lead from a table to another, by whatever tables between."""
    either = [*keys, *[other._replace(many=other.one, one=other.many) for other in keys]]
    return key.one in {step.one for step in _follow_keys(key.many, either)}


def _check_rivals(candidates: Sequence[JoinKey]) -> None:
    """Ask where several columns fit as well and no heading names one."""
    best = candidates[0]
    rivals = [key for key in candidates[1:] if key.score > best.score - 0.3]
    if rivals and best.named < 2.0:
        columns = ", ".join(f"{key.column} = {key.key}" for key in [best, *rivals])
        raise DecisionNeeded(
            f"it is in doubt by which columns {best.many} and {best.one} are joined: {columns}",
            where=f"{best.many}, {best.one}",
            do="give the columns that belong together the same name, or give one joined file",
        )


def _check_unmet(candidates: Sequence[JoinKey]) -> None:
    """Ask where headings say that tables belong together and values say that rows are missing."""
    named = [key for key in candidates if key.named >= 1.5 and key.met > 0]
    if named:
        key = max(named, key=lambda key: key.met)
        raise DecisionNeeded(
            f"only {key.met:.0%} of {key.column} of {key.many} stand in {key.key} of {key.one}",
            where=f"{key.many}, {key.one}",
            do="export both tables over the same period, or leave one out",
        )


def _list_keys(engine: Engine, referring: SourcePart, referred: SourcePart) -> Iterator[JoinKey]:
    for column, profile in referring.profiles.items():
        if not _may_be_key(profile):
            continue
        for key in referred.unique:
            named = score_names(column, key, referred.name)
            if named < NAMED and not profile.distinct & referred.profiles[key].distinct:
                continue
            values = referring.rows.select(x=referring.rows[column].strip()).distinct().drop_null()
            keys = referred.rows.select(x=referred.rows[key].strip()).distinct()
            met = engine.to_arrow(values.semi_join(keys, "x").count().as_table())[0][0].as_py()
            share, used = met / max(referring.counts[column], 1), met / max(referred.counts[key], 1)
            if named >= NAMED or (used >= LEAST_USED and met >= LEAST_KEYS):
                score = share + (named if named >= NAMED else used)
                yield JoinKey(referring.name, column, referred.name, key, share, named, score)


def _join_best(
    engine: Engine, parts: dict[str, SourcePart], keys: Sequence[JoinKey], folder: Path
) -> JoinedSource | None:
    """Take each table for the lines in turn, and keep the join whose money is proved best."""
    ranked = []
    for part in parts.values():
        path = _follow_keys(part.name, keys)
        if not path:
            continue
        table, sums = _join_from(part, path, parts, keys)
        joined = engine.materialise(table)
        sample = engine.to_arrow(joined.order_by("source_row").limit(3_000)).drop(["source_row"])
        texts = [as_text(values).to_pylist() for values in sample.columns]
        proof = prove(sample.column_names, list(zip(*texts, strict=True)))
        person = proof.columns.get("customer_id")
        people = tuple(key for key in path if key.column == person)
        ranked.append((_rank(proof), part.name, joined, path, sums, people))
    if not ranked:
        return None
    _, name, joined, path, sums, people = max(ranked, key=lambda entry: entry[:2])
    used = [name, *[key.one for key in path], *[key.many for key in sums]]
    target = folder / "joined.parquet"
    rows = engine.to_arrow(joined.order_by("source_row"))
    pq.write_table(rows.drop(["source_row"]), target)
    parts_used = [location for part in used for location in parts[part].locations]
    unused = [o for part in parts.values() if part.name not in used for o in part.locations]
    steps = [f"{key.one} by {key.column} ({key.met:.0%} met)" for key in path]
    steps += [f"{key.many} added up by {key.column}" for key in sums]
    return JoinedSource(
        path=target,
        shown=" + ".join(parts_used),
        others=tuple(unused),
        announcement=f"{name} ({rows.num_rows:,} rows) joined with {', '.join(steps)}",
        person_keys=people,
    )


def _rank(proof: Proof) -> tuple[Any, ...]:
    """Rank a join: complete, of lines, with few questions, explained by arithmetic."""
    reasons = sum(len(why) for why in proof.reasons.values())
    lines = {"product_id", "quantity", "description"} & proof.columns.keys()
    complete = not lacks(proof.columns, "transactions")
    # Payments hold freight as well, which nothing on them tells: a question of the lines is better.
    return complete, bool(lines), -len(proof.questions), reasons


def _follow_keys(start: str, keys: Sequence[JoinKey]) -> list[JoinKey]:
    """List the keys that lead from a table to others, each reached once, the best first."""
    reached = {start}
    path: list[JoinKey] = []
    while True:
        steps = [key for key in keys if key.many in reached and key.one not in reached]
        if not steps:
            return path
        best = max(steps, key=lambda key: key.score)
        path.append(best)
        reached.add(best.one)


def _join_from(
    part: SourcePart,
    path: Sequence[JoinKey],
    parts: dict[str, SourcePart],
    keys: Sequence[JoinKey],
) -> tuple[ir.Table, list[JoinKey]]:
    """Join the tables that a table's keys reach, and the sums of those of several rows a key."""
    table = part.rows
    names = {(part.name, column): column for column in part.profiles}
    for key in path:
        other = parts[key.one]
        columns = [column for column in other.profiles if column != key.key]
        table = add_columns(table, names, key, other.rows.select(key.key, *columns), columns)
        names[key.one, key.key] = names[key.many, key.column]
    reached = {part.name, *[key.one for key in path]}
    sums = []
    for key in sorted(keys, key=lambda key: -key.score):
        if key.many in reached or key.one not in reached:
            continue
        reached.add(key.many)
        added = add_up(parts[key.many], key.column)
        figures = [column for column in added.columns if column != key.column]
        turned = key._replace(many=key.one, column=key.key, one=key.many, key=key.column)
        table = add_columns(table, names, turned, added, figures)
        sums.append(key)
    return table, sums
