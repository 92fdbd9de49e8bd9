"""Link every return to the purchase it gives back, where there is one.

A return belongs to the latest earlier line of the same customer and product that sold at least as
many units, a line of the same unit price before any other. A purchased line takes back no more
units than it sold: returns beyond that, in order of time, stay unmatched. Where the source tells
no products, only a purchase of exactly the same price matches.

The link is stored with the return. A snapshot nets it only from the day of the return on.
"""

import ibis
import ibis.expr.types as ir

KEY = ("line_key", "line_no")


def linked(sales: ir.Table, returns: ir.Table) -> ir.Table:
    """Fill ``returns_order_id`` of the returns.

    Parameters
    ----------
    sales, returns : ir.Table
        Canonical transactions of one kind each, of whole customers: all lines of a customer
        must be there.

    Returns
    -------
    ir.Table
        The returns, same columns, the link set or null.
    """
    links = _within_sold(_nearest(_candidates(sales, returns)))
    rest = returns.drop("returns_order_id")
    joined = rest.left_join(links, [rest[key] == links[f"return_{key}"] for key in KEY])
    return joined.select(*[joined[name] for name in returns.columns])


def _candidates(sales: ir.Table, returns: ir.Table) -> ir.Table:
    back = returns.filter(returns.customer_id.notnull()).select(
        return_line_key="line_key",
        return_line_no="line_no",
        customer_id="customer_id",
        product="product_id",
        price="unit_price",
        units=lambda t: -t.quantity,
        returned_at="ordered_at",
    )
    back = back.mutate(product=back["product"].fill_null(""))
    sold = sales.select(
        sale_line_key="line_key",
        sale_line_no="line_no",
        sale_order_id="order_id",
        sale_customer_id="customer_id",
        sale_product=sales.product_id.fill_null(""),
        sale_price="unit_price",
        sold="quantity",
        sold_at="ordered_at",
    )
    return back.join(
        sold,
        [
            back.customer_id == sold.sale_customer_id,
            back["product"] == sold.sale_product,
            sold.sold_at <= back.returned_at,
            sold.sold >= back.units,
            (back["product"] != "") | (sold.sale_price == back.price),
        ],
    )


def _nearest(pairs: ir.Table) -> ir.Table:
    best = ibis.row_number().over(
        group_by=["return_line_key", "return_line_no"],
        order_by=[
            (pairs.sale_price == pairs.price).desc(),
            pairs.sold_at.desc(),
            pairs.sale_order_id.desc(),
            pairs.sale_line_key,
            pairs.sale_line_no,
        ],
    )
    return pairs.mutate(place=best).filter(lambda t: t.place == 0).drop("place")


def _within_sold(pairs: ir.Table) -> ir.Table:
    taken = pairs.units.sum().over(
        ibis.cumulative_window(
            group_by=["sale_line_key", "sale_line_no"],
            order_by=[pairs.returned_at, pairs.return_line_key, pairs.return_line_no],
        )
    )
    kept = pairs.mutate(taken=taken).filter(lambda t: t.taken <= t.sold)
    return kept.select("return_line_key", "return_line_no", returns_order_id="sale_order_id")
