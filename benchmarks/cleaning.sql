-- What a person would write in DuckDB to clean a file of the UCI layout into the same tables, its
-- placeholders filled by cleaning.py: typed, judged by the first rule that fits, equal lines
-- numbered, returns linked to the last purchase of the product, all counted and written in buckets.
-- It decides no format, counts no record twice and knows this one layout.
SET TimeZone = 'UTC';

CREATE TEMP TABLE cleaned AS
WITH raw AS (
  SELECT row_number() OVER () AS source_row, * FROM read_csv('{source}', all_varchar = true, header = true)
), typed AS (
  SELECT
    source_row,
    struct_pack(InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country) AS line,
    nullif(trim(regexp_replace(CustomerID, '\.0+$', '')), '') AS customer_id,
    nullif(trim(InvoiceNo), '') AS order_id,
    nullif(trim(StockCode), '') AS product_id,
    nullif(trim(Description), '') AS description,
    try_cast(Quantity AS DECIMAL(18, 4)) AS quantity,
    try_cast(UnitPrice AS DECIMAL(18, 4)) AS unit_price,
    coalesce(
      try_cast(InvoiceDate AS TIMESTAMP),
      try_strptime(InvoiceDate, ['%d/%m/%Y %H:%M', '%d/%m/%Y %H:%M:%S'])
    ) AS ordered_local,
    trim(Country) AS written_country
  FROM raw
), priced AS (
  SELECT
    *,
    try_cast(typed.quantity * typed.unit_price AS DECIMAL(18, 4)) AS amount,
    CASE
      WHEN upper(coalesce(product_id, description)) IN (
        'POST', 'DOT', 'M', 'D', 'S', 'B', 'BANK CHARGES', 'AMAZONFEE', 'CRUK', 'C2', 'C3', 'PADS', 'MANUAL',
        'POSTAGE', 'CARRIAGE', 'GIFT', 'ADJUST', 'DISCOUNT'
      ) THEN 'fee'
      WHEN typed.quantity * typed.unit_price < 0 THEN 'return'
      ELSE 'sale'
    END AS kind,
    starts_with(upper(order_id), 'C') AS is_cancellation,
    CASE
      WHEN lower(written_country) IN ('unspecified', 'european community', 'unknown', 'n/a', 'na', 'none', '') THEN NULL
      WHEN upper(written_country) = 'EIRE' THEN 'EIRE'
      ELSE regexp_replace(upper(written_country[1]) || lower(written_country[2:]), ' +kingdom', ' Kingdom')
    END AS country
  FROM typed
), judged AS (
  SELECT
    *,
    CASE
      WHEN ordered_local IS NULL THEN 'unreadable_date'
      WHEN year(ordered_local) >= 9999 OR ordered_local::DATE IN (
        DATE '1899-12-30', DATE '1900-01-01', DATE '1970-01-01', DATE '1980-01-01'
      ) THEN 'placeholder_date'
      WHEN ordered_local > now()::TIMESTAMP THEN 'future_date'
      WHEN quantity IS NULL OR unit_price IS NULL OR amount IS NULL THEN 'unreadable_number'
      WHEN kind <> 'fee' AND unit_price = 0 THEN 'zero_price'
      WHEN kind <> 'fee' AND unit_price < 0 THEN 'negative_price'
      WHEN kind <> 'fee' AND quantity = 0 THEN 'zero_quantity'
      WHEN kind <> 'fee' AND quantity < 0 AND NOT is_cancellation THEN 'stray_negative'
      WHEN kind <> 'fee' AND is_cancellation AND amount > 0 THEN 'positive_cancellation'
    END AS verdict,
    md5(concat_ws(
      chr(31), coalesce(customer_id, ''), order_id, product_id, description, written_country, ordered_local,
      quantity, unit_price, amount
    )) AS line_key
  FROM priced
)
SELECT
  source_row, customer_id, order_id, product_id, description, quantity, unit_price, amount,
  NULL::DECIMAL(18, 4) AS cost, 'GBP' AS currency,
  timezone('UTC', timezone('Europe/London', ordered_local)) AS ordered_at, ordered_local, kind,
  NULL::VARCHAR AS returns_order_id, country, NULL::VARCHAR AS channel, NULL::VARCHAR AS service,
  NULL::VARCHAR AS category, now()::TIMESTAMP AS taken_in, line_key,
  md5(coalesce(customer_id, order_id, line_key))[1] AS part_bucket, verdict,
  CASE WHEN verdict IS NOT NULL THEN to_json(line) END AS line
FROM judged;

CREATE TEMP TABLE repeats AS
SELECT source_row, row_number() OVER (PARTITION BY line_key ORDER BY source_row) - 1 AS line_no
FROM cleaned
WHERE hash(line_key) IN (SELECT hash(line_key) FROM cleaned GROUP BY 1 HAVING count(*) > 1);

CREATE TEMP VIEW numbered AS
SELECT cleaned.*, coalesce(line_no, 0) AS line_no FROM cleaned LEFT JOIN repeats USING (source_row);

SELECT kind, verdict, count(*), count(DISTINCT customer_id), sum(amount), sum(abs(amount)) FROM numbered GROUP BY ALL;

COPY (
  SELECT * EXCLUDE (source_row, verdict, line), kind AS part_kind FROM numbered WHERE verdict IS NULL AND kind <> 'return'
) TO '{folder}/transactions' (FORMAT parquet, PARTITION_BY (part_kind, part_bucket));

COPY (
  SELECT source_row, verdict AS rule, customer_id, ordered_local, amount, line, taken_in, line_key, line_no, part_bucket
  FROM numbered WHERE verdict IS NOT NULL
) TO '{folder}/quarantine' (FORMAT parquet, PARTITION_BY (part_bucket));

COPY (
  SELECT
    back.* EXCLUDE (source_row, verdict, line, returns_order_id), sold.order_id AS returns_order_id,
    back.kind AS part_kind
  FROM (FROM numbered WHERE verdict IS NULL AND kind = 'return') AS back
  ASOF LEFT JOIN (FROM cleaned WHERE verdict IS NULL AND kind = 'sale') AS sold
    ON back.customer_id = sold.customer_id
    AND back.product_id = sold.product_id
    AND back.ordered_at >= sold.ordered_at
) TO '{folder}/returns' (FORMAT parquet, PARTITION_BY (part_kind, part_bucket));
