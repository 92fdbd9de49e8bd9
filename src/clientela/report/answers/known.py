"""What several answers ask of the material: segments, members, columns of customers."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

Doubles = npt.NDArray[np.float64]
IN = ("member", "leaving")


def segment_names(material: ReportData, words: Formatter) -> dict[int, str]:
    """Give the names of the segments by id."""
    return {row["segment"]: words.of(row, "name") for row in material.rows("segments")}


def tones(material: ReportData) -> dict[int, int]:
    """Give each segment its colour, the same in all pictures."""
    listed = sorted(row["segment"] for row in material.rows("segments"))
    return {segment: place for place, segment in enumerate(listed)}


def by_revenue(material: ReportData) -> list[dict[str, Any]]:
    """Give the segments, the most revenue first."""
    return sorted(material.rows("segments"), key=lambda row: (-row["revenue"], row["segment"]))


def column(material: ReportData, name: str, *, insiders: bool | None = None) -> Doubles:
    """Give a numeric column of the customers without its gaps, of members or of the rest alone."""
    table = material.table("customers")
    if table is None or name not in table.column_names:
        return np.empty(0)
    if insiders is not None:
        table = table.filter(_inside(table, insiders))
    values = pc.cast(table[name], pa.float64()).drop_null()
    return np.asarray(values.to_numpy(zero_copy_only=False))


def counts(material: ReportData) -> dict[str, int]:
    """Count the customers of the programme by status; empty without a programme."""
    table = material.table("programme_members")
    if table is None:
        return {}
    found = table["status"].value_counts().to_pylist()
    return {row["values"]: row["counts"] for row in found}


def members(material: ReportData) -> int:
    """Count those who are in, with those about to leave."""
    return sum(n for status, n in counts(material).items() if status in IN)


def inside(material: ReportData) -> pa.Table | None:
    """Give the members' rows, with those about to leave."""
    table = material.table("programme_members")
    if table is None:
        return None
    found = table.filter(pc.is_in(table["status"], pa.array(IN)))
    return found if found.num_rows else None


def customers(material: ReportData) -> int:
    """Count the customers."""
    table = material.table("customers")
    return int(material.facts.get("customers") or 0) if table is None else table.num_rows


def _inside(table: pa.Table, wanted: bool) -> pa.Array:
    if "insider" not in table.column_names:
        return pa.array(np.zeros(len(table), dtype=bool))
    found = pc.is_in(table["insider"], pa.array(IN))
    return found if wanted else pc.invert(found)
