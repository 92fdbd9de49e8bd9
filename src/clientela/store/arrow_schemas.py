"""The tables that value and churn hand over, as Arrow schemas."""

import pyarrow as pa

_TEXT, _DOUBLE, _COUNT, _YES = pa.string(), pa.float64(), pa.int64(), pa.bool_()


def _schema(**types: pa.DataType) -> pa.Schema:
    return pa.schema(list(types.items()))


CANDIDATES = _schema(
    purpose=_TEXT,
    position=_COUNT,
    model=_TEXT,
    family=_TEXT,
    parameters=_TEXT,
    trials=_COUNT,
    exportable=_YES,
    role=_TEXT,
    verdict=_TEXT,
    verdict_en=_TEXT,
    verdict_pt_br=_TEXT,
)
METRICS = _schema(
    purpose=_TEXT,
    model=_TEXT,
    as_of=pa.date32(),
    customers=_COUNT,
    metric=_TEXT,
    value=_DOUBLE,
    low=_DOUBLE,
    high=_DOUBLE,
    baseline=_TEXT,
    difference=_DOUBLE,
    difference_low=_DOUBLE,
    difference_high=_DOUBLE,
)
CURVES = _schema(
    purpose=_TEXT,
    model=_TEXT,
    curve=_TEXT,
    position=_COUNT,
    x=_DOUBLE,
    y=_DOUBLE,
    low=_DOUBLE,
    high=_DOUBLE,
)
IMPORTANCE = _schema(
    purpose=_TEXT,
    model=_TEXT,
    position=_COUNT,
    feature=_TEXT,
    importance=_DOUBLE,
    direction=_COUNT,
)
HORIZONS = _schema(
    horizon_days=_COUNT,
    customers=_COUNT,
    churn_share=_DOUBLE,
    returned_share=_DOUBLE,
    chosen=_YES,
)
CONTACTS = _schema(
    position=_COUNT,
    contacts=_COUNT,
    contacts_share=_DOUBLE,
    threshold=_DOUBLE,
    profit=_DOUBLE,
    profit_low=_DOUBLE,
    profit_high=_DOUBLE,
    profit_random=_DOUBLE,
    profit_revenue=_DOUBLE,
    chosen=_YES,
)
FORECAST = _schema(
    customer_group=_TEXT,
    days=_COUNT,
    expected=_DOUBLE,
    low=_DOUBLE,
    high=_DOUBLE,
    level=_DOUBLE,
    method=_TEXT,
    hits=_COUNT,
    dates=_COUNT,
    bias=_DOUBLE,
    measurable=_YES,
    sentence_en=_TEXT,
    sentence_pt_br=_TEXT,
)
NOTES = _schema(
    purpose=_TEXT,
    position=_COUNT,
    code=_TEXT,
    text_en=_TEXT,
    text_pt_br=_TEXT,
)
BTYD_FITS = _schema(
    model=_TEXT,
    parameter=_TEXT,
    value=_DOUBLE,
    standard_error=_DOUBLE,
    identified=_YES,
    chosen=_YES,
    note_en=_TEXT,
    note_pt_br=_TEXT,
)

TABLES: dict[str, pa.Schema] = {
    "model_candidates": CANDIDATES,
    "model_metrics": METRICS,
    "model_curves": CURVES,
    "model_importance": IMPORTANCE,
    "churn_horizons": HORIZONS,
    "churn_contacts": CONTACTS,
    "value_forecast": FORECAST,
    "model_notes": NOTES,
    "btyd_fits": BTYD_FITS,
}


def table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    """Make one of the tables; a column that a row lacks is null.

    Examples
    --------
    >>> table("model_notes", [{"purpose": "churn", "position": 1}]).num_columns
    5
    """
    return pa.Table.from_pylist(rows, schema=TABLES[name])
