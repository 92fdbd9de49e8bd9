"""Attributes of the firm's own beside the features, for the results database."""

from collections.abc import Mapping

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.customers import read_people
from clientela.features.history import History
from clientela.features.snapshot import KEY
from clientela.store.audience_queries import AudienceDraft
from clientela.store.audiences import check_declared
from clientela.store.filter_attributes import Kind
from clientela.store.filter_text import read_filter
from clientela.store.filters import list_attributes


def read_attributes(history: History) -> pa.Table:
    """Return every customer's attributes as known on the history's last day, one JSON text each.

    They are typed and named as models read them, so that a customer whom the results know is
    scored live as in the run.

    Returns
    -------
    pa.Table
        ``customer_id`` and ``attributes``, null where the firm has none; a row for each customer of
        the firm's table of customers.
    """
    return encode_attributes(read_people(history).known_on(history.as_of))


def check_audiences(
    drafts: Mapping[str, AudienceDraft], path: str | None, history: History
) -> None:
    """Raise if an audience of a file asks of attributes what customers do not have.

    Raises
    ------
    ConfigError
        One names an attribute that is not there, or a value of another kind.
    """
    if not any(list_attributes(read_filter(draft.filter)) for draft in drafts.values()):
        return
    columns = read_people(history).known_on(history.as_of)
    kinds: dict[str, Kind] = {
        name: "text" if pa.types.is_string(columns[name].type) else "number"
        for name in columns.column_names
        if name != KEY and not pa.types.is_boolean(columns[name].type)
    }
    check_declared(drafts, path, kinds)


def encode_attributes(columns: pa.Table) -> pa.Table:
    """Write columns of attributes as JSON texts.

    Examples
    --------
    >>> columns = pa.table({"customer_id": ["a"], "plan": ["x"], "fee": [None]})
    >>> encode_attributes(columns)["attributes"].to_pylist()
    ['{"plan":"x","fee":null}']
    """
    names = [name for name in columns.column_names if name != KEY]
    if not names:
        return pa.table({KEY: columns[KEY], "attributes": pa.nulls(len(columns), pa.string())})
    fields = [_field(name, columns[name]) for name in names]
    inner = fields[0] if len(fields) == 1 else pc.binary_join_element_wise(*fields, ",")
    return pa.table(
        {KEY: columns[KEY], "attributes": pc.binary_join_element_wise("{", inner, "}", "")}
    )


def _field(name: str, values: pa.ChunkedArray) -> pa.Array:
    """Write one attribute of all customers; each different value once."""
    coded = values.combine_chunks().dictionary_encode(null_encoding="encode")
    key = msgspec.json.encode(name).decode()
    texts = [
        f"{key}:{msgspec.json.encode(value).decode()}" for value in coded.dictionary.to_pylist()
    ]
    return pa.array(texts, pa.string()).take(coded.indices)
