-- The features of the catalogue by hand, over the view "lines", as of getvariable('as_of').
WITH sale AS (
    SELECT customer_id, order_id, product_id, quantity, amount, ordered_local,
           country, channel, service, category
    FROM lines
    WHERE kind = 'sale' AND customer_id IS NOT NULL
      AND CAST(ordered_local AS DATE) <= getvariable('as_of')
),
adjustment AS (
    SELECT customer_id, order_id, quantity, amount, kind, returns_order_id,
           getvariable('as_of') - CAST(ordered_local AS DATE) AS age
    FROM lines
    WHERE kind <> 'sale' AND customer_id IS NOT NULL
      AND CAST(ordered_local AS DATE) <= getvariable('as_of')
),
given_back AS (
    SELECT customer_id, returns_order_id AS order_id, -sum(amount) AS returned
    FROM adjustment GROUP BY ALL
),
placed AS (
    SELECT customer_id, order_id, min(ordered_local) AS first_at, sum(amount) AS amount,
           sum(quantity) AS units, count(*) AS lines
    FROM sale GROUP BY ALL
),
orders AS (
    SELECT customer_id, amount, units, lines, returned, CAST(first_at AS DATE) AS day,
           isodow(first_at) AS weekday, hour(first_at) AS hour,
           getvariable('as_of') - CAST(first_at AS DATE) AS age,
           CAST(first_at AS DATE) - lag(CAST(first_at AS DATE))
               OVER (PARTITION BY customer_id ORDER BY first_at) AS gap
    FROM placed LEFT JOIN given_back USING (customer_id, order_id)
),
by_orders AS (
    SELECT customer_id, count(*) AS orders, sum(amount) AS gross,
           min(day) AS first_order_date, max(day) AS last_order_date,
           max(age) AS tenure_days, min(age) AS days_since_last,
           count(*) FILTER (gap > 0) AS gaps, stddev_samp(gap) FILTER (gap > 0) AS gap_days_std,
           min(gap) FILTER (gap > 0) AS gap_days_min, max(gap) AS gap_days_max,
           max(amount) AS largest, stddev_samp(amount) AS order_amount_std,
           sum(lines) AS lines, sum(units) AS units,
           count(*) FILTER (returned >= amount) AS cancelled_orders,
           count(*) FILTER (age < 30) AS orders_30d, count(*) FILTER (age < 90) AS orders_90d,
           count(*) FILTER (age < 365) AS orders_365d,
           sum(amount) FILTER (age < 30) AS gross_30d, sum(amount) FILTER (age < 90) AS gross_90d,
           sum(amount) FILTER (age < 365) AS gross_365d,
           sum(amount) FILTER (age BETWEEN 30 AND 59) AS before_30d,
           sum(amount) FILTER (age BETWEEN 90 AND 179) AS before_90d,
           count(*) FILTER (weekday = 1) AS mon, count(*) FILTER (weekday = 2) AS tue,
           count(*) FILTER (weekday = 3) AS wed, count(*) FILTER (weekday = 4) AS thu,
           count(*) FILTER (weekday = 5) AS fri, count(*) FILTER (weekday = 6) AS sat,
           count(*) FILTER (weekday = 7) AS sun,
           count(*) FILTER (hour < 6) AS night, count(*) FILTER (hour BETWEEN 6 AND 11) AS morning,
           count(*) FILTER (hour BETWEEN 12 AND 17) AS afternoon,
           count(*) FILTER (hour >= 18) AS evening
    FROM orders GROUP BY ALL
),
once AS (
    SELECT customer_id, product_id, order_id, sum(amount) AS amount, min(ordered_local) AS first_at
    FROM sale GROUP BY ALL
),
products AS (
    SELECT customer_id, product_id, sum(amount) AS amount, count(*) AS orders,
           min(first_at) AS first_at
    FROM once WHERE product_id IS NOT NULL GROUP BY ALL
),
by_products AS (
    SELECT customer_id, count(*) AS products, sum(orders) AS order_products, max(amount) AS top,
           count(*) FILTER (orders > 1) AS repeated,
           count(*) FILTER (getvariable('as_of') - CAST(first_at AS DATE) < 90) AS new_products
    FROM products GROUP BY ALL
),
by_adjustments AS (
    SELECT customer_id, -sum(amount) FILTER (kind = 'return') AS returned,
           sum(amount) FILTER (kind = 'fee') AS fees,
           -sum(quantity) FILTER (kind = 'return') AS returned_units,
           count(DISTINCT order_id) FILTER (kind = 'return') AS return_orders,
           -sum(amount) FILTER (kind = 'return' AND returns_order_id IS NULL) AS unmatched,
           min(age) FILTER (kind = 'return') AS days_since_last_return,
           -sum(amount) FILTER (kind = 'return' AND age < 30) AS returned_30d,
           -sum(amount) FILTER (kind = 'return' AND age < 90) AS returned_90d,
           -sum(amount) FILTER (kind = 'return' AND age < 365) AS returned_365d
    FROM adjustment GROUP BY ALL
),
by_service AS (
    SELECT customer_id, count(*) AS n, first(name ORDER BY gross DESC, name) AS top,
           max(gross) AS gross
    FROM (SELECT customer_id, service AS name, sum(amount) AS gross FROM sale GROUP BY ALL)
    WHERE name IS NOT NULL
    GROUP BY ALL
),
by_channel AS (
    SELECT customer_id, count(*) AS n, first(name ORDER BY gross DESC, name) AS top,
           max(gross) AS gross
    FROM (SELECT customer_id, channel AS name, sum(amount) AS gross FROM sale GROUP BY ALL)
    WHERE name IS NOT NULL
    GROUP BY ALL
),
by_category AS (
    SELECT customer_id, count(*) AS n, first(name ORDER BY gross DESC, name) AS top,
           max(gross) AS gross
    FROM (SELECT customer_id, category AS name, sum(amount) AS gross FROM sale GROUP BY ALL)
    WHERE name IS NOT NULL
    GROUP BY ALL
),
by_country AS (
    SELECT customer_id, first(name ORDER BY gross DESC, name) AS top
    FROM (SELECT customer_id, country AS name, sum(amount) AS gross FROM sale GROUP BY ALL)
    WHERE name IS NOT NULL
    GROUP BY ALL
),
customer AS (
    SELECT o.*, a.* EXCLUDE (customer_id), p.* EXCLUDE (customer_id),
           CAST(o.gross AS DOUBLE) AS gross_revenue,
           (tenure_days - days_since_last) / nullif(gaps, 0) AS gap_days_mean,
           s.n AS services, s.top AS top_service, CAST(s.gross AS DOUBLE) AS service_gross,
           h.n AS channels, h.top AS top_channel, CAST(h.gross AS DOUBLE) AS channel_gross,
           g.n AS categories, g.top AS top_category, CAST(g.gross AS DOUBLE) AS category_gross,
           c.top AS country
    FROM by_orders AS o
    LEFT JOIN by_products AS p USING (customer_id)
    LEFT JOIN by_adjustments AS a USING (customer_id)
    LEFT JOIN by_service AS s USING (customer_id)
    LEFT JOIN by_channel AS h USING (customer_id)
    LEFT JOIN by_category AS g USING (customer_id)
    LEFT JOIN by_country AS c USING (customer_id)
)
SELECT
    customer_id,
    days_since_last,
    orders,
    CAST(gross - coalesce(returned, 0) AS DOUBLE) AS revenue,
    gross_revenue,
    CAST(coalesce(returned, 0) AS DOUBLE) AS returned_amount,
    CAST(coalesce(fees, 0) AS DOUBLE) AS fees_amount,
    first_order_date,
    last_order_date,
    tenure_days,
    gaps + 1 AS purchase_days,
    gap_days_mean,
    gap_days_std,
    gap_days_min,
    nullif(gap_days_max, 0) AS gap_days_max,
    gap_days_mean / (gap_days_mean + gap_days_std) AS gap_regularity,
    days_since_last / gap_days_mean AS last_gap_ratio,
    gross_revenue / orders AS average_order_value,
    CAST(largest AS DOUBLE) AS largest_order_amount,
    order_amount_std,
    gross_revenue / nullif(CAST(units AS DOUBLE), 0) AS average_unit_price,
    CAST(lines AS BIGINT) AS lines,
    CAST(units AS DOUBLE) AS units,
    CAST(lines AS DOUBLE) / orders AS lines_per_order,
    CAST(units AS DOUBLE) / orders AS units_per_order,
    CAST(order_products AS DOUBLE) / orders AS products_per_order,
    products,
    CAST(top AS DOUBLE) / nullif(gross_revenue, 0) AS top_product_share,
    repeated / products AS repeat_product_share,
    new_products AS new_products_90d,
    CAST(coalesce(returned_units, 0) AS DOUBLE) AS returned_units,
    coalesce(return_orders, 0) AS return_orders,
    CAST(coalesce(returned, 0) AS DOUBLE) / nullif(gross_revenue, 0) AS returned_share,
    CAST(coalesce(unmatched, 0) AS DOUBLE) AS unmatched_returned_amount,
    cancelled_orders,
    days_since_last_return,
    orders_30d,
    CAST(coalesce(gross_30d, 0) - coalesce(returned_30d, 0) AS DOUBLE) AS revenue_30d,
    orders_90d,
    CAST(coalesce(gross_90d, 0) - coalesce(returned_90d, 0) AS DOUBLE) AS revenue_90d,
    orders_365d,
    CAST(coalesce(gross_365d, 0) - coalesce(returned_365d, 0) AS DOUBLE) AS revenue_365d,
    CAST(coalesce(gross_30d, 0) - coalesce(before_30d, 0) AS DOUBLE)
        / nullif(CAST(coalesce(gross_30d, 0) + coalesce(before_30d, 0) AS DOUBLE), 0) AS trend_30d,
    CAST(coalesce(gross_90d, 0) - coalesce(before_90d, 0) AS DOUBLE)
        / nullif(CAST(coalesce(gross_90d, 0) + coalesce(before_90d, 0) AS DOUBLE), 0) AS trend_90d,
    mon / orders AS weekday_share_mon,
    tue / orders AS weekday_share_tue,
    wed / orders AS weekday_share_wed,
    thu / orders AS weekday_share_thu,
    fri / orders AS weekday_share_fri,
    sat / orders AS weekday_share_sat,
    sun / orders AS weekday_share_sun,
    night / orders AS hour_share_night,
    morning / orders AS hour_share_morning,
    afternoon / orders AS hour_share_afternoon,
    evening / orders AS hour_share_evening,
    services, top_service, service_gross / nullif(gross_revenue, 0) AS top_service_share,
    channels, top_channel, channel_gross / nullif(gross_revenue, 0) AS top_channel_share,
    categories, top_category, category_gross / nullif(gross_revenue, 0) AS top_category_share,
    country,
    CAST(NULL AS DOUBLE) AS age_years,
    CAST(NULL AS VARCHAR) AS gender,
    CAST(NULL AS VARCHAR) AS region,
    CAST(NULL AS BIGINT) AS signup_days
FROM customer
