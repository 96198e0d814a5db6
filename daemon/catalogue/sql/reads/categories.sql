SELECT category, count(*) FROM clips WHERE is_latest = 1 GROUP BY category
