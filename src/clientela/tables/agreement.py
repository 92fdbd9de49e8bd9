"""What all sources of the tables have in common: one set of rules, one currency, one zone."""

import hashlib

import ibis.expr.types as ir
import msgspec

from clientela.config import Settings
from clientela.engine import Engine
from clientela.errors import InputError
from clientela.mapping import privacy
from clientela.mapping.source_columns import Mapping
from clientela.sources.staging import StagedSource
from clientela.tables.currency import settle_currency
from clientela.tables.manifest import Manifest
from clientela.tables.rules import decisions


def agree_on_currency_and_zone(
    engine: Engine,
    typed: ir.Table,
    staged: StagedSource,
    mapping: Mapping,
    settings: Settings,
    manifest: Manifest,
) -> Manifest:
    """Settle the one currency and the one zone of the tables.

    Raises
    ------
    InputError
        The source has others than what the tables hold.
    """
    currencies = engine.to_arrow(typed.select("currency").distinct().order_by("currency"))
    codes = [code for code in currencies["currency"].to_pylist() if code]
    keep = settings.source.keep_currency
    currency = settle_currency(codes, manifest.currency, keep, staged.location)
    zone = manifest.timezone or mapping.timezone
    if zone != mapping.timezone:
        raise InputError(
            f"the tables' dates are in {zone} and this source's in {mapping.timezone}",
            where=staged.location,
            do="set source.timezone to the firm's zone, or start anew with --replace",
        )
    return msgspec.structs.replace(manifest, currency=currency, timezone=zone)


def check_rules(manifest: Manifest, settings: Settings) -> Manifest:
    """See that rows appended are cleaned as those already held.

    Raises
    ------
    InputError
        The rules are others than those of the tables: this version's, or the settings of them.
    KeyChanged
        The key of the pseudonyms is.
    """
    pseudonyms = privacy.check_keys(settings.privacy, manifest.pseudonyms)
    choices = {
        "rules": decisions(settings.cleaning.rules),
        "fee_codes": settings.cleaning.fee_codes,
        "drop_columns": settings.privacy.drop_columns,
        "hash_ids": settings.privacy.hash_ids,
        "customer_key": settings.source.customer_key,
        "nobody_ids": settings.source.nobody_ids,
    }
    fingerprint = _hash(list(choices.values()))
    rules = _hash([decisions({}), list(choices)])  # what this version knows, whatever is chosen
    if manifest.files and manifest.cleaning != fingerprint:
        if manifest.rules != rules:
            raise InputError(
                "an earlier version of Clientela made the tables, and read rows by other rules",
                where="tables/manifest.json",
                do="read everything again with this version: clientela run FILE … --replace (the "
                "programme's memberships and the experiments stay); or go on with that version",
            )
        raise InputError(
            "settings of cleaning, privacy or customers' keys changed since the tables were made",
            where="clientela.toml",
            do="undo the change, or read everything again with --replace",
        )
    return msgspec.structs.replace(
        manifest, cleaning=fingerprint, rules=rules, pseudonyms=pseudonyms
    )


def _hash(content: object) -> str:
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:16]
