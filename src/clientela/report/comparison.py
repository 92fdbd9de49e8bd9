"""What changed between two runs, and why: data, settings, models, segments, rules, figures."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

from clientela.errors import InputError
from clientela.i18n import Lang
from clientela.store.read import Reader, Row
from clientela.store.record import RunRecord

CHAMPION = "champion"
FACTS = ("as_of", "version", "engine", "currency", "timezone", "data_hash", "config_hash")
ROWS = ("rows_in", "rows_canonical", "rows_quarantined", "rows_already_held")
CAUSES = {"data_hash": "data", "config_hash": "settings", "version": "version", "as_of": "day"}
"""Which differing fact of a run is which cause of a change."""


def compare_runs(
    reader: Reader, before: str | None, after: str | None, lang: Lang
) -> dict[str, Any]:
    """Compare two published runs.

    Parameters
    ----------
    reader : Reader
        Of the results.
    before, after : str, optional
        Ids of the runs; by default the run before ``after``, and the published one.
    lang : "en" or "pt_BR"
        Language of names and sentences.

    Returns
    -------
    dict
        ``before`` and ``after`` (ids and days), ``currency``, ``causes``, and the differences:
        ``facts``, ``rows``, ``models``, ``segments``, ``conditions`` and ``figures``, each a list
        of rows.

    Raises
    ------
    InputError
        There is no such run, or none to compare with.
    """
    old, new = _choose_runs(reader, before, after)
    models = _compare_models(reader, old.run_id, new.run_id)
    causes = [cause for fact, cause in CAUSES.items() if _differs(old, new, fact)]
    causes += ["models"] if any(row["before"] != row["after"] for row in models) else []
    return {
        "before": {"run_id": old.run_id, "as_of": old.as_of.isoformat()},
        "after": {"run_id": new.run_id, "as_of": new.as_of.isoformat()},
        "currency": new.currency,
        "causes": causes,
        "facts": _compare_facts(old, new, FACTS),
        "rows": _compare_facts(old, new, ROWS),
        "models": models,
        "segments": _compare_segments(reader, old.run_id, new.run_id, lang),
        "conditions": _compare_conditions(reader, old.run_id, new.run_id, lang),
        "figures": _compare_figures(reader, old.run_id, new.run_id, lang),
    }


def _choose_runs(
    reader: Reader, before: str | None, after: str | None
) -> tuple[RunRecord, RunRecord]:
    new = reader.table("figures", after).run
    if before is not None:
        return reader.table("figures", before).run, new
    earlier = [run for run in reader.runs() if run.run_id < new.run_id]
    if not earlier:
        raise InputError(
            "there is no earlier run to compare with",
            where=new.run_id,
            do="run 'clientela run' again with newer data, or name two runs",
        )
    return earlier[0], new


def _differs(old: RunRecord, new: RunRecord, fact: str) -> bool:
    return bool(getattr(old, fact) != getattr(new, fact))


def _compare_facts(old: RunRecord, new: RunRecord, names: Sequence[str]) -> list[Row]:
    return [
        {"name": name, "before": _encode(getattr(old, name)), "after": _encode(getattr(new, name))}
        for name in names
        if _differs(old, new, name)
    ]


def _encode(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date) else value


def _join(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> list[Row]:
    """Put the values of both runs beside each other, by key, in the order of the later."""
    keys = dict.fromkeys([*after, *before])
    return [{"name": key, "before": before.get(key), "after": after.get(key)} for key in keys]


def _compare_models(reader: Reader, old: str, new: str) -> list[Row]:
    """List the model of each kind that served in either run."""
    champions = (
        {
            row["kind"]: row["model_id"]
            for row in reader.table("models", run).content
            if row["role"] == CHAMPION
        }
        for run in (old, new)
    )
    return _join(*champions)


def _compare_segments(reader: Reader, old: str, new: str, lang: Lang) -> list[Row]:
    """List each segment's customers and revenue in both runs; ids survive a new fit."""
    before, after = (
        {row["segment"]: row for row in reader.table("segments", run).content} for run in (old, new)
    )
    rows = []
    for segment in dict.fromkeys([*after, *before]):
        change, other = before.get(segment, {}), after.get(segment, {})
        rows.append(
            {
                "segment": segment,
                "name": (other or change)[f"name_{lang.lower()}"],
                "name_before": change.get(f"name_{lang.lower()}"),
                **{
                    f"{column}_{when}": row.get(column)
                    for column in ("customers", "revenue")
                    for when, row in (("before", change), ("after", other))
                },
            }
        )
    return rows


def _compare_conditions(reader: Reader, old: str, new: str, lang: Lang) -> list[Row]:
    """List the programme's conditions that differ."""
    sentences = (
        {
            f"{row['kind']} {row['position']}": row[f"sentence_{lang.lower()}"]
            for row in reader.table("programme_conditions", run).content
        }
        for run in (old, new)
    )
    return [row for row in _join(*sentences) if row["before"] != row["after"]]


def _compare_figures(reader: Reader, old: str, new: str, lang: Lang) -> list[Row]:
    """List every figure of both runs with its change."""
    before, after = (
        {row["name"]: row for row in reader.table("figures", run).content} for run in (old, new)
    )
    rows = []
    for name in dict.fromkeys([*after, *before]):
        names: Row = after.get(name) or before[name]
        old_value, new_value = (
            cast(float | None, listed.get(name, {}).get("value")) for listed in (before, after)
        )
        rows.append(
            {
                "name": name,
                "before": old_value,
                "after": new_value,
                "change": _subtract(new_value, old_value),
                "unit": names["unit"],
                "meaning": names[f"meaning_{lang.lower()}"],
            }
        )
    return rows


def _subtract(value: float | None, base: float | None) -> float | None:
    return None if value is None or base is None else value - base
