WITH "t2" AS (
  SELECT
    "t1"."customer_id",
    "t1"."order_id",
    "t1"."quantity",
    "t1"."amount",
    "t1"."kind",
    "t1"."returns_order_id",
    DATE_DIFF('DAY', CAST("t1"."ordered_local" AS DATE), MAKE_DATE(9999, 12, 31)) AS "age_days"
  FROM "transactions" AS "t1"
  WHERE
    "t1"."customer_id" IS NOT NULL
    AND CAST("t1"."ordered_local" AS DATE) <= MAKE_DATE(9999, 12, 31)
    AND "t1"."kind" <> 'sale'
), "t3" AS (
  SELECT
    "t1"."customer_id",
    "t1"."order_id",
    "t1"."product_id",
    "t1"."quantity",
    "t1"."amount",
    "t1"."ordered_local",
    "t1"."country",
    "t1"."channel",
    "t1"."service",
    "t1"."category"
  FROM "transactions" AS "t1"
  WHERE
    "t1"."customer_id" IS NOT NULL
    AND CAST("t1"."ordered_local" AS DATE) <= MAKE_DATE(9999, 12, 31)
    AND "t1"."kind" = 'sale'
)
SELECT
  "t37"."customer_id",
  "t37"."days_since_last",
  "t37"."orders",
  CAST("t37"."gross" - COALESCE("t23"."returned", 0) AS DOUBLE) AS "revenue",
  CAST("t37"."gross" AS DOUBLE) AS "gross_revenue",
  CAST(COALESCE("t23"."returned", 0) AS DOUBLE) AS "returned_amount",
  CAST(COALESCE("t23"."fees", 0) AS DOUBLE) AS "fees_amount",
  "t37"."first_order_date",
  "t37"."last_order_date",
  "t37"."tenure_days",
  "t37"."gaps" + 1 AS "purchase_days",
  CAST("t37"."tenure_days" - "t37"."days_since_last" AS DOUBLE) / CAST(NULLIF("t37"."gaps", 0) AS DOUBLE) AS "gap_days_mean",
  SQRT(
    GREATEST(
      CAST("t37"."gap_squares" AS DOUBLE) - (
        (
          CAST("t37"."tenure_days" - "t37"."days_since_last" AS DOUBLE) * CAST("t37"."tenure_days" - "t37"."days_since_last" AS DOUBLE)
        ) / CAST(NULLIF("t37"."gaps", 0) AS DOUBLE)
      ),
      CAST(0 AS DOUBLE)
    ) / CAST(NULLIF(NULLIF("t37"."gaps" - 1, -1), 0) AS DOUBLE)
  ) AS "gap_days_std",
  "t37"."gap_days_min",
  "t37"."gap_days_max",
  (
    CAST("t37"."tenure_days" - "t37"."days_since_last" AS DOUBLE) / CAST(NULLIF("t37"."gaps", 0) AS DOUBLE)
  ) / (
    (
      CAST("t37"."tenure_days" - "t37"."days_since_last" AS DOUBLE) / CAST(NULLIF("t37"."gaps", 0) AS DOUBLE)
    ) + SQRT(
      GREATEST(
        CAST("t37"."gap_squares" AS DOUBLE) - (
          (
            CAST("t37"."tenure_days" - "t37"."days_since_last" AS DOUBLE) * CAST("t37"."tenure_days" - "t37"."days_since_last" AS DOUBLE)
          ) / CAST(NULLIF("t37"."gaps", 0) AS DOUBLE)
        ),
        CAST(0 AS DOUBLE)
      ) / CAST(NULLIF(NULLIF("t37"."gaps" - 1, -1), 0) AS DOUBLE)
    )
  ) AS "gap_regularity",
  CAST("t37"."days_since_last" AS DOUBLE) / (
    CAST("t37"."tenure_days" - "t37"."days_since_last" AS DOUBLE) / CAST(NULLIF("t37"."gaps", 0) AS DOUBLE)
  ) AS "last_gap_ratio",
  CAST("t37"."gross" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "average_order_value",
  CAST("t37"."largest_order" AS DOUBLE) AS "largest_order_amount",
  SQRT(
    GREATEST(
      CAST("t37"."above_least_squares" AS DOUBLE) - (
        (
          CAST("t37"."above_least" AS DOUBLE) * CAST("t37"."above_least" AS DOUBLE)
        ) / CAST(NULLIF("t37"."orders", 0) AS DOUBLE)
      ),
      CAST(0 AS DOUBLE)
    ) / CAST(NULLIF(NULLIF("t37"."orders" - 1, -1), 0) AS DOUBLE)
  ) AS "order_amount_std",
  CAST("t37"."gross" AS DOUBLE) / CAST(NULLIF("t37"."units", 0) AS DOUBLE) AS "average_unit_price",
  CAST(CAST("t37"."lines" AS DECIMAL(38, 0)) AS BIGINT) AS "lines",
  CAST("t37"."units" AS DOUBLE) AS "units",
  CAST("t37"."lines" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "lines_per_order",
  CAST("t37"."units" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "units_per_order",
  CAST("t36"."order_products" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "products_per_order",
  "t36"."products",
  CAST("t36"."top_product" AS DOUBLE) / CAST(NULLIF("t37"."gross", 0) AS DOUBLE) AS "top_product_share",
  CAST("t36"."repeat_products" AS DOUBLE) / CAST(NULLIF("t36"."products", 0) AS DOUBLE) AS "repeat_product_share",
  "t36"."new_products" AS "new_products_90d",
  CAST(COALESCE("t23"."returned_units", 0) AS DOUBLE) AS "returned_units",
  COALESCE("t23"."return_orders", 0) AS "return_orders",
  CAST(COALESCE("t23"."returned", 0) AS DOUBLE) / CAST(NULLIF("t37"."gross", 0) AS DOUBLE) AS "returned_share",
  CAST(COALESCE("t23"."unmatched_returned", 0) AS DOUBLE) AS "unmatched_returned_amount",
  "t37"."cancelled_orders",
  "t23"."days_since_last_return",
  "t37"."orders_30d",
  CAST(COALESCE("t37"."gross_30d", 0) - COALESCE("t23"."returned_30d", 0) AS DOUBLE) AS "revenue_30d",
  "t37"."orders_90d",
  CAST(COALESCE("t37"."gross_90d", 0) - COALESCE("t23"."returned_90d", 0) AS DOUBLE) AS "revenue_90d",
  "t37"."orders_365d",
  CAST(COALESCE("t37"."gross_365d", 0) - COALESCE("t23"."returned_365d", 0) AS DOUBLE) AS "revenue_365d",
  CAST(COALESCE("t37"."gross_30d", 0) - COALESCE("t37"."gross_30d_before", 0) AS DOUBLE) / CAST(NULLIF(COALESCE("t37"."gross_30d", 0) + COALESCE("t37"."gross_30d_before", 0), 0) AS DOUBLE) AS "trend_30d",
  CAST(COALESCE("t37"."gross_90d", 0) - COALESCE("t37"."gross_90d_before", 0) AS DOUBLE) / CAST(NULLIF(COALESCE("t37"."gross_90d", 0) + COALESCE("t37"."gross_90d_before", 0), 0) AS DOUBLE) AS "trend_90d",
  CAST("t37"."mon" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "weekday_share_mon",
  CAST("t37"."tue" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "weekday_share_tue",
  CAST("t37"."wed" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "weekday_share_wed",
  CAST("t37"."thu" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "weekday_share_thu",
  CAST("t37"."fri" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "weekday_share_fri",
  CAST("t37"."sat" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "weekday_share_sat",
  CAST("t37"."sun" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "weekday_share_sun",
  CAST("t37"."night" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "hour_share_night",
  CAST("t37"."morning" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "hour_share_morning",
  CAST("t37"."afternoon" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "hour_share_afternoon",
  CAST("t37"."evening" AS DOUBLE) / CAST("t37"."orders" AS DOUBLE) AS "hour_share_evening",
  "t30"."service_count" AS "services",
  "t30"."service_top"."name" AS "top_service",
  CAST(-(
    "t30"."service_top"."below"
  ) AS DOUBLE) / CAST(NULLIF("t37"."gross", 0) AS DOUBLE) AS "top_service_share",
  "t31"."channel_count" AS "channels",
  "t31"."channel_top"."name" AS "top_channel",
  CAST(-(
    "t31"."channel_top"."below"
  ) AS DOUBLE) / CAST(NULLIF("t37"."gross", 0) AS DOUBLE) AS "top_channel_share",
  "t32"."category_count" AS "categories",
  "t32"."category_top"."name" AS "top_category",
  CAST(-(
    "t32"."category_top"."below"
  ) AS DOUBLE) / CAST(NULLIF("t37"."gross", 0) AS DOUBLE) AS "top_category_share",
  "t33"."country_top"."name" AS "country",
  "t7"."age_years",
  "t7"."gender",
  "t7"."region",
  "t7"."signup_days"
FROM (
  SELECT
    "t25"."customer_id",
    COUNT(*) AS "orders",
    SUM("t25"."amount") AS "gross",
    MIN("t25"."day") AS "first_order_date",
    MAX("t25"."day") AS "last_order_date",
    MAX("t25"."age_days") AS "tenure_days",
    MIN("t25"."age_days") AS "days_since_last",
    COUNT(*) FILTER(WHERE
      COALESCE("t25"."gap_days" > 0, FALSE)) AS "gaps",
    SUM("t25"."gap_days" * "t25"."gap_days") FILTER(WHERE
      COALESCE("t25"."gap_days" > 0, FALSE)) AS "gap_squares",
    MIN("t25"."gap_days") FILTER(WHERE
      COALESCE("t25"."gap_days" > 0, FALSE)) AS "gap_days_min",
    MAX("t25"."gap_days") FILTER(WHERE
      COALESCE("t25"."gap_days" > 0, FALSE)) AS "gap_days_max",
    MAX("t25"."amount") AS "largest_order",
    SUM("t25"."above_least") AS "above_least",
    SUM("t25"."above_least" * CAST("t25"."above_least" AS DECIMAL(19, 4))) AS "above_least_squares",
    SUM("t25"."lines") AS "lines",
    SUM("t25"."units") AS "units",
    COUNT(*) FILTER(WHERE
      "t25"."cancelled") AS "cancelled_orders",
    COUNT(*) FILTER(WHERE
      "t25"."age_days" < 30) AS "orders_30d",
    COUNT(*) FILTER(WHERE
      "t25"."age_days" < 90) AS "orders_90d",
    COUNT(*) FILTER(WHERE
      "t25"."age_days" < 365) AS "orders_365d",
    SUM("t25"."amount") FILTER(WHERE
      "t25"."age_days" < 30) AS "gross_30d",
    SUM("t25"."amount") FILTER(WHERE
      "t25"."age_days" < 90) AS "gross_90d",
    SUM("t25"."amount") FILTER(WHERE
      "t25"."age_days" < 365) AS "gross_365d",
    SUM("t25"."amount") FILTER(WHERE
      (
        "t25"."age_days" >= 30
      ) AND (
        "t25"."age_days" < 60
      )) AS "gross_30d_before",
    SUM("t25"."amount") FILTER(WHERE
      (
        "t25"."age_days" >= 90
      ) AND (
        "t25"."age_days" < 180
      )) AS "gross_90d_before",
    COUNT(*) FILTER(WHERE
      "t25"."weekday" = 0) AS "mon",
    COUNT(*) FILTER(WHERE
      "t25"."weekday" = 1) AS "tue",
    COUNT(*) FILTER(WHERE
      "t25"."weekday" = 2) AS "wed",
    COUNT(*) FILTER(WHERE
      "t25"."weekday" = 3) AS "thu",
    COUNT(*) FILTER(WHERE
      "t25"."weekday" = 4) AS "fri",
    COUNT(*) FILTER(WHERE
      "t25"."weekday" = 5) AS "sat",
    COUNT(*) FILTER(WHERE
      "t25"."weekday" = 6) AS "sun",
    COUNT(*) FILTER(WHERE
      "t25"."hour" BETWEEN 0 AND 5) AS "night",
    COUNT(*) FILTER(WHERE
      "t25"."hour" BETWEEN 6 AND 11) AS "morning",
    COUNT(*) FILTER(WHERE
      "t25"."hour" BETWEEN 12 AND 17) AS "afternoon",
    COUNT(*) FILTER(WHERE
      "t25"."hour" BETWEEN 18 AND 23) AS "evening"
  FROM (
    SELECT
      "t15"."customer_id",
      "t15"."amount",
      "t15"."units",
      "t15"."lines",
      COALESCE("t16"."returned" >= "t15"."amount", FALSE) AS "cancelled",
      CAST("t15"."first_at" AS DATE) AS "day",
      (
        DAYOFWEEK(CAST("t15"."first_at" AS DATE)) + 6
      ) % 7 AS "weekday",
      EXTRACT(hour FROM "t15"."first_at") AS "hour",
      DATE_DIFF('DAY', CAST("t15"."first_at" AS DATE), MAKE_DATE(9999, 12, 31)) AS "age_days",
      DATE_DIFF(
        'DAY',
        LAG(CAST("t15"."first_at" AS DATE)) OVER (
          PARTITION BY "t15"."customer_id"
          ORDER BY "t15"."first_at" ASC
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ),
        CAST("t15"."first_at" AS DATE)
      ) AS "gap_days",
      CAST("t15"."amount" - MIN("t15"."amount") OVER (
        PARTITION BY "t15"."customer_id"
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) AS DECIMAL(18, 4)) AS "above_least"
    FROM (
      SELECT
        "t5"."customer_id",
        "t5"."order_id",
        MIN("t5"."ordered_local") AS "first_at",
        SUM("t5"."amount") AS "amount",
        SUM("t5"."quantity") AS "units",
        COUNT(*) AS "lines"
      FROM "t3" AS "t5"
      GROUP BY
        1,
        2
    ) AS "t15"
    LEFT OUTER JOIN (
      SELECT
        "t4"."customer_id",
        "t4"."returns_order_id" AS "order_id",
        -(
          SUM("t4"."amount")
        ) AS "returned"
      FROM "t2" AS "t4"
      GROUP BY
        1,
        2
    ) AS "t16"
      ON "t15"."customer_id" = "t16"."customer_id" AND "t15"."order_id" = "t16"."order_id"
  ) AS "t25"
  GROUP BY
    1
) AS "t37"
LEFT OUTER JOIN (
  SELECT
    "t24"."customer_id",
    SUM("t24"."orders") AS "order_products",
    COUNT(*) AS "products",
    MAX("t24"."amount") AS "top_product",
    COUNT(*) FILTER(WHERE
      "t24"."orders" > 1) AS "repeat_products",
    COUNT(*) FILTER(WHERE
      DATE_DIFF('DAY', CAST("t24"."first_at" AS DATE), MAKE_DATE(9999, 12, 31)) < 90) AS "new_products"
  FROM (
    SELECT
      "t22"."customer_id",
      "t22"."product_id",
      SUM("t22"."amount") AS "amount",
      COUNT(*) AS "orders",
      MIN("t22"."first_at") AS "first_at"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t5"."customer_id",
          "t5"."product_id",
          "t5"."order_id",
          SUM("t5"."amount") AS "amount",
          MIN("t5"."ordered_local") AS "first_at"
        FROM "t3" AS "t5"
        GROUP BY
          1,
          2,
          3
      ) AS "t12"
      WHERE
        "t12"."product_id" IS NOT NULL
    ) AS "t22"
    GROUP BY
      1,
      2
  ) AS "t24"
  GROUP BY
    1
) AS "t36"
  ON "t37"."customer_id" = "t36"."customer_id"
LEFT OUTER JOIN (
  SELECT
    "t4"."customer_id",
    -(
      SUM("t4"."amount") FILTER(WHERE
        "t4"."kind" = 'return')
    ) AS "returned",
    SUM("t4"."amount") FILTER(WHERE
      "t4"."kind" = 'fee') AS "fees",
    -(
      SUM("t4"."quantity") FILTER(WHERE
        "t4"."kind" = 'return')
    ) AS "returned_units",
    COUNT(DISTINCT "t4"."order_id") FILTER(WHERE
      "t4"."kind" = 'return') AS "return_orders",
    -(
      SUM("t4"."amount") FILTER(WHERE
        (
          "t4"."kind" = 'return'
        ) AND (
          "t4"."returns_order_id" IS NULL
        ))
    ) AS "unmatched_returned",
    MIN("t4"."age_days") FILTER(WHERE
      "t4"."kind" = 'return') AS "days_since_last_return",
    -(
      SUM("t4"."amount") FILTER(WHERE
        (
          "t4"."kind" = 'return'
        ) AND (
          "t4"."age_days" < 30
        ))
    ) AS "returned_30d",
    -(
      SUM("t4"."amount") FILTER(WHERE
        (
          "t4"."kind" = 'return'
        ) AND (
          "t4"."age_days" < 90
        ))
    ) AS "returned_90d",
    -(
      SUM("t4"."amount") FILTER(WHERE
        (
          "t4"."kind" = 'return'
        ) AND (
          "t4"."age_days" < 365
        ))
    ) AS "returned_365d"
  FROM "t2" AS "t4"
  GROUP BY
    1
) AS "t23"
  ON "t37"."customer_id" = "t23"."customer_id"
LEFT OUTER JOIN (
  SELECT
    "t18"."customer_id",
    COUNT(*) AS "service_count",
    MIN({'below': -(
      "t18"."gross"
    ), 'name': "t18"."name"}) AS "service_top"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t5"."customer_id",
        "t5"."service" AS "name",
        SUM("t5"."amount") AS "gross"
      FROM "t3" AS "t5"
      GROUP BY
        1,
        2
    ) AS "t8"
    WHERE
      "t8"."name" IS NOT NULL
  ) AS "t18"
  GROUP BY
    1
) AS "t30"
  ON "t37"."customer_id" = "t30"."customer_id"
LEFT OUTER JOIN (
  SELECT
    "t19"."customer_id",
    COUNT(*) AS "channel_count",
    MIN({'below': -(
      "t19"."gross"
    ), 'name': "t19"."name"}) AS "channel_top"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t5"."customer_id",
        "t5"."channel" AS "name",
        SUM("t5"."amount") AS "gross"
      FROM "t3" AS "t5"
      GROUP BY
        1,
        2
    ) AS "t9"
    WHERE
      "t9"."name" IS NOT NULL
  ) AS "t19"
  GROUP BY
    1
) AS "t31"
  ON "t37"."customer_id" = "t31"."customer_id"
LEFT OUTER JOIN (
  SELECT
    "t20"."customer_id",
    COUNT(*) AS "category_count",
    MIN({'below': -(
      "t20"."gross"
    ), 'name': "t20"."name"}) AS "category_top"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t5"."customer_id",
        "t5"."category" AS "name",
        SUM("t5"."amount") AS "gross"
      FROM "t3" AS "t5"
      GROUP BY
        1,
        2
    ) AS "t10"
    WHERE
      "t10"."name" IS NOT NULL
  ) AS "t20"
  GROUP BY
    1
) AS "t32"
  ON "t37"."customer_id" = "t32"."customer_id"
LEFT OUTER JOIN (
  SELECT
    "t21"."customer_id",
    COUNT(*) AS "country_count",
    MIN({'below': -(
      "t21"."gross"
    ), 'name': "t21"."name"}) AS "country_top"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t5"."customer_id",
        "t5"."country" AS "name",
        SUM("t5"."amount") AS "gross"
      FROM "t3" AS "t5"
      GROUP BY
        1,
        2
    ) AS "t11"
    WHERE
      "t11"."name" IS NOT NULL
  ) AS "t21"
  GROUP BY
    1
) AS "t33"
  ON "t37"."customer_id" = "t33"."customer_id"
LEFT OUTER JOIN (
  SELECT
    "t0"."customer_id",
    "t0"."gender",
    "t0"."region",
    CASE
      WHEN DATE_DIFF('DAY', "t0"."birth_date", MAKE_DATE(9999, 12, 31)) >= 0
      THEN CAST(DATE_DIFF('DAY', "t0"."birth_date", MAKE_DATE(9999, 12, 31)) AS DOUBLE) / 365.25
      ELSE CAST("t0"."age" AS DOUBLE)
    END AS "age_years",
    CASE
      WHEN DATE_DIFF('DAY', "t0"."signup_date", MAKE_DATE(9999, 12, 31)) >= 0
      THEN DATE_DIFF('DAY', "t0"."signup_date", MAKE_DATE(9999, 12, 31))
      ELSE CAST(NULL AS BIGINT)
    END AS "signup_days"
  FROM "customers" AS "t0"
  WHERE
    (
      "t0"."known_from" IS NULL
    )
    OR (
      "t0"."known_from" <= MAKE_DATE(9999, 12, 31)
    )
) AS "t7"
  ON "t37"."customer_id" = "t7"."customer_id"
