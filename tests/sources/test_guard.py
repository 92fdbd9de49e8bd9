"""What shall not be stored does not reach the disk."""

import pyarrow as pa
import pytest

from clientela.config import Privacy
from clientela.errors import ConfigError
from clientela.mapping.privacy import guard
from clientela.mapping.source_columns import Mapping
from clientela.sources.guard import Guard, visible
from clientela.sources.ids import pseudonym
from clientela.sources.staging import Sample

COLUMNS = {"customer_id": "Cliente", "ordered_local": "Data", "amount": "Valor"}
MAPPING = Mapping(layout="configured", role="transactions", columns=COLUMNS)


def test_without_privacy_everything_passes() -> None:
    made = guard(Privacy(), MAPPING)
    assert made == Guard()
    assert made.line("1;2") == "1;2"
    ids = pa.array(["1"])
    assert made.apply("Cliente", ids) is ids


def test_ids_are_replaced_by_the_pseudonyms_of_their_one_spelling(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", "secret")
    made = guard(Privacy(hash_ids=True), MAPPING)
    ids = pa.array(["17850.0", " 17850", None, "nan", "", "x"])
    first = pseudonym("17850", b"secret")
    expected = [first, first, None, None, None, pseudonym("x", b"secret")]
    assert made.apply("Cliente", ids).to_pylist() == expected
    assert made.apply("Valor", ids) is ids
    assert made.line("17850;1;2") == "(9 characters, not stored)"


def test_one_person_has_one_pseudonym_in_every_spelling_and_nobody_none() -> None:
    made = Guard(id_column="CPF", keys=(b"secret",), form="document:11")
    ids = pa.array(["529.982.247-25", "52998224725", "000.000.000-00", "Consumidor Final"])
    first = pseudonym("52998224725", b"secret")
    assert made.apply("CPF", ids).to_pylist() == [first, first, None, None]


@pytest.mark.parametrize("key", [None, ""])
def test_a_key_is_needed(monkeypatch: pytest.MonkeyPatch, key: str | None) -> None:
    monkeypatch.delenv("SHOP_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("SHOP_KEY", key)
    with pytest.raises(ConfigError, match="SHOP_KEY holds no key"):
        guard(Privacy(hash_ids=True, key_env="SHOP_KEY"), MAPPING)


def test_dropped_columns_are_neither_seen_nor_mapped() -> None:
    sample = Sample(("Cliente", "E-mail"), (("1", "ana@x.br"),))
    assert visible(sample, ["e-mail", "absent"]) == Sample(("Cliente",), (("1",),))
    made = guard(Privacy(drop_columns=("e-mail",)), MAPPING)
    assert made.drops("E-mail")
    assert made.active
    assert not made.drops("Cliente")
    with pytest.raises(ConfigError, match="shall be dropped: Valor"):
        guard(Privacy(drop_columns=("valor",)), MAPPING)
