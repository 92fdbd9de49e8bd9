"""What a feature is: a column of the snapshot that says what it holds."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from clientela.contract.features import DType

ARROW_TYPES: dict[DType, pa.DataType] = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "string": pa.string(),
    "date": pa.date32(),
}
Unit = Literal["", "amount", "count", "date", "days", "ratio", "share", "units", "years"]


@dataclass(frozen=True)
class Feature:
    """A column of the snapshot.

    Parameters
    ----------
    name : str
        The column's name, the same in the results database and the API.
    dtype : str
        Its Ibis type.
    unit : str
        ``share`` is a part of a whole; ``ratio`` a number without unit; empty for texts.
    group : str
        The module that computes it.
    nullable : bool
        Whether some customers have no value.
    """

    name: str
    dtype: DType
    unit: Unit
    group: str
    nullable: bool = False

    @property
    def meaning_key(self) -> str:
        """The key of its meaning in the locale catalogues; ``.label`` follows for its name."""
        return f"feature.{self.name}"
