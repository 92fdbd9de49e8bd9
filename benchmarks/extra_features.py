"""The segment, or product families, as features of other models: kept only where they win.

``python benchmarks/extra_features.py [workspace …]``, that of a simulated shop unless said;
``clientela run`` made them. On each past date models learn from the date a horizon before, once
with the snapshot's features alone and once with more: the customer's segment (learnt on the earlier
date), or what was bought of the commonest product families (learnt there, too). Both are judged on
the same customers: log loss of buying again, squared error of the logarithm of revenue. An addition
wins where it is better on every date of four at least and the whole interval of the difference lies
below zero. None does (decision 23): where one wins, the benchmark fails, and the decision is to be
taken again.
"""

import datetime as dt
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import lightgbm
import made
import numpy as np
import pyarrow as pa
from figures import Figure, report
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from clientela.config import EngineSettings, Segments
from clientela.engine import connect
from clientela.features.affinity import learn_affinity
from clientela.features.history import History
from clientela.features.lines import sales
from clientela.features.product_families import ProductFamilies
from clientela.features.reading import make_reader
from clientela.segments.fit.segmentation import fit_segments
from clientela.statistics.arrays import Doubles, doubles, list_numeric_columns
from clientela.statistics.dates import LEAST_DATES
from clientela.tables import summary
from clientela.tables.workspace import Workspace

HORIZON_DAYS = 90
MOST_GAIN = 0.03  # of the loss; one date of a simulated shop was seen to give half of it
FAMILIES = 20  # the commonest
TREES = {"num_leaves": 8, "learning_rate": 0.05, "num_threads": 1, "verbosity": -1, "seed": 42}
ROUNDS = 100
BOUGHT = pa.schema([("customer_id", pa.string()), ("product_id", pa.string())])

Extra = Callable[[History, pa.Table], Doubles]
Predict = Callable[[Doubles, Doubles, Doubles], Doubles]


def main(*workspaces: str) -> int:
    """Report the difference that each addition makes, and whether it wins."""
    folders = [Path(folder) for folder in workspaces] or [made.workspace()]
    return report("extra_features", *(compare(folder) for folder in folders))


def compare(folder: Path) -> Iterator[Figure]:
    """Compare on all past dates of a workspace."""
    history = open_past(Workspace(folder))
    days = history.dates(HORIZON_DAYS, HORIZON_DAYS, 2 * HORIZON_DAYS)
    pairs = list(pairwise(days))
    losses: dict[tuple[str, str], list[Doubles]] = {}
    for test_day, train_day in pairs:
        for key, loss in judge_date(history, train_day, test_day):
            losses.setdefault(key, []).append(loss)
    for name, measure in losses:
        if name == "none":
            continue
        plain = losses["none", measure]
        parts = [more - less for more, less in zip(losses[name, measure], plain, strict=True)]
        difference, better = np.concatenate(parts), sum(part.mean() < 0 for part in parts)
        mean, half = difference.mean(), 1.96 * difference.std() / np.sqrt(len(difference))
        of = f"{name}, {measure}"
        yield Figure("loss without", float(np.concatenate(plain).mean()), of)
        yield Figure("difference", float(mean), of)
        yield Figure("its interval, from", float(mean - half), of)
        yield Figure("to", float(mean + half), of)
        yield Figure("better dates", better, of)
        yield Figure("dates", len(parts), of)
        gain = -float(mean / np.concatenate(plain).mean())
        yield Figure("gain, of the loss", gain, of, limit=MOST_GAIN)
        wins = mean + half < 0 and better == len(parts) >= LEAST_DATES
        yield Figure("wins", float(wins), of, limit=0)


def open_past(workspace: Workspace) -> History:
    """Open the whole past of a workspace."""
    engine = connect(EngineSettings())
    totals = summary.totals(engine, workspace.tables(engine))
    return History(
        engine=engine,
        read=make_reader(engine, workspace),
        groups=workspace.groups(engine.rows_at_once),
        first_day=totals.first_day or dt.date.min,
        as_of=totals.last_day or dt.date.min,
    )


def judge_date(
    history: History, train_day: dt.date, test_day: dt.date
) -> Iterator[tuple[tuple[str, str], Doubles]]:
    """Yield the loss of each customer of a date, by addition and measure."""
    past = replace(history, as_of=train_day)
    train, train_later = read_date(history, train_day)
    test, test_later = read_date(history, test_day)
    additions: dict[str, Extra] = {"none": lambda *_: np.zeros((0, 0))}
    additions["segment"] = learn_segments(train, train_day)
    _, families = learn_affinity(past)
    if any(size > 1 for size in families.sizes.values()):
        additions["families"] = count_families(past, families)
    for name, extra in additions.items():
        tables = [
            (replace(history, as_of=train_day), train),
            (replace(history, as_of=test_day), test),
        ]
        x_train, x_test = (gather_columns(day, table, extra) for day, table in tables)
        for measure, predict in MEASURES.items():
            bought = "buys" in measure
            y_train, y_test = (
                (later > 0).astype(float) if bought else np.log1p(later)
                for later in (train_later, test_later)
            )
            found = predict(x_train, y_train, x_test)
            if bought:
                found = np.clip(found, 1e-6, 1 - 1e-6)
                loss = -(y_test * np.log(found) + (1 - y_test) * np.log(1 - found))
            else:
                loss = (y_test - found) ** 2
            yield (name, measure), loss


def read_date(history: History, day: dt.date) -> tuple[pa.Table, Doubles]:
    """Return the snapshot of a day and what each customer spent in the horizon after it."""
    snapshot, later = history.snapshot(day), history.later(day, HORIZON_DAYS)
    rows = pa.compute.index_in(snapshot["customer_id"], value_set=later["customer_id"])
    spent = np.nan_to_num(doubles(later.take(rows), "later_revenue"))
    return snapshot, np.maximum(spent, 0.0)


def gather_columns(history: History, snapshot: pa.Table, extra: Extra) -> Doubles:
    """Return the snapshot's numbers as the models take them, with what is added."""
    names = list_numeric_columns(snapshot)
    values = np.nan_to_num(np.column_stack([doubles(snapshot, name) for name in names]))
    curved = np.copysign(np.log1p(np.abs(values)), values)
    more = extra(history, snapshot)
    return np.column_stack([curved, more]) if more.size else curved


def learn_segments(train: pa.Table, day: dt.date) -> Extra:
    """Learn segments on the earlier date, and mark each customer's."""
    settings = Segments(force="log/kmeans/k=6", budget=1, bootstraps=0)
    model = fit_segments(train, settings, as_of=day, data_hash="benchmark")

    def mark(_: History, snapshot: pa.Table) -> Doubles:
        segment = model.assign(snapshot)[0]
        return np.column_stack([segment == number for number in model.ids]).astype(float)

    return mark


def count_families(past: History, families: ProductFamilies) -> Extra:
    """Take the families that most customers of the earlier date bought of."""
    bought = past.gather(list_bought(past.as_of), BOUGHT).to_pylist()
    pairs = {(row["customer_id"], families.family_of.get(row["product_id"])) for row in bought}
    counts = Counter(family for _, family in pairs if families.sizes.get(family or "", 0) > 1)
    common = [family for family, _ in counts.most_common(FAMILIES)]

    def mark(history: History, snapshot: pa.Table) -> Doubles:
        rows = {name: row for row, name in enumerate(snapshot["customer_id"].to_pylist())}
        columns = {family: column for column, family in enumerate(common)}
        flags, every = np.zeros((len(rows), len(common))), [set[str]() for _ in rows]
        for line in history.gather(list_bought(history.as_of), BOUGHT).to_pylist():
            family = families.family_of.get(line["product_id"])
            if line["customer_id"] in rows and family:
                every[rows[line["customer_id"]]].add(family)
                if family in columns:
                    flags[rows[line["customer_id"]], columns[family]] = 1.0
        return np.column_stack([flags, np.log1p([len(found) for found in every])])

    return mark


def list_bought(day: dt.date) -> Any:
    """Ask which customer bought which product up to a day."""
    sold = sales(day)
    return sold.filter(sold.product_id.notnull()).select(*BOUGHT.names).distinct()


def boost(objective: str) -> Predict:
    """Return boosted trees of an objective."""

    def predict(x: Doubles, y: Doubles, new: Doubles) -> Doubles:
        model = lightgbm.train(TREES | {"objective": objective}, lightgbm.Dataset(x, y), ROUNDS)
        return np.asarray(model.predict(new))

    return predict


def regress(x: Doubles, y: Doubles, new: Doubles) -> Doubles:
    """Fit and predict by ridge regression."""
    return np.asarray(make_pipeline(StandardScaler(), Ridge(10.0)).fit(x, y).predict(new))


def classify(x: Doubles, y: Doubles, new: Doubles) -> Doubles:
    """Fit and predict by logistic regression."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    return np.asarray(model.fit(x, y).predict_proba(new)[:, 1])


MEASURES: dict[str, Predict] = {
    "buys again, boosting": boost("binary"),
    "buys again, logistic": classify,
    "log revenue, boosting": boost("regression"),
    "log revenue, ridge": regress,
}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
