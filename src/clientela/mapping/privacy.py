"""Which columns a source drops and which ids it replaces, by the settings and the mapping."""

from collections.abc import Sequence
from dataclasses import replace

from clientela.config import Privacy
from clientela.config.database_url import read_secret
from clientela.errors import ConfigError, KeyChanged
from clientela.mapping.source_columns import Mapping
from clientela.sources.guard import Guard
from clientela.sources.ids import normalise_id, pseudonym

PSEUDONYM_LETTERS = 64  # a SHA-256 in hexadecimal
FINGERPRINT_LETTERS = 16  # 64 bits: no two keys of a firm share one by chance


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
        keys=read_keys(settings),
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


def name_keys(keys: Sequence[bytes]) -> str:
    """Return the fingerprint of the keys of the pseudonyms, which does not tell them."""
    return pseudonym("", *keys)[:FINGERPRINT_LETTERS]


def check_keys(settings: Privacy, known: str) -> str:
    """Return the fingerprint of the keys, empty where ids are not replaced.

    Parameters
    ----------
    known : str
        The fingerprint that the tables were made under; empty if they hold no pseudonyms.

    Raises
    ------
    KeyChanged
        It is another: everybody would be another person.
    """
    if not settings.hash_ids and known:
        raise KeyChanged(
            "ids were replaced by pseudonyms, and now shall not be: everybody would be another "
            "person",
            where="privacy.hash_ids",
            do="set it to true again, or begin in another folder with --workspace",
        )
    if not settings.hash_ids:
        return ""
    fingerprint = name_keys(read_keys(settings))
    if known and known != fingerprint:
        raise KeyChanged(
            f"the key of the pseudonyms ({fingerprint}) is not the one that the tables were made "
            f"under ({known}): everybody would be another person",
            where=settings.key_env,
            do=f"set the key of before; for another one put it into {settings.key_env}_NEW and "
            "rotate: clientela keys rotate",
        )
    return fingerprint


def read_keys(settings: Privacy, suffix: str = "") -> tuple[bytes, ...]:
    """Read the keys of the pseudonyms, the oldest first, from the environment or a file.

    Parameters
    ----------
    suffix : str
        What stands behind the name of the environment variable.

    Raises
    ------
    ConfigError
        There is none, or others can read the file.
    """
    variable = settings.key_env + suffix
    keys = tuple(key.encode() for key in read_secret(variable).split())
    if not keys:
        raise ConfigError(
            f"ids shall be replaced, and the environment variable {variable} holds no key",
            where="privacy.hash_ids",
            do=f"export {variable}=…, a long random text that you keep, or name a file of mode "
            f"0600 by {variable}_FILE",
        )
    return keys


def list_pseudonyms(settings: Privacy, written: str, known: str) -> list[str]:
    """Return whom an id may stand for, the likeliest first: where ids are replaced, a pseudonym.

    A pseudonym stands for itself, or is one of before a rotation, which the later keys lead on.

    Raises
    ------
    KeyChanged
        The keys are not those whose fingerprint is known: nobody would be found.
    """
    if not settings.hash_ids:
        return [written]
    check_keys(settings, known)
    keys = read_keys(settings)
    if len(written) == PSEUDONYM_LETTERS:
        return [written, *(pseudonym(written, *keys[n:]) for n in range(1, len(keys)))]
    return [pseudonym(normalise_id(written) or written, *keys)]
