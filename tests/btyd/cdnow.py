"""The CDNOW sample as frames, from purchase days to rows, without the pipeline."""

import datetime as dt
from collections import defaultdict
from pathlib import Path

import numpy as np

from clientela.btyd.frame import Frame, Span
from clientela.btyd.past_dates import PastDate, choose_cuts

FIRST, KNOWN, END = dt.date(1997, 1, 1), dt.date(1997, 9, 30), dt.date(1998, 6, 30)
Days = dict[str, dict[dt.date, float]]


def read(data_dir: Path) -> Days:
    """Give each customer's money by purchase day."""
    days: Days = defaultdict(lambda: defaultdict(float))
    for line in (data_dir / "cdnow_sample.txt").read_text("ascii").splitlines():
        _, customer, day, _, money = line.split()
        days[customer][dt.date.fromisoformat(day)] += float(money)
    return days


def frame(days: Days, as_of: dt.date) -> Frame:
    """Give the customers known on a day, in weeks."""
    rows = []
    for _, bought in sorted(days.items()):
        seen = sorted(day for day in bought if day <= as_of)
        again = [bought[day] for day in seen[1:]]
        ages = ((seen[-1] - seen[0]).days, (as_of - seen[0]).days)
        rows.append((len(again), *ages, np.mean(again) if again else 0.0))
    x, t_x, T, money = np.array(rows, dtype=np.float64).T
    return Frame(x, t_x, T, money, "days").to("weeks")


def past(days: Days, as_of: dt.date, until: dt.date) -> PastDate:
    """Stand on a day and count what was bought until another."""
    then, bought = frame(days, as_of), frame(days, until).frequency
    spans = Span.days((until - as_of).days), Span.days((as_of - FIRST).days)
    return PastDate(then, bought - then.frequency, *spans)


def pasts(days: Days) -> list[PastDate]:
    """Give the earlier dates inside the calibration weeks."""
    spans = choose_cuts((KNOWN - FIRST).days, (END - KNOWN).days)
    return [past(days, KNOWN - dt.timedelta(days=span), KNOWN) for span in spans]
