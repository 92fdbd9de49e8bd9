"""Attributes as the results database holds them."""

import json
from typing import Any

import pyarrow as pa

from clientela.pipeline.attributes import encode_attributes


def test_every_kind_of_value_comes_back() -> None:
    rows: list[dict[str, Any]] = [
        {"customer_id": "a", "fee": 1.5, "plan": 'gold "é"\n', "member": True},
        {"customer_id": "b", "fee": None, "plan": None, "member": None},
        {"customer_id": "c", "fee": 1e21, "plan": "gold", "member": False},
    ]
    told = encode_attributes(pa.Table.from_pylist(rows))
    assert told["customer_id"].to_pylist() == ["a", "b", "c"]
    for row, text in zip(rows, told["attributes"].to_pylist(), strict=True):
        assert json.loads(text) == {key: row[key] for key in ("fee", "plan", "member")}


def test_without_attributes_there_is_nothing_to_tell() -> None:
    told = encode_attributes(pa.table({"customer_id": ["a", "b"]}))
    assert told["attributes"].to_pylist() == [None, None]
    one = encode_attributes(pa.table({"customer_id": ["a"], "plan": ["x"]}))
    assert one["attributes"].to_pylist() == ['{"plan":"x"}']
