"""The settings of one ``clientela.toml``: frozen, typed, each key with its meaning and default.

The documentation page of the configuration is generated from the classes of this folder.
"""

import ipaddress
import tomllib
from collections.abc import Sequence
from functools import reduce
from itertools import pairwise
from pathlib import Path
from typing import Any
from unicodedata import normalize
from urllib.parse import urlsplit

import msgspec

from clientela.config.churn import Churn, Retrain
from clientela.config.data import Calendar, Cleaning, Decision, Privacy, Source
from clientela.config.economics import Economics
from clientela.config.experiments import Audiences, Experiments
from clientela.config.exports import CHANGING, ListExport, Webhook
from clientela.config.monitoring import Monitoring
from clientela.config.programme import Programme
from clientela.config.propensity import Propensity
from clientela.config.section import Section, Share
from clientela.config.segments import AlgorithmName, PresetName, Segments, SpaceName
from clientela.config.system import (
    AccessLogSettings,
    EngineSettings,
    Oidc,
    Serving,
    StoreSettings,
    Tracking,
)
from clientela.config.value import Value
from clientela.errors import ConfigError

SAFE_URLS = ("https://", "http://127.0.0.1:", "http://localhost:")

__all__ = [
    "AccessLogSettings",
    "AlgorithmName",
    "Audiences",
    "Calendar",
    "Churn",
    "Cleaning",
    "Decision",
    "Economics",
    "EngineSettings",
    "Experiments",
    "ListExport",
    "Monitoring",
    "Oidc",
    "PresetName",
    "Privacy",
    "Programme",
    "Propensity",
    "Retrain",
    "Section",
    "Segments",
    "Serving",
    "Settings",
    "Share",
    "Source",
    "SpaceName",
    "StoreSettings",
    "Tracking",
    "Value",
    "Webhook",
    "load",
    "parse",
]


class Settings(Section, frozen=True):
    """The whole file."""

    source: Source = Source()
    cleaning: Cleaning = Cleaning()
    privacy: Privacy = Privacy()
    segments: Segments = Segments()
    programme: Programme = Programme()
    value: Value = Value()
    churn: Churn = Churn()
    propensity: Propensity = Propensity()
    retrain: Retrain = Retrain()
    economics: Economics = Economics()
    experiments: Experiments = Experiments()
    audiences: Audiences = Audiences()
    calendar: Calendar = Calendar()
    store: StoreSettings = StoreSettings()
    engine: EngineSettings = EngineSettings()
    serving: Serving = Serving()
    oidc: Oidc = Oidc()
    access_log: AccessLogSettings = AccessLogSettings()
    monitoring: Monitoring = Monitoring()
    tracking: Tracking = Tracking()
    webhooks: tuple[Webhook, ...] = ()
    exports: tuple[ListExport, ...] = ()


def read_settings(path: Path | None) -> Settings:
    """Read the settings of a file, or the defaults where there is none.

    Raises
    ------
    ConfigError
        The file is missing, is no TOML, or holds an unknown key or impossible value.

    Examples
    --------
    >>> read_settings(None).segments.k_min
    4
    """
    if path is None:
        return Settings()
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(
            f"the file cannot be read: {error.strerror}", where=str(path), do="check --config"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"not valid TOML: {error}", where=str(path), do="correct the line"
        ) from None
    return parse_settings(content, where=str(path))


def parse_settings(content: dict[str, Any], where: str = "clientela.toml") -> Settings:
    """Check a parsed file and make the settings of it.

    Raises
    ------
    ConfigError
        A key is unknown or a value impossible.

    Examples
    --------
    >>> parse_settings({"segments": {"k_max": 1}})
    Traceback (most recent call last):
    ...
    clientela.errors.ConfigError: Expected `int` >= 2 - at `$.segments.k_max` (clientela.toml)...
    """
    try:
        settings = msgspec.convert(content, Settings)
    except msgspec.ValidationError as error:
        raise ConfigError(
            str(error),
            where=where,
            do="correct the key; docs/reference/configuration.md lists them all",
        ) from None
    _check(settings.segments, where)
    _check_costs(settings.economics, where)
    _check_networks(settings.serving, where)
    _check_oidc(settings.oidc, where)
    _check_tiers(settings, where)
    _check_webhooks(settings.webhooks, where)
    _check_exports(settings.exports, where)
    return settings


def _check(segments: Segments, where: str) -> None:
    """Refuse limits that no division can keep."""
    if segments.k_min > segments.k_max:
        raise ConfigError(
            "segments.k_min is above segments.k_max", where=where, do="make k_min the smaller one"
        )
    for feature, limits in segments.rfm_cuts.items():
        if any(after <= before for before, after in pairwise(limits)):
            raise ConfigError(
                f"the limits of segments.rfm_cuts for {feature} do not rise",
                where=where,
                do="give each limit once, the smallest first",
            )
    if segments.min_share * segments.k_min > 1 or segments.max_share * segments.k_max < 1:
        raise ConfigError(
            "segments.min_share and segments.max_share leave no room for k_min to k_max segments",
            where=where,
            do="lower min_share or raise max_share",
        )


def _check_networks(serving: Serving, where: str) -> None:
    """Refuse proxies that are no address or network."""
    for proxy in serving.proxies:
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError:
            raise ConfigError(
                f"serving.proxies names '{proxy}', which is no address or network",
                where=where,
                do="write it as 10.0.0.7 or 10.0.0.0/8",
            ) from None


def _check_oidc(oidc: Oidc, where: str) -> None:
    """Refuse a provider that anybody on the way could pose as, and one that cannot answer."""
    if oidc.issuer is None:
        return
    for name, url in (("issuer", oidc.issuer), ("public_url", oidc.public_url)):
        if url is None or not url.startswith(SAFE_URLS):
            raise ConfigError(
                f"oidc.{name} is no address by HTTPS",
                where=where,
                do=f"give oidc.{name} as https://…; http is taken of this machine alone",
            )


def _check_costs(economics: Economics, where: str) -> None:
    """Refuse margins and channels that leave money without the other half of it."""
    if economics.category_margins and economics.gross_margin is None:
        raise ConfigError(
            "economics.category_margins says nothing of lines of other categories, or of none",
            where=where,
            do="give economics.gross_margin too: it holds for all others",
        )
    if economics.channel is not None and economics.channel not in economics.contact_costs:
        raise ConfigError(
            f"economics.channel is {economics.channel}, and economics.contact_costs has none of it",
            where=where,
            do=f"give what a contact by {economics.channel} costs you, or leave the channel out",
        )


def _check_tiers(settings: Settings, where: str) -> None:
    """Refuse names nobody can tell apart, tiers of one width, and benefits of absent tiers."""
    tiers = settings.programme.tiers
    for name in tiers:
        if not name or name != name.strip() or not name.isprintable():
            raise ConfigError(
                f"programme.tiers names {name!r}, which cannot be shown as it is",
                where=where,
                do="name each tier in one line, without blanks around it",
            )
    if len({normalize("NFKC", name).casefold() for name in tiers}) < len(tiers):
        raise ConfigError(
            "two tiers of programme.tiers differ in capital letters alone",
            where=where,
            do="give each tier a name of its own",
        )
    if len({value > 1.0 for value in tiers.values()}) > 1:
        raise ConfigError(
            "programme.tiers mixes shares of customers and amounts",
            where=where,
            do="give each tier a share, at most 1, or each the revenue of 12 months that it asks",
        )
    if len(set(tiers.values())) < len(tiers):
        raise ConfigError(
            "two tiers of programme.tiers reach down to the same share of customers or amount",
            where=where,
            do="give each tier a value of its own: the best the smallest share or largest amount",
        )
    for name in sorted(set(settings.economics.tier_benefits) - set(tiers)):
        raise ConfigError(
            f"economics.tier_benefits names {name}, and programme.tiers has no such tier",
            where=where,
            do="write the tier as programme.tiers does, or leave it out",
        )


def _check_webhooks(webhooks: Sequence[Webhook], where: str) -> None:
    """Refuse names that stand twice, and addresses that let others on the way read."""
    names = [webhook.name for webhook in webhooks]
    if len(set(names)) < len(names):
        raise ConfigError(
            "two webhooks have one name", where=where, do="give each of [[webhooks]] its own"
        )
    for webhook in webhooks:
        if not _is_safe_address(webhook):
            raise ConfigError(
                f"the address of the webhook {webhook.name} is none by HTTPS, or holds a password",
                where=where,
                do="give https://HOST/…; http:// is taken with private = true alone",
            )


def _is_safe_address(webhook: Webhook) -> bool:
    schemes = ("https", "http") if webhook.private else ("https",)
    try:
        parts = urlsplit(webhook.url)
        return (
            parts.scheme in schemes
            and bool(parts.hostname)
            and "@" not in parts.netloc
            and parts.port != 0
        )
    except ValueError:  # a port or an address of IPv6 that is none
        return False


def _check_exports(exports: Sequence[ListExport], where: str) -> None:
    """Refuse a list that is not said whole, and two of one place: one would replace the other."""
    for export in exports:
        kind = {"segment": int, "action": str, "propensity": str, "audience": str}.get(
            export.list, type(None)
        )
        if not isinstance(export.part, kind):
            raise ConfigError(
                f"the list '{export.list}' of [[exports]] does not fit its part",
                where=where,
                do="give part = 3 for segment 3, part = 'win-back-1' for an action, the id of an "
                "audience, part = 'insider' for a propensity, and no part for other lists",
            )
        placeholders = ("{as_of}", "{change}") if export.changes else ("{as_of}",)
        if "{" in reduce(
            lambda remainder, name: remainder.replace(name, ""), placeholders, export.to
        ):
            raise ConfigError(
                f"[[exports]] writes to {export.to}, which names what no run knows",
                where=where,
                do="leave braces out, but those of {as_of}",
            )
        if export.changes and ("{change}" not in export.to or export.list not in CHANGING):
            raise ConfigError(
                f"the changes of '{export.list}' in [[exports]] cannot be written so",
                where=where,
                do="write {change} into 'to', and choose an audience, a segment or the insiders",
            )
    if len({export.to for export in exports}) < len(exports):
        raise ConfigError(
            "two of [[exports]] are written to one place",
            where=where,
            do="give each a file of its own",
        )
