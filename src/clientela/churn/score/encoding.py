"""Customers as a matrix of doubles: numbers as they are, texts as the codes of known categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.errors import ArtifactError
from clientela.registry.card import FeatureType
from clientela.statistics.arrays import Doubles, is_numeric

FEW = 64  # rows up to which Python is quicker than Arrow's machinery
OTHER = 0  # the code of a category that training did not see, and of an unknown one


@dataclass(frozen=True)
class Encoding:
    """The way from a table of customers to the matrix that models read.

    Parameters
    ----------
    numbers : tuple of FeatureType
        Numeric features: the first columns of the matrix.
    texts : tuple of FeatureType
        Text features: the columns after them.
    categories : tuple of tuples of str
        Known values of each text; the code of one is its position plus 1, that of others is 0.
    """

    numbers: tuple[FeatureType, ...]
    texts: tuple[FeatureType, ...] = ()
    categories: tuple[tuple[str, ...], ...] = ()

    @property
    def features(self) -> tuple[FeatureType, ...]:
        """All features in the order of the matrix's columns."""
        return (*self.numbers, *self.texts)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all features, in the same order."""
        return tuple(feature.name for feature in self.features)

    def only(self, columns: npt.NDArray[np.intp]) -> "Encoding":
        """Return the encoding of the features at these positions."""
        width = len(self.numbers)
        texts = (columns[columns >= width] - width).tolist()
        return Encoding(
            tuple(self.numbers[column] for column in columns[columns < width].tolist()),
            tuple(self.texts[column] for column in texts),
            tuple(self.categories[column] for column in texts),
        )

    def matrix(self, customers: pa.Table) -> Doubles:
        """Return the matrix, NaN where a number is unknown or infinite.

        Returns
        -------
        array of double, shape (customers, features)

        Raises
        ------
        ArtifactError
            A feature is missing or has another type.
        """
        values = np.empty((len(self.features), customers.num_rows))
        schema = dict(zip(customers.schema.names, customers.schema.types, strict=True))
        for row, feature in enumerate(self.numbers):
            values[row] = _read_numbers(customers, feature.name, schema)
        pairs = zip(self.texts, self.categories, strict=True)
        for row, (feature, categories) in enumerate(pairs, start=len(self.numbers)):
            values[row] = _read_codes(customers, feature.name, categories, schema)
        values[~np.isfinite(values)] = np.nan
        return np.ascontiguousarray(values.T)


def learn_encoding(
    tables: Sequence[pa.Table], features: Sequence[str], limit: int = 20, least: float = 0.01
) -> Encoding:
    """Learn which features are numbers and which categories the texts have.

    Parameters
    ----------
    tables : sequence of pa.Table
        Customers of training, all of the same features.
    features : sequence of str
        Features to read; those of other types than numbers, flags and texts are left out.
    most : int
        Most categories a text keeps, the commonest.
    least : float
        Least share of customers that a category needs.

    Examples
    --------
    >>> customers = pa.table({"orders": [1, 2], "plan": ["basic", "basic"]})
    >>> learn_encoding([customers], ["orders", "plan"]).categories
    (('basic',),)
    """
    schema = tables[0].schema
    numbers = [name for name in sorted(features) if _is_number(schema.field(name).type)]
    texts = [name for name in sorted(features) if pa.types.is_string(schema.field(name).type)]
    return Encoding(
        tuple(FeatureType(name, str(schema.field(name).type)) for name in numbers),
        tuple(FeatureType(name, str(schema.field(name).type)) for name in texts),
        tuple(
            _find_common([table.column(name) for table in tables], limit, least) for name in texts
        ),
    )


def _find_common(columns: list[pa.ChunkedArray], limit: int, least: float) -> tuple[str, ...]:
    chunks = [chunk for column in columns for chunk in column.chunks]
    values = pa.chunked_array(chunks, type=pa.string()).drop_null()
    counts = {value["values"]: value["counts"] for value in values.value_counts().to_pylist()}
    enough = [name for name, count in counts.items() if count >= least * len(values)]
    return tuple(sorted(sorted(enough, key=lambda name: (-counts[name], name))[:limit]))


def _is_number(dtype: pa.DataType) -> bool:
    return is_numeric(dtype) or bool(pa.types.is_boolean(dtype))


def _read_numbers(customers: pa.Table, name: str, schema: dict[str, pa.DataType]) -> Doubles:
    dtype = schema.get(name)
    if dtype is None or not (_is_number(dtype) or pa.types.is_null(dtype)):
        raise _explain_missing("numeric", name)
    if pa.types.is_null(dtype):
        return np.full(customers.num_rows, np.nan)
    values: Doubles = customers.column(name).to_numpy()
    return values


def _read_codes(
    customers: pa.Table, name: str, categories: tuple[str, ...], schema: dict[str, pa.DataType]
) -> Doubles:
    dtype = schema.get(name)
    if dtype is None or not (pa.types.is_string(dtype) or pa.types.is_null(dtype)):
        raise _explain_missing("text", name)
    column = customers.column(name)
    if customers.num_rows <= FEW:
        codes_by_text = {category: code for code, category in enumerate(categories, start=1)}
        return np.array([codes_by_text.get(text, OTHER) for text in column.to_pylist()], np.float64)
    positions = pc.index_in(pc.cast(column, pa.string()), pa.array(categories, pa.string()))
    codes: Doubles = pc.add(pc.fill_null(positions, -1), 1).to_numpy().astype(np.float64)
    return codes


def _explain_missing(kind: str, name: str) -> ArtifactError:
    return ArtifactError(
        f"the churn model reads the {kind} feature {name!r}, which these customers do not have",
        where=name,
        do="give that feature, or learn the model again with --refit",
    )
