"""What people begin with the programme: propose rules, launch; and look."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Programme, Settings
from clientela.engine import connect
from clientela.errors import InputError
from clientela.features.history import History
from clientela.features.reading import make_reader
from clientela.i18n import format_share
from clientela.insiders.fit.programme import judge_own_rules
from clientela.insiders.score.decisions import describe_version, to_plain
from clientela.insiders.score.ledger import find_next_review, launch_programme
from clientela.insiders.score.monthly_snapshots import FEATURES, KEY
from clientela.insiders.score.rule import ProgrammeRule, parse_condition
from clientela.insiders.score.tiers import SPENT, write_tiers
from clientela.pipeline.ledger import read_spellings
from clientela.statistics.arrays import doubles
from clientela.store import programme as store
from clientela.store.erasures import read_people, read_waiting
from clientela.store.programme import ProgrammeLedger
from clientela.store.record import RunRecord
from clientela.tables import summary
from clientela.tables.workspace import Workspace

Facts = dict[str, Any]


# What a rule may ask: features with a sentence for customers. Totals of all time only rise, so a
# rule of them would keep whoever once was good.
TOLD = ("revenue_365d", "orders_365d", "revenue_90d", "orders_90d", "days_since_last")


PROMISED = ("entry", "exit", "grace_days", "tiers")
"""What makes a version: another of any of these is another version."""


def propose_rules(
    url: str, settings: Programme, moment: dt.datetime, by: str | None = None
) -> Facts:
    """Store the rules that the published run offers as a version, with what they would change.

    Its tiers are those of the settings, which may be newer than the run.

    Raises
    ------
    InputError
        The run offers none, its rules are refused, or a version says the same.
    """
    run, customers = store.read_current_customers(url, (KEY, *FEATURES, "expected_revenue"))
    spent = doubles(customers, SPENT)
    tiers = write_tiers(settings.tiers, spent[~np.isnan(spent)])
    return _store_offer(url, run, customers, _read_offer(run) | {"tiers": tiers}, (moment, by))


def propose_own_rules(
    url: str,
    workspace: Workspace,
    settings: Settings,
    *,
    enter: Sequence[str],
    stay: Sequence[str],
    moment: dt.datetime,
    by: str | None = None,
) -> Facts:
    """Store rules that a person wrote as a version, judged as those of a run are.

    Parameters
    ----------
    enter, stay : sequence of str
        Conditions, such as ``revenue_365d >= 1200``; those to stay are found where none is given.

    Raises
    ------
    InputError
        A condition cannot be read or promised, the rules are refused, or a version says the same.
    """
    entry, leave = (
        ProgrammeRule(tuple(parse_condition(text, TOLD) for text in texts))
        for texts in (enter, stay)
    )
    run, customers = store.read_current_customers(url, (KEY, *FEATURES, "expected_revenue"))
    kept_out = entry.choose(customers) & ~leave.choose(customers)
    if stay and kept_out.any():
        raise InputError(
            f"{int(kept_out.sum())} customers would enter and be warned at the same review",
            do="make the conditions to stay no stricter than those to enter",
        )
    offer = _judge_own_rules(workspace, settings, run, entry, leave if stay else None)
    _refuse(offer)
    return _store_offer(url, run, customers, offer, (moment, by))


def _judge_own_rules(
    workspace: Workspace,
    settings: Settings,
    run: RunRecord,
    entry: ProgrammeRule,
    leave: ProgrammeRule | None,
) -> Facts:
    with workspace.scratch() as scratch:
        duck = msgspec.structs.replace(settings.engine, name="duckdb")
        engine = connect(duck, temp_folder=scratch)
        try:
            first_day = summary.totals(engine, workspace.tables(engine), run.as_of).first_day
            history = History(
                engine=engine,
                read=make_reader(engine, workspace),
                groups=workspace.groups(engine.rows_at_once),
                first_day=first_day or run.as_of,
                as_of=run.as_of,
            )
            return judge_own_rules(history, entry, leave, settings.programme)
        except ValueError as error:
            raise InputError(str(error), do="give them with --stay") from None
        finally:
            engine.close()


def _store_offer(
    url: str,
    run: RunRecord,
    customers: pa.Table,
    offer: Facts,
    proposal: tuple[dt.datetime, str | None],
) -> Facts:
    ledger = store.load_ledger(url)
    for version in ledger.rules:
        if all(getattr(version, name) == offer[name] for name in PROMISED):
            if version.refused_at is not None:
                raise InputError(
                    f"version {version.version} has the same rules, and {version.refused_by} "
                    "refused it",
                    do="propose other conditions",
                )
            raise InputError(
                f"version {version.version} has the same rules",
                do=f"approve it with 'clientela programme approve {version.version} --by NAME'",
            )
    value = run.summary.get("value")
    rule: Facts = {
        **{name: offer[name] for name in PROMISED},
        "proposed_at": proposal[0],
        "proposed_by": proposal[1],
        "run_id": run.run_id,
        **_compare(ledger, run, customers, offer),
        "horizon_days": value.get("horizon_days") if isinstance(value, dict) else None,
        "returned_share": offer["returned_share"],
        "returned_leavers_share": offer["returned_leavers_share"],
    }
    number = store.save_rule(url, rule)
    return describe_version(store.load_ledger(url).version(number), run)


def launch(url: str, workspace: Workspace) -> Facts:
    """Enter the launch list: who meets the approved entry rule on the day of the published run.

    Raises
    ------
    InputError
        No version is valid on that day, nobody meets it, or the programme is launched already.
    """
    people = read_people(url)
    run, customers = store.read_current_customers(url, (KEY, *FEATURES))
    waiting = pa.array(sorted(read_waiting(url)), pa.string())
    customers = customers.filter(pc.invert(pc.is_in(customers[KEY], value_set=waiting)))
    rule = store.load_ledger(url).rule_at(run.as_of)
    if rule is None:
        raise InputError(
            f"no version of the rules is approved and valid on {run.as_of}",
            do="propose one and approve it: clientela programme propose, clientela programme "
            "approve VERSION --by NAME",
        )
    step = launch_programme(rule, customers, run.as_of, read_spellings(workspace))
    if not step.records:
        raise InputError(
            f"nobody meets the entry rule of version {rule.version} on {run.as_of}",
            do="propose and approve another version",
        )
    store.launch(url, run.run_id, step.records, step.reviews[0], people)
    return {
        "launched_on": run.as_of.isoformat(),
        "rule_version": rule.version,
        "members": len(step.records),
    }


def show_programme(url: str, settings: Settings) -> Facts:
    """Return the state of the programme, the version in force and all others."""
    run, _ = store.read_current_customers(url, (KEY,))
    ledger = store.load_ledger(url)
    day = max([run.as_of, *([ledger.last_day] if ledger.last_day else [])])
    rule, members = ledger.rule_at(day), ledger.members_at(day)
    reviewed_on = ledger.reviews[-1].reviewed_on if ledger.reviews else run.as_of
    return {
        "name": settings.programme.name,
        "state": "launched" if ledger.reviews else "not_launched",
        "as_of": day.isoformat(),
        "launched_on": None if ledger.launched_on is None else ledger.launched_on.isoformat(),
        "next_review": find_next_review(settings.programme, reviewed_on).isoformat(),
        "rule_version": None if rule is None else rule.version,
        "members": len(members) if ledger.reviews else run.programme.get("members", 0),
        "warned": sum(record.leaves_on is not None for record in members.values()),
        "versions": [describe_version(version, run) for version in ledger.rules],
    }


def list_history(url: str, customer: str | None) -> Facts:
    """Return the reviews with their counts, or the records of one customer.

    Raises
    ------
    InputError
        The customer has no record.
    """
    ledger = store.load_ledger(url)
    if customer is None:
        reviews = [to_plain(vars(review)) for review in ledger.reviews]
        return {"reviews": reviews, "records": None}
    records = [record for record in ledger.records if record.customer_id == customer]
    if not records:
        raise InputError(
            "the programme's ledger has no record of this customer",
            where=customer,
            do="give the id as it stands in the members' list",
        )
    return {"reviews": None, "records": [to_plain(record.row()) for record in records]}


def _read_offer(run: RunRecord) -> Facts:
    offer = run.programme.get("offer")
    if not isinstance(offer, dict):
        raise InputError(
            "the published run offers no rules beside those approved",
            do="learn others with 'clientela run --refit', then propose them; other tiers in the "
            "settings are offered from the next run on",
        )
    _refuse(offer)
    return offer


def _refuse(offer: Facts) -> None:
    for code in offer["refused"]:
        raise InputError(
            f"these rules are not proposed: {_explain_refusal(code, offer)}",
            do="propose others by --enter and --stay, run again with more history, or change "
            "[programme] in the settings",
        )


def _explain_refusal(code: str, offer: Facts) -> str:
    if code == "returning":
        share, leavers = (
            format_share(offer[name], "en") for name in ("returned_share", "returned_leavers_share")
        )
        return (
            f"in the simulated months {share} of all who were members ({leavers} of those who "
            "left) came back within three months, and more than 5% is no promise to keep"
        )
    reasons = {
        "worse": "on past dates they chose significantly worse than sorting by the revenue of the "
        "last 12 months",
        "nobody": "no readable rule chooses anybody",
    }
    return reasons[code]


def _compare(ledger: ProgrammeLedger, run: RunRecord, customers: pa.Table, offer: Facts) -> Facts:
    """Count who would be a member, enter and leave, and what is expected of the members."""
    entry, leave = (ProgrammeRule.from_json(offer[name]) for name in ("entry", "exit"))
    enters = pa.array(entry.choose(customers))
    now = _mark_members(ledger, run, customers)
    stays = pc.or_(pa.array(leave.choose(customers)), enters)
    proposed = pc.or_(enters, pc.and_(now, stays)) if ledger.reviews else enters
    before, after = (_sum_expected(customers, mask) for mask in (now, proposed))
    return {
        "members": pc.sum(proposed).as_py() or 0,
        "entering": pc.sum(pc.and_not(proposed, now)).as_py() or 0,
        "leaving": pc.sum(pc.and_not(now, proposed)).as_py() or 0,
        "expected_revenue": after,
        "expected_revenue_change": after - before if after and before else None,
    }


def _mark_members(ledger: ProgrammeLedger, run: RunRecord, customers: pa.Table) -> pa.Array:
    """Mark the members, or before the launch whom the version in force would enter."""
    if ledger.reviews:
        members = pa.array(sorted(ledger.members_at(run.as_of)), pa.string())
        return pc.is_in(customers[KEY].combine_chunks(), value_set=members)
    rule = ledger.rule_at(run.as_of)
    entry = ProgrammeRule(()) if rule is None else ProgrammeRule.from_json(rule.entry)
    return pa.array(entry.choose(customers))


def _sum_expected(customers: pa.Table, mask: pa.Array) -> float | None:
    total: float | None = pc.sum(customers["expected_revenue"].filter(mask)).as_py()
    return total
