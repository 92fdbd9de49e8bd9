"""The server's own metrics against the limits of the configuration."""

import re

from clientela.config.monitoring import Monitoring
from clientela.contract.tables import Unit
from clientela.monitoring.check import Check, State

LEAST_REQUESTS = 20  # by convention: of fewer one fault, or one slow answer, is the whole share
SAMPLE = re.compile(r"^(clientela_recent_\w+) (\S+)$", re.MULTILINE)


def check_service(metrics: str, limits: Monitoring) -> list[Check]:
    """Judge recent answers by fixed limits: how long, how many faults, how many at once.

    Parameters
    ----------
    metrics : str
        What the server answered to ``/metrics``.
    """
    recent = {name: float(value) for name, value in SAMPLE.findall(metrics)}
    too_few = recent.get("clientela_recent_requests", 0.0) < LEAST_REQUESTS
    judged: tuple[tuple[str, Unit, str, float], ...] = (
        ("answer_seconds", "", "p95_seconds", limits.answer_seconds),
        ("error_share", "share", "error_share", limits.error_share),
        ("busy_share", "share", "busiest_share", limits.busy_share),
    )
    return [
        Check("service", name, "learning", unit)
        if too_few
        else judge_limit(name, unit, recent[f"clientela_recent_{part}"], limit)
        for name, unit, part, limit in judged
    ]


def judge_limit(name: str, unit: Unit, value: float, limit: float) -> Check:
    """Judge a value of the service by a fixed limit.

    Examples
    --------
    >>> judge_limit("error_share", "share", 0.02, 0.01).state
    'alarm'
    """
    state: State = "alarm" if value > limit else "ok"
    return Check("service", name, state, unit, value, high=limit)


def check_silence(address: str) -> Check:
    """Alarm of a server that does not answer."""
    return Check("service", "silence", "alarm", detail=address)
