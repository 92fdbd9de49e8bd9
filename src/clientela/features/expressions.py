"""Columns under their names, and the arithmetic that every engine does alike."""

import ibis
import ibis.expr.types as ir

Columns = dict[str, ir.Value]


def double(value: ir.NumericValue) -> ir.FloatingValue:
    """Turn a count or an exact sum of money into a double."""
    return value.cast("float64")


def to_int64(total: ir.NumericValue) -> ir.IntegerValue:
    """Bring a sum of integers back to 64 bits: DuckDB adds them up in 128."""
    return total.cast("decimal(38, 0)").cast("int64")


def ratio(part: ir.NumericValue, total: ir.NumericValue) -> ir.FloatingValue:
    """Divide as doubles; null where the total is 0, whatever the engine makes of x/0."""
    return double(part) / double(total.nullif(0))


def per_order(total: ir.NumericValue, customer: ir.Table) -> ir.FloatingValue:
    """Divide a customer's total by the orders, of which there is at least one."""
    return double(total) / double(customer.orders)


def deviation(
    squares: ir.NumericValue, total: ir.NumericValue, count: ir.IntegerValue
) -> ir.FloatingValue:
    """Return the sample standard deviation from exact sums; null below two values.

    Sums of integers and decimals do not depend on the order of rows, as running means do.
    """
    spread = double(squares) - double(total) * double(total) / double(count.nullif(0))
    not_below_zero = ibis.greatest(spread, double(ibis.literal(0)))
    return ratio(not_below_zero, (count - 1).nullif(-1)).sqrt()
