"""The card of a stored model: what it was made from, with what, and how well it does."""

import datetime as dt
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec

FORMAT = 1  # counts up when cards change their form; others are refused


class FeatureType(msgspec.Struct, frozen=True):
    """A feature the model reads, with its Arrow type."""

    name: str
    dtype: str


class Note(msgspec.Struct, frozen=True):
    """A remark in data: the key of its sentence and the values of its placeholders."""

    code: str
    values: dict[str, Any] = {}


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a stored model besides its numbers.

    Parameters
    ----------
    kind : str
        ``segments``, ``rfm``, ``value`` or ``churn``.
    data_hash : str
        Hash of the canonical tables it was fitted on.
    as_of : datetime.date
        The day of the snapshot it was fitted on.
    customers : int
        Customers of that snapshot.
    features : tuple of FeatureType
        What it reads.
    parameters : dict
        Settings that decide the fit; other settings mean another model.
    scores : dict
        Measured evidence, by name.
    notes : tuple of Note
        Remarks for people.
    seed : int
        Seed of every random draw.
    versions : dict
        Packages that made it.
    parts : dict
        SHA-256 of each file beside the card; filled when it is saved.
    replaces : str
        What was wrong with the stored model that it replaces, where one was damaged or lost.
    format : int
        Version of the files' layout.
    """

    kind: str
    data_hash: str
    as_of: dt.date
    customers: int
    features: tuple[FeatureType, ...]
    parameters: dict[str, Any] = {}
    scores: dict[str, Any] = {}
    notes: tuple[Note, ...] = ()
    seed: int = 0
    versions: dict[str, str] = {}
    parts: dict[str, str] = {}
    replaces: str = ""
    format: int = FORMAT


def versions(*packages: str) -> dict[str, str]:
    """Return the installed versions of packages, leaving out those that are absent.

    Examples
    --------
    >>> sorted(versions("clientela", "numpy", "no-such-package"))
    ['clientela', 'numpy']
    """
    by_package = {}
    for package in packages:
        try:
            by_package[package] = version(package)
        except PackageNotFoundError:
            continue
    return by_package
