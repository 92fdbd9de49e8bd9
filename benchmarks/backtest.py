"""A backtest of both years of UCI Online Retail, in CPU seconds.

``python benchmarks/backtest.py`` reads the real files from the folder in ``CLIENTELA_DATA``
(default ``../shared/data``); without them it says so and ends well.
"""

import json
import sys

from notebook import DATA, cpu_seconds

SOURCES = [DATA / "online_retail_2009_2010.csv", DATA / "online_retail.csv"]


def main() -> int:
    """Run the command and print what each stage took."""
    if not all(path.exists() for path in SOURCES):
        print("not measured: the two years of Online Retail are absent")
        return 0
    command = [sys.executable, "-m", "clientela", "backtest", *map(str, SOURCES), "--json"]
    spent, printed = cpu_seconds([*command, "--as-of", "2011-09-09", "--horizon-days", "91"])
    facts = json.loads(printed)
    print(f"clientela backtest {spent:7.1f} CPU s  {json.dumps(facts['seconds'])} (wall)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
