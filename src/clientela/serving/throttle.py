"""Tries to log in, counted by account and by address: who guesses passwords must wait."""

import ipaddress
from collections.abc import Sequence

from clientela.serving.problems import BudgetProblem

WINDOW_SECONDS = 900.0  # by convention: a quarter of an hour
ACCOUNT_TRIES = 5  # by convention: two typing errors, a Caps Lock and a forgotten change
ADDRESS_TRIES = 20  # by convention: some colleagues behind one address
MOST_NAMES = 100_000  # some 10 MB; at 20 tries an address it takes 5,000 addresses to get there
IPV6_PREFIX = 64  # the smallest network that a provider gives one client


class Throttle:
    """Tries of each account and address in its present window, in this process."""

    def __init__(self) -> None:
        self._tries: dict[str, tuple[float, int]] = {}

    def count(self, account: str, address: str, now: float) -> None:
        """Count a try before it is made, so that many at once count too.

        Parameters
        ----------
        account, address : str
            Whose password, and from where.
        now : float
            Seconds of a clock.

        Raises
        ------
        ThrottleProblem
            One of them had its tries; Retry-After says when it has new ones. Such a refusal counts
            no further try, so that the wait comes to an end.
        """
        limits = _name_limits(account, address)
        waits = [self._find_wait(name, most, now) for name, most in limits]
        if any(waits):
            raise ThrottleProblem(
                "too many tries to log in",
                do=f"wait {round(max(waits) / 60) or 1} minutes; open sessions go on",
                headers={"retry-after": str(int(max(waits)) + 1)},
            )
        if len(self._tries) >= MOST_NAMES:
            self._forget_old(now)
        for name, _ in limits:
            since, tries = self._tries.get(name, (now, 0))
            fresh = now - since >= WINDOW_SECONDS
            self._tries[name] = (now, 1) if fresh else (since, tries + 1)

    def forgive(self, account: str, address: str) -> None:
        """Take back the try of a password that was right, and the account's other tries."""
        (account_key, _), (address_key, _) = _name_limits(account, address)
        self._tries.pop(account_key, None)
        since, tries = self._tries.get(address_key, (0.0, 1))
        self._tries[address_key] = (since, tries - 1)

    def _find_wait(self, name: str, most: int, now: float) -> float:
        since, tries = self._tries.get(name, (now, 0))
        return max(since + WINDOW_SECONDS - now, 0.0) if tries >= most else 0.0

    def _forget_old(self, now: float) -> None:
        self._tries = {
            name: (since, tries)
            for name, (since, tries) in self._tries.items()
            if now - since < WINDOW_SECONDS
        }


class ThrottleProblem(BudgetProblem):
    """The tries to log in are used up for now."""

    title = "Too many tries to log in"


def _name_limits(account: str, address: str) -> Sequence[tuple[str, int]]:
    return (f"account {account}", ACCOUNT_TRIES), (f"from {_widen(address)}", ADDRESS_TRIES)


def _widen(address: str) -> str:
    """Return the network of an IPv6 address, of which one client has all."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
