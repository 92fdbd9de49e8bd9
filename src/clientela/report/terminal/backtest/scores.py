"""Tables of scores: one row a model, one column a metric, and paired differences."""

from collections.abc import Mapping, Sequence
from typing import Any

from clientela.report.terminal.grid import figure, grid, interval

Row = Mapping[str, Any]


def scores(rows: Sequence[Row]) -> str:
    """Lay out what the models reached: a row a model, a column a metric.

    Parameters
    ----------
    rows : sequence of mapping
        Of the table ``model_metrics``, of one purpose and one day.
    """
    metrics = list(dict.fromkeys(row["metric"] for row in rows))
    models = list(dict.fromkeys(row["model"] for row in rows))
    found = {(row["model"], row["metric"]): row["value"] for row in rows}
    listed = [[model, *(found.get((model, metric)) for metric in metrics)] for model in models]
    return grid(["model", *metrics], listed) if rows else ""


def differences(rows: Sequence[Row]) -> str:
    """Lay out the paired differences against the baseline that each figure is compared with."""
    compared = [row for row in rows if row["baseline"] and row["difference"] is not None]
    listed = [
        [
            row["model"],
            row["metric"],
            row["baseline"],
            figure(row["difference"]),
            interval(row["difference_low"], row["difference_high"]),
        ]
        for row in compared
    ]
    header = ["model", "metric", "against", "difference", "interval"]
    return grid(header, listed) if listed else ""


def of(rows: Sequence[Row], **wanted: object) -> list[Row]:
    """Keep the rows with these values.

    Examples
    --------
    >>> of([{"a": 1}, {"a": 2}], a=2)
    [{'a': 2}]
    """
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]
