"""Which columns a source drops and which ids it replaces, by the settings and the mapping."""

import os
from dataclasses import replace

from clientela.config import Privacy
from clientela.errors import ConfigError
from clientela.mapping.source_columns import Mapping
from clientela.sources.guard import Guard
from clientela.sources.ids import normalise_id, pseudonym

PSEUDONYM_LETTERS = 64  # a SHA-256 in hexadecimal


def guard(settings: Privacy, mapping: Mapping) -> Guard:
    """Return the guard of a source whose columns are understood.

    Raises
    ------
    ConfigError
        Ids shall be replaced and the environment holds no key, or a column is both mapped and to
        be dropped.
    """
    dropped = {*settings.drop_columns, *_list_unwanted(settings, mapping)}
    drops = Guard(drop=frozenset(dropped), apart=bool(mapping.contacts))
    mapped = [*mapping.columns.values(), *mapping.contacts.values()]
    needed = [theirs for theirs in mapped if drops.drops(theirs)]
    if needed:
        raise ConfigError(
            "columns are mapped and shall be dropped: " + ", ".join(needed),
            where="privacy.drop_columns",
            do="take them out of source.columns or source.contacts, or out of privacy.drop_columns",
        )
    if not settings.hash_ids:
        return drops
    ids = mapping.columns["customer_id"]
    if ids in mapping.contacts.values():
        raise ConfigError(
            f"the ids of column {ids} shall be replaced, and are contact data that shall be kept",
            where="source.contacts",
            do="take the column out of source.contacts, or another one as customer_id",
        )
    order = mapping.columns.get("order_id")
    return replace(
        drops,
        id_column=ids,
        key=key(settings),
        order_column=order if order != ids else None,
        order_prefix=mapping.cancel_prefix,
    )


def _list_unwanted(settings: Privacy, mapping: Mapping) -> list[str]:
    """Name the attributes that are not on the list of those wanted."""
    if settings.attributes is None:
        return []
    wanted = {name.casefold() for name in settings.attributes}
    return [column for column in mapping.extra if column.casefold() not in wanted]


def drop_attributes(settings: Privacy, mapping: Mapping) -> Mapping:
    """Return a mapping without the attributes that are not wanted."""
    unwanted = set(_list_unwanted(settings, mapping))
    return replace(mapping, extra=tuple(name for name in mapping.extra if name not in unwanted))


def fingerprint(settings: Privacy) -> str:
    """Name the key of the pseudonyms without telling it; empty where ids are not replaced."""
    return pseudonym("", key(settings))[:16] if settings.hash_ids else ""


def key(settings: Privacy) -> bytes:
    """Read the key of the pseudonyms from the environment.

    Raises
    ------
    ConfigError
        There is none.
    """
    text = os.environ.get(settings.key_env, "")
    if not text:
        raise ConfigError(
            f"ids shall be replaced, and the environment variable {settings.key_env} holds no key",
            where="privacy.hash_ids",
            do=f"export {settings.key_env}=…, a long random text that you keep",
        )
    return text.encode()


def find_pseudonym(settings: Privacy, written: str) -> str:
    """Return the pseudonym of an id where ids are replaced; else the id, and a pseudonym itself."""
    if not settings.hash_ids or len(written) == PSEUDONYM_LETTERS:
        return written
    return pseudonym(normalise_id(written) or written, key(settings))
