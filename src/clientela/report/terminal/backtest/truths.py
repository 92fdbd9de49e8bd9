"""What is known of simulated customers, beside what the models say."""

from collections.abc import Mapping
from typing import Any

from clientela.report.terminal.grid import figure, grid, titled

GROUPS = ("customers", "expected", "came")


def truth_text(facts: Mapping[str, Any]) -> str:
    """Lay out the comparison with the simulator's truth, where there is one."""
    truth = facts.get("truth") or {}
    parts = [_alive(truth.get("alive")), _leaving(truth.get("leaving"))]
    told = "\n\n".join(part for part in parts if part)
    return titled("Against the simulator's truth\n-----------------------------", told)


def simulations_text(facts: Mapping[str, Any]) -> str:
    """Lay out whether the fits find again what they were simulated from."""
    found = [each for each in (facts.get("btyd") or {}).get("simulations", []) if "z" in each]
    title = "Fits of customers simulated from each model"
    parts = [_recovered(each) for each in found]
    return titled(f"{title}\n{'-' * len(title)}", "\n\n".join(parts))


def _alive(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    told = (
        f"P(alive): {figure(found['expected'])} expected, {figure(found['alive'])} alive of "
        f"{found['customers']:,} customers; AUC {figure(found['auc'])}."
    )
    return f"{told}\n{_groups(found['calibration'])}"


def _leaving(found: Mapping[str, Any] | None) -> str:
    if not found:
        return ""
    flattering = found["flattering_auc"]
    trap = (
        f" The flattering figure of the undated flag: {figure(flattering)}." if flattering else ""
    )
    return (
        f"Leaving: deployed AUC {figure(found['deployed_auc'])}, the oracle's "
        f"{figure(found['oracle_auc'])}, of {found['customers']:,} customers, {found['left']:,} of "
        f"whom left.{trap}"
    )


def _recovered(found: Mapping[str, Any]) -> str:
    listed = [[each["parameter"], each["mean"], each["spread"]] for each in found["z"]]
    told = (
        f"{found['model']}, {found['simulations']} simulations, {found['failed']} not told; "
        f"customers' 80 % intervals cover {found['coverage']:.1%}"
    )
    scores = grid(["parameter", "mean z", "spread of z"], listed)
    return f"{told}\n{scores}\n{_groups(found['calibration'])}"


def _groups(rows: list[Mapping[str, Any]]) -> str:
    return grid(GROUPS, [[row[name] for name in GROUPS] for row in rows])
