"""Objection to profiling (LGPD art. 18, § 2): counted in totals, never scored or listed."""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.features import FEATURES

STARTS = ("first_product", "first_channel", "order_months")
PLAIN = ("customer_id", "attributes", *STARTS, *(feature.name for feature in FEATURES))
"""What is known of a customer without a judgement of ours."""


def hide_profiles(tables: Mapping[str, pa.Table], objectors: pa.Array) -> dict[str, pa.Table]:
    """Return the tables of a run that hold judgements, without those on some customers.

    They stay among the customers with what they bought, and are no rows of the programme.

    Examples
    --------
    >>> customers = pa.table({"customer_id": ["1", "2"], "segment": [3, 4]})
    >>> members = pa.table({"customer_id": ["1"]})
    >>> tables = {"customers": customers, "programme_members": members}
    >>> hidden = hide_profiles(tables, pa.array(["1"]))
    >>> hidden["customers"]["segment"].to_pylist(), len(hidden["programme_members"])
    ([None, 4], 0)
    """
    if not len(objectors):
        return {}
    customers, members = tables["customers"], tables["programme_members"]
    objects = pc.is_in(customers["customer_id"], value_set=objectors)
    for index, field in enumerate(customers.schema):
        if field.name not in PLAIN:
            nothing = pa.scalar(None, field.type)
            values = pc.if_else(objects, nothing, customers[field.name])
            customers = customers.set_column(index, field.name, values)
    listed = pc.invert(pc.is_in(members["customer_id"], value_set=objectors))
    return {"customers": customers, "programme_members": members.filter(listed)}
