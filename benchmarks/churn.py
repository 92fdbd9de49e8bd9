"""Churn beside a logistic regression of twenty lines on 15 features, date by date.

``python benchmarks/churn.py [choose]`` learns as of days of both years of Online Retail and looks
once at the 91 days after each: AUC and calibration error of what serves and of the regression
(``fit_logistic`` of ``truth.py``), then the difference of the AUC with its interval over dates.
Settings were chosen on the dates of ``choose``, all over before the last two that report.
Without the files of ``CLIENTELA_DATA`` it says so and ends well.
"""

import sys

import numpy as np
from figures import Figure, report
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
MOST_ECE, ECE_GOAL = 0.08, 0.03  # mean calibration error over the dates


def main(half: str = "report") -> int:
    """Judge the dates of a half, print a row each, and report what holds over all."""
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
    figures = [
        Figure("dates that share no day", len(done)),
        Figure("AUC less the regression's", ahead.value, goal=0.0, least=True),
        Figure("its interval over dates, from", ahead.low),
        Figure("to", ahead.high, limit=0.0, least=True),
        Figure("mean calibration error", float(error), limit=MOST_ECE, goal=ECE_GOAL),
        Figure("that of the regression", float(np.mean([cell["ece_logistic"] for cell in done]))),
        Figure("CPU s a date", float(np.mean([cell["cpu"] for cell in done]))),
    ]
    return report("churn", figures)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
