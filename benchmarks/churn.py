"""Churn beside a logistic regression of twenty lines on 15 features, date by date.

``python benchmarks/churn.py [choose]`` learns as of days of both years of Online Retail and looks
once at the 91 days after each: AUC and calibration error of what serves and of the regression
(``fit_logistic`` of ``truth.py``), then the difference of the AUC with its interval over dates.
Settings were chosen on the dates of ``choose``, all over before the last two that report.
Without the files of ``CLIENTELA_DATA`` it says so and ends well.
"""

import sys

import numpy as np
from notebook import DATA
from truth import Cell, judge_churn, judge_source

from clientela.config import Settings
from clientela.statistics.dates import compare_dates

SOURCE = "uci-both"
DAYS = 91
HALVES = {
    "choose": ("2010-10-09", "2011-01-09", "2011-03-09"),
    "report": ("2010-09-09", "2010-12-09", "2011-06-09", "2011-09-09"),
}
MOST_ECE = 0.03  # wanted, beside an AUC that is at least equal on average


def main(half: str = "report") -> int:
    """Judge the dates of a half and print a row each; 1 where the AUC is behind for certain."""
    if not (DATA / "online_retail_2009_2010.csv").exists():
        print(f"no files of Online Retail in {DATA}")
        return 0
    cells: list[Cell] = [{"source": SOURCE, "as_of": day, "days": DAYS} for day in HALVES[half]]
    print(
        "as_of       left   told    ECE    AUC  | ECE, AUC of the regression | champion", flush=True
    )
    done = []
    for cell in judge_source(SOURCE, cells, Settings(), (judge_churn,)):
        done.append(cell)
        print(f"{cell['as_of']}  {cell['left']:.3f}  {cell['told_left']:.3f}  {cell['ece']:.3f}  "
              f"{cell['auc']:.4f} | {cell['ece_logistic']:.3f}  {cell['auc_logistic']:.4f} | "
              f"{cell['champion']}, {cell['cpu']:.0f} CPU s", flush=True)  # fmt: skip
    ahead = compare_dates(np.array([cell["auc"] - cell["auc_logistic"] for cell in done]))
    error = np.mean([cell["ece"] for cell in done])
    print(f"AUC less the regression's: {ahead.value:+.4f} ({ahead.low:+.4f} to {ahead.high:+.4f} "
          f"over {len(done)} dates that share no day); mean ECE {error:.3f} "
          f"({MOST_ECE} wanted)")  # fmt: skip
    return int(ahead.high < 0.0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
