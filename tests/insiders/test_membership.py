"""The state machine: who is in, who is out, and when."""

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from clientela.insiders.score.membership import NEVER, MembershipSimulation, simulate_membership
from clientela.insiders.score.rule import Chosen

REVIEWS = st.integers(1, 12)
GRACE = st.sampled_from([0, 7, 29, 30, 31, 45, 60, 100])


def days(count: int) -> list[dt.date]:
    return [dt.date(2011, 1, 1) + dt.timedelta(days=30 * n) for n in range(count)]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[dt.date], Chosen, Chosen, int]:
    shape = draw(REVIEWS), 4
    stays = draw(arrays(np.bool_, shape))
    enters = draw(arrays(np.bool_, shape)) & stays
    return days(shape[0]), enters, stays, draw(GRACE)


def run_of(enters: str, stays: str, grace_days: int) -> MembershipSimulation:
    """Simulate one customer from strings such as ``+..``, one sign a review."""
    masks = [np.array([[sign == "+"] for sign in one]) for one in (enters, stays)]
    return simulate_membership(days(len(enters)), masks[0], masks[1], grace_days)


def signs(mask: Chosen) -> str:
    return "".join("+" if one else "." for one in mask.ravel())


def test_a_member_stays_as_long_as_the_exit_rule_holds() -> None:
    run = run_of(enters="+.....", stays="++++++", grace_days=30)
    assert signs(run.member) == "++++++"
    assert run.since[0] == dt.date(2011, 1, 1).toordinal()
    assert run.leaves_on[0] == NEVER


def test_who_no_longer_meets_it_leaves_after_the_grace() -> None:
    run = run_of(enters="+.....", stays="++....", grace_days=30)
    assert signs(run.member) == "+++..."  # seen at the third review, out at the fourth
    assert signs(run.left) == "...+.."


def test_without_grace_they_leave_at_once() -> None:
    assert signs(run_of("+...", "++..", grace_days=0).member) == "++.."


def test_a_grace_between_reviews_ends_on_its_own_day() -> None:
    run = run_of("+.....", "++....", grace_days=45)
    assert signs(run.member) == "++++.."  # grace ends between the fourth review and the fifth
    back = run_of("+...+.", "++..++", grace_days=45)
    assert signs(back.left) == "....+."
    assert signs(back.reentered) == "....+."  # too late to be saved, in time to enter again


def test_who_meets_it_again_in_time_is_saved() -> None:
    run = run_of("+.....", "+.++++", grace_days=30)
    assert signs(run.member) == "++++++"
    assert not run.left.any()


def test_the_review_on_the_very_day_the_grace_ends_still_saves() -> None:
    saved = run_of("+....", "++.++", grace_days=30)  # grace ends with the fourth review
    assert signs(saved.member) == "+++++"
    assert signs(saved.left) == "....."
    late = run_of("+....", "++.++", grace_days=29)  # and a day before it
    assert signs(late.member) == "+++.."
    assert signs(late.left) == "...+."


def test_who_fails_the_review_on_the_day_the_grace_ends_is_out_on_it() -> None:
    out = run_of("+....", "++...", grace_days=30)
    assert signs(out.member) == "+++.."
    later = run_of("+....", "++...", grace_days=31)
    assert signs(later.member) == "++++."
    assert signs(later.left) == "....+"


def test_coming_back_within_92_days_of_the_end_is_flapping() -> None:
    for grace, back in ((27, False), (28, True)):  # the end lies 93 and 92 days before the review
        run = run_of("+....+", "+....+", grace_days=grace)
        assert signs(run.entered) == "+....+"
        assert signs(run.reentered) == (".....+" if back else "......")


def test_only_the_entry_rule_lets_people_back_in() -> None:
    run = run_of("+.....+", "+..++++", grace_days=0)
    assert signs(run.member) == "+.....+"
    assert not run.reentered.any()  # five months later is no flapping
    soon = run_of("+..+", "+..+", grace_days=0)
    assert signs(soon.reentered) == "...+"
    assert soon.flapping_share == 1.0


def test_how_long_members_have_stayed() -> None:
    run = run_of("+..+.", "++.++", grace_days=0)
    assert [run.stayed_days(review).tolist() for review in range(5)] == [[0], [30], [], [0], [30]]


@settings(deadline=None)
@given(histories())
def test_nobody_enters_but_by_the_entry_rule(
    made: tuple[list[dt.date], Chosen, Chosen, int],
) -> None:
    run = simulate_membership(*made)
    assert not (run.entered & ~made[1]).any()
    before = np.vstack([np.zeros(4, dtype=bool), run.member[:-1]])
    assert (run.member == ((before & ~run.left) | run.entered)).all()


@settings(deadline=None)
@given(histories())
def test_whoever_fails_the_exit_rule_is_out_within_grace_and_a_month(
    made: tuple[list[dt.date], Chosen, Chosen, int],
) -> None:
    reviews, _, stays, grace_days = made
    run = simulate_membership(*made)
    for customer in range(4):
        for review, day in enumerate(reviews):
            if not run.member[review, customer]:
                continue
            met = [
                d for d, stay in zip(reviews, stays[: review + 1, customer], strict=False) if stay
            ]
            # met on its last review, failing at the latest a month after it, and then the grace
            assert (day - met[-1]).days < 30 + max(grace_days, 1)


@settings(deadline=None)
@given(histories())
def test_everybody_who_could_enter_is_in(
    made: tuple[list[dt.date], Chosen, Chosen, int],
) -> None:
    assert (simulate_membership(*made).member >= made[1]).all()
