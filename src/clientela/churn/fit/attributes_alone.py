"""Churn of customers known by attributes alone, without purchases or dates."""

import datetime as dt
import re
from dataclasses import replace

import numpy as np

from clientela.churn.fit import undated_flag as trap
from clientela.churn.fit.churn_task import Framing
from clientela.churn.fit.labelled import KEY, Labelled
from clientela.churn.fit.leaking_attributes import telltale
from clientela.churn.fit.learning import LearntChurn, learn_undated
from clientela.config import Churn
from clientela.statistics.arrays import Doubles, doubles
from clientela.tables.customers_file import CustomersFile

MONTHLY = re.compile(r"monthly_?(charges?|fee|amount|revenue|price)|mensalidade|valor_?mensal|arpu")
MONTHS = 12
"""Months of the monthly charge that are at stake where there is no horizon."""


def labelled(file: CustomersFile) -> tuple[Labelled, dict[str, float]]:
    """Give the customers of a file with who left, without what gives the answer away.

    Returns
    -------
    Labelled, dict
        Without time; ``worth`` is a year of the monthly charge where a column tells it, else 1.
        Attributes left out because they say almost alone who left, with their AUC.
    """
    names = [name for name in file.table.column_names if name != KEY]
    found = telltale(file.table, file.left, names)
    table = file.table.drop_columns(sorted(found))
    return Labelled(None, table, file.left, _worth(file)), found


def learn_file(file: CustomersFile, settings: Churn, as_of: dt.date) -> LearntChurn:
    """Learn from a file of customers by repeated stratified folds; our notes stand first.

    Parameters
    ----------
    as_of : datetime.date
        The day of the file, for the model's card.
    """
    one, found = labelled(file)
    learnt = learn_undated(one, settings, Framing("undated", as_of, data_hash=file.sha256))
    told = trap.Told(left_out=file.left_out, telltale=found, attributes_alone=True)
    tables = trap.merged(learnt.tables, trap.notes(told), None)
    return replace(learnt, tables=tables, facts=learnt.facts | {"telltale": found})


def _worth(file: CustomersFile) -> Doubles:
    """Give the money at stake of each customer."""
    charges = [name for name in file.table.column_names if MONTHLY.fullmatch(name.casefold())]
    ones = np.ones(file.table.num_rows)
    if not charges or file.table.schema.field(charges[0]).type != "double":
        return ones
    told = np.maximum(doubles(file.table, charges[0]), 0.0)
    return np.where(np.isnan(told), 0.0, told) * MONTHS
