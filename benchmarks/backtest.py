"""A backtest of both years of UCI Online Retail, beside what reading and cleaning them takes.

``python benchmarks/backtest.py`` reads the real files from the folder in ``CLIENTELA_DATA``
(default ``../shared/data``); without them it says so and ends well.
"""

import sys

from figures import Figure, report
from notebook import DATA
from processes import run_clientela

SOURCES = [DATA / "online_retail_2009_2010.csv", DATA / "online_retail.csv"]
READING = ("start", "read", "clean")
MOST_TIMES = 9.0  # of reading and cleaning, in the same process


def main() -> int:
    """Run the command and report what it took beside reading."""
    if not all(path.exists() for path in SOURCES):
        print("not measured: the two years of Online Retail are absent")
        return 0
    asked = ("--as-of", "2011-09-09", "--horizon-days", "91", "--json")
    used = run_clientela("backtest", *SOURCES, *asked)
    print("CPU s by stage:", ", ".join(f"{name} {cpu:.1f}" for name, cpu in used.stages.items()))
    reading = sum(used.stages.get(name, 0.0) for name in READING)
    figures = [
        Figure("CPU s", used.cpu),
        Figure("of which reading and cleaning, CPU s", reading),
        Figure("times reading and cleaning", used.cpu / reading, limit=MOST_TIMES),
        Figure("peak MB", used.peak_mb),
    ]
    return report("backtest", figures)


if __name__ == "__main__":
    sys.exit(main())
