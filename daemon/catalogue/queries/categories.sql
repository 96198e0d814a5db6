SELECT category, count(*) FROM clips WHERE is_latest GROUP BY category
