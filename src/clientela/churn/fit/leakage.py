"""Attributes that were written after the exit: they say who left and foresee nothing."""

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.churn.fit.training_data import KEY, Flags
from clientela.i18n import Lang, format_number, load_catalogue, t
from clientela.statistics.arrays import Doubles, doubles, is_numeric, sort_by_customer
from clientela.statistics.sampling import draw_sample
from clientela.store import arrow_schemas as results

# No honest attribute comes near alone: the best of IBM Telco, the months of tenure, has .74.
TOO_GOOD_AUC = 0.95
# By convention: among fewer, chance alone makes an attribute look like a leak.
LEAST_OF_A_CLASS, LEAST_OF_A_CATEGORY = 20, 10


def find_leaking_attributes(table: pa.Table, left: Flags, names: Sequence[str]) -> dict[str, float]:
    """Find the attributes that tell almost alone who left.

    Parameters
    ----------
    table : pa.Table
        Holds the attributes.
    left : array of bool, shape (customers,)
        Who left.
    names : sequence of str
        Attributes nobody dates.

    Returns
    -------
    dict of str to float
        The area under the ROC curve of each that has more than .95, by its value or by its being
        there at all; empty where fewer than 20 left or stayed. Categories of fewer than 10
        customers count as one.
    """
    if min(left.sum(), (~left).sum()) < LEAST_OF_A_CLASS:
        return {}
    aucs = {name: _measure_best_auc(table[name], left) for name in names}
    return {name: auc for name, auc in aucs.items() if auc > TOO_GOOD_AUC}


def _measure_best_auc(values: pa.ChunkedArray, left: Flags) -> float:
    there = np.asarray(pc.is_valid(values).to_numpy(zero_copy_only=False), dtype=np.float64)
    return max(_measure_auc(there, left), _measure_auc(_order_values(values, left), left))


def _order_values(values: pa.ChunkedArray, left: Flags) -> Doubles:
    """Return numbers as they are, missing ones below all; categories by their share of leavers."""
    if is_numeric(values.type):
        numbers = pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)
        return np.asarray(np.where(np.isnan(numbers), -np.inf, numbers))
    coded = pc.index_in(values, value_set=pc.unique(values.drop_null()))
    codes = np.asarray(pc.fill_null(coded, -1).to_numpy(zero_copy_only=False)) + 1
    codes = np.where(np.bincount(codes)[codes] < LEAST_OF_A_CATEGORY, 0, codes)
    share = np.bincount(codes, weights=left) / np.maximum(np.bincount(codes), 1)
    return np.asarray(share[codes])


def _measure_auc(scale: Doubles, left: Flags) -> float:
    """Return the area under the ROC curve, turned to be above a half."""
    _, positions, counts = np.unique(scale, return_inverse=True, return_counts=True)
    rank = np.cumsum(counts) - (counts - 1) / 2.0
    gone, stayed = left.sum(), (~left).sum()
    area = (rank[positions][left].sum() - gone * (gone + 1) / 2.0) / (gone * stayed)
    return float(max(area, 1.0 - area))


PURPOSE = "churn"
# Name of the model that nobody should use, in the metrics.
LEAKY = "leaky_flag"
LANGUAGES: dict[str, Lang] = {"text_en": "en", "text_pt_br": "pt_BR"}
Said = float | str | tuple[str, ...]
# By convention: the figure is a warning, so that a small model on a sample is enough.
FLAG_FOLDS, FLAG_ROWS, TREES = 5, 5_000, 60


def measure_flattering_auc(everyone: pa.Table, flagged: Flags, seed: int) -> float | None:
    """Measure by cross-validation how well features of today tell who has left by today.

    Parameters
    ----------
    everyone : pa.Table
        ``customer_id`` and features of all customers, those gone among them.
    flagged : array of bool, shape (customers,)
        Who is gone.

    Returns
    -------
    float or None
        Area under the ROC curve, of at most 5,000 customers; None where a class is too small.
    """
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold

    order = np.argsort(everyone[KEY].to_numpy(zero_copy_only=False).astype(np.str_))
    everyone, flagged = sort_by_customer(everyone), flagged[order]
    rows = draw_sample(everyone[KEY].to_pylist(), FLAG_ROWS, seed)
    matrix, left = _read_numbers(everyone.take(pa.array(rows))), flagged[rows]
    if min(left.sum(), (~left).sum()) < FLAG_FOLDS:
        return None
    guessed = np.empty(len(rows))
    folds = StratifiedKFold(FLAG_FOLDS, shuffle=True, random_state=seed)
    for learnt, test in folds.split(matrix, left):
        guessed[test] = _predict_boosting(matrix[learnt], left[learnt], matrix[test], seed)
    return float(roc_auc_score(left, guessed))


def _predict_boosting(matrix: Doubles, left: Flags, test: Doubles, seed: int) -> Doubles:
    import lightgbm

    fixed = {"deterministic": True, "force_row_wise": True, "num_threads": 1, "verbose": -1}
    data = lightgbm.Dataset(matrix, left.astype(np.float64), params=fixed)
    options = {**fixed, "objective": "binary", "num_leaves": 7, "min_data_in_leaf": 20}
    return np.asarray(
        lightgbm.train(options | {"seed": seed}, data, TREES).predict(test, num_threads=1)
    )


def _read_numbers(table: pa.Table) -> Doubles:
    """Return features as doubles; texts as the rank of their spelling."""
    columns = [np.zeros(table.num_rows)]
    for column in table.schema:
        if is_numeric(column.type):
            columns.append(doubles(table, column.name))
        elif pa.types.is_string(column.type) and column.name != KEY:
            columns.append(_rank_texts(table[column.name]))
    return np.column_stack(columns)


def _rank_texts(texts: pa.ChunkedArray) -> Doubles:
    values = pc.unique(texts.drop_null())
    positions = pc.index_in(texts, value_set=values.take(pc.sort_indices(values)))
    return np.asarray(pc.cast(positions, pa.float64()).to_numpy(zero_copy_only=False))


def build_flag_notes(
    *,
    flattering_auc: float | None = None,
    gap_days: int | None = None,
    undated: Sequence[str] = (),
    left_out: Collection[str] = (),
    leaking: Collection[str] = (),
    attributes_alone: bool = False,
) -> pa.Table:
    """Return what the user must know as ``model_notes``, the undated flag first.

    Parameters
    ----------
    flattering_auc : float, optional
        Of :func:`measure_flattering_auc`.
    gap_days : int, optional
        The firm's typical gap, where churn dates are estimated from it and the silences.
    undated, left_out, leaking : collections of str
        Attributes without a date, those not read, and those left out as leaks.
    attributes_alone : bool
        Whether nothing but attributes is known.
    """
    rows = []
    if gap_days is not None:
        rows.append(_build_note("contractual.undated", days=gap_days))
    if flattering_auc is not None:
        rows.append(_build_note("contractual.flattering", auc=flattering_auc))
    if attributes_alone:
        rows.append(_build_note("contractual.attributes_alone"))
    if undated:
        rows.append(_build_note("contractual.undated_attributes", names=tuple(undated)))
    if leaking:
        rows.append(_build_note("contractual.telltale", names=tuple(leaking)))
    if left_out:
        rows.append(_build_note("contractual.left_out", names=tuple(sorted(left_out))))
    return results.arrow_table("model_notes", [row | {"position": n} for n, row in enumerate(rows)])


def _build_note(key: str, **values: Said) -> dict[str, object]:
    texts = {
        column: t(key, lang, **_write_values(values, lang)) for column, lang in LANGUAGES.items()
    }
    return {"purpose": PURPOSE, "code": key.split(".")[1], **texts}


def _write_values(values: dict[str, Said], lang: Lang) -> dict[str, str]:
    return {name: _write_value(value, lang) for name, value in values.items()}


def _write_value(value: Said, lang: Lang) -> str:
    """Write a measure with three decimals, and names as the language calls them."""
    if isinstance(value, tuple):
        return ", ".join(_name_attribute(name, lang) for name in value)
    return format_number(value, lang, 3) if isinstance(value, float) else str(value)


def _name_attribute(name: str, lang: Lang) -> str:
    """Return a feature's label in lower case, and a name of the firm's own as it is."""
    key = f"feature.{name}.label"
    return t(key, lang).lower() if key in load_catalogue(lang) else name


def prepend_notes(
    tables: dict[str, pa.Table], ours: pa.Table, auc: float | None
) -> dict[str, pa.Table]:
    """Prepend the notes on the flag, and append the flattering figure under its name."""
    model_notes = tables.get("model_notes", results.arrow_table("model_notes", []))
    every = pa.concat_tables([ours, model_notes])
    column = every.column_names.index("position")
    every = every.set_column(column, "position", pa.array(range(1, len(every) + 1), pa.int64()))
    figure: dict[str, object] = {
        "purpose": PURPOSE,
        "model": LEAKY,
        "metric": "roc_auc",
        "value": auc,
    }
    leaky = results.arrow_table("model_metrics", [figure] if auc is not None else [])
    measured = tables.get("model_metrics", results.arrow_table("model_metrics", []))
    return tables | {
        "model_notes": every,
        "model_metrics": pa.concat_tables([measured, leaky]),
    }
