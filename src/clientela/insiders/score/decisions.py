"""What people decide on proposed rules of the programme: approve a version, or refuse it."""

import datetime as dt
import json
from contextlib import closing
from typing import Any

from clientela.config import Programme
from clientela.errors import InputError, StoreError
from clientela.i18n import LANGS
from clientela.insiders.score.ledger import find_next_review
from clientela.insiders.score.rule import ProgrammeRule
from clientela.insiders.score.tiers import describe_tiers, read_tiers
from clientela.store import programme as store
from clientela.store.programme import RuleVersion
from clientela.store.read import open_reader
from clientela.store.record import RunRecord

Facts = dict[str, Any]


def approve_rules(
    url: str,
    settings: Programme,
    version: int,
    by: str,
    valid_from: dt.date | None,
    moment: dt.datetime,
) -> Facts:
    """Approve a version, valid from a day on; by default from the next review, or at once.

    Raises
    ------
    InputError
        There is no such version, it is decided already, or the day is past for the ledger.
    """
    run, name = _read_run(url), _check_name(by)
    ledger = store.load_ledger(url)
    reviewed_on = ledger.reviews[-1].reviewed_on if ledger.reviews else None
    if valid_from is None:
        valid_from = run.as_of
        if reviewed_on is not None:
            valid_from = find_next_review(settings, max(reviewed_on, run.as_of))
    if reviewed_on is not None and valid_from <= reviewed_on:
        raise InputError(
            f"members were reviewed on {reviewed_on} by the version in force then",
            where=f"--from {valid_from}",
            do="give a later day",
        )
    store.approve_rule(url, version, name, moment, valid_from)
    return describe_version(store.load_ledger(url).version(version), run)


def refuse_rules(url: str, version: int, by: str, moment: dt.datetime) -> Facts:
    """Refuse a version, which can then never be approved.

    Raises
    ------
    InputError
        There is no such version, or it is decided already.
    """
    run, name = _read_run(url), _check_name(by)
    store.refuse_rule(url, version, name, moment)
    return describe_version(store.load_ledger(url).version(version), run)


def list_versions(url: str) -> tuple[Facts, ...]:
    """Return every version of the rules as plain facts, the last first, and if it is in force."""
    run, ledger = _read_run(url), store.load_ledger(url)
    rule = ledger.rule_at(max(run.as_of, ledger.last_day or run.as_of))
    return tuple(
        describe_version(version, run) | {"in_force": version == rule}
        for version in reversed(ledger.rules)
    )


def describe_version(version: RuleVersion, run: RunRecord) -> Facts:
    """Return a version as plain facts, its rules as sentences of both languages."""
    facts = to_plain(vars(version))
    for name in ("entry", "exit"):
        rule = ProgrammeRule.from_json(getattr(version, name))
        facts[name] = json.loads(getattr(version, name))
        for lang in LANGS:
            facts[f"{name}_{lang.lower()}"] = rule.sentence(lang, run.currency)
    tiers = read_tiers(version.tiers)
    words = {f"tiers_{lang.lower()}": describe_tiers(tiers, lang, run.currency) for lang in LANGS}
    figures: Any = run.summary.get("figures") or []
    states = {figure["name"]: figure.get("judged") for figure in figures}
    known = {"judged": states.get("expected_revenue_known")}
    return facts | words | known | {"tiers": tiers, "currency": run.currency}


def to_plain(values: Facts) -> Facts:
    """Return facts with their days as text."""
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in values.items()
    }


def _read_run(url: str) -> RunRecord:
    with closing(open_reader(url)) as reader:
        run = reader.current_run()
    if run is None:
        raise StoreError("nothing is published yet", do="publish a run with 'clientela run FILE'")
    return run


def _check_name(by: str) -> str:
    if not by.strip():
        raise InputError("a decision needs a name", do="say who decides: --by NAME")
    return by.strip()
