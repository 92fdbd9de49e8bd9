"""What the server counts of its requests: how many, how long, how many at once.

Counting takes some microseconds a request and no library; prometheus-client writes it down when
somebody asks.
"""

import math
import time
from bisect import bisect_left
from collections import Counter, defaultdict, deque

BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""By convention those of Prometheus, with two below: a look-up takes less than a millisecond."""
RECENT_SECONDS = 900.0  # by convention: a quarter of an hour, three looks of a usual monitor
MOST_RECENT = 20_000  # some 2 MB; of busier servers the last ones stand for all
UNKNOWN = "unknown"
"""The operation of requests that no route takes."""


class Meter:
    """Counts of one server since its start.

    Parameters
    ----------
    capacity : int
        Requests at once that count as full.

    Examples
    --------
    >>> meter = Meter(capacity=4)
    >>> meter.begin()
    >>> meter.end("lookup_segment", 200, 0.002)
    >>> meter.requests["lookup_segment", 200], meter.describe_recent()
    (1, (1, 0.002, 0.0, 0.25))
    """

    def __init__(self, capacity: int) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self.seconds: dict[str, list[int]] = {}
        self.sums: defaultdict[str, float] = defaultdict(float)
        self.in_progress = 0
        self._capacity = capacity
        self._recent: deque[tuple[float, float, bool, int]] = deque(maxlen=MOST_RECENT)

    def begin(self) -> None:
        """Count a request that is to be answered."""
        self.in_progress += 1

    def end(self, operation: str, status: int, seconds: float) -> None:
        """Count an answer that begins, by its operation and status, and how long it took."""
        self.requests[operation, status] += 1
        counts = self.seconds.setdefault(operation, [0] * (len(BUCKETS_SECONDS) + 1))
        counts[bisect_left(BUCKETS_SECONDS, seconds)] += 1
        self.sums[operation] += seconds
        row = (time.monotonic(), seconds, status >= 500, self.in_progress)
        self._recent.append(row)
        self.in_progress -= 1

    def describe_recent(self) -> tuple[int, float, float, float]:
        """Return recent requests, their 95th percentile in seconds, and two shares.

        The shares are of answers that were faults of the server, and of the capacity that was
        used when most requests were under way at once.
        """
        since = time.monotonic() - RECENT_SECONDS
        recent = [row for row in self._recent if row[0] >= since]
        if not recent:
            return 0, 0.0, 0.0, 0.0
        times = sorted(row[1] for row in recent)
        faults = sum(row[2] for row in recent) / len(recent)
        busiest = max(row[3] for row in recent) / self._capacity
        return len(recent), times[math.ceil(0.95 * len(times)) - 1], faults, busiest
