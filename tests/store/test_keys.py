import datetime as dt
from contextlib import closing

import pytest
from sqlalchemy import select

from clientela.contract.access import rights_of
from clientela.errors import InputError, StoreError
from clientela.store import keys, schema
from clientela.store.connect import open_store
from clientela.store.read import open_reader

NOW = dt.datetime(2011, 12, 10, 12, tzinfo=dt.timezone(dt.timedelta(hours=-3)))


def test_a_key_lives_until_it_is_revoked(store_url: str) -> None:
    secret = keys.create(store_url, "crm", ["read", "export"], NOW)
    with closing(open_reader(store_url)) as reader:
        assert reader.has_callers()
        key = keys.check(reader, secret, NOW)
        assert key is not None
        assert (key.name, key.rights) == ("crm", rights_of("export read"))
        keys.revoke(store_url, key.caller_id, NOW + dt.timedelta(days=1))
        assert keys.check(reader, secret, NOW) is None
        assert reader.has_callers()
    keys.revoke(store_url, key.caller_id, NOW + dt.timedelta(days=2))
    (listed,) = keys.list_keys(store_url)
    assert listed.created_at == NOW
    assert listed.revoked_at == NOW + dt.timedelta(days=1)


def test_the_secret_is_stored_nowhere(store_url: str) -> None:
    secret = keys.create(store_url, "crm", ["read"], NOW)
    engine = open_store(store_url, migrate=False)
    with engine.connect() as connection:
        (row,) = connection.execute(select(schema.api_keys)).all()
    engine.dispose()
    assert secret.startswith(f"clk_{row.key_id}_")
    assert secret not in str(row)
    assert secret.removeprefix(f"clk_{row.key_id}_") not in str(row)


def test_only_the_very_secret_passes(store_url: str) -> None:
    secret = keys.create(store_url, "crm", ["read"], NOW)
    other = keys.create(store_url, "bi", ["read"], NOW)
    with closing(open_reader(store_url)) as reader:
        for wrong in (
            "",
            "clk_",
            secret[:-1],
            secret + "A",
            secret.upper(),
            secret[:16] + other[16:],
            "clk_' OR 1=1",
            secret + "\0",
            "clk_é" + secret[5:],
            "clk_\ud800",
        ):
            assert keys.check(reader, wrong, NOW) is None, wrong
        assert keys.check(reader, secret, NOW) != keys.check(reader, other, NOW)


def test_secrets_differ(sqlite_url: str) -> None:
    made = {keys.create(sqlite_url, "x", [], NOW) for _ in range(5)}
    assert len(made) == 5
    assert all(len(secret) == 4 + 12 + 1 + 43 for secret in made)


def test_an_unknown_key_cannot_be_revoked(store_url: str) -> None:
    with pytest.raises(StoreError, match="no results database yet"):
        keys.revoke(store_url, "abc", NOW)
    keys.create(store_url, "crm", [], NOW)
    with pytest.raises(InputError, match="no such key"):
        keys.revoke(store_url, "abc", NOW)
