SELECT count(*) AS clips,
    (SELECT fallback FROM clips WHERE is_latest AND fallback IS NOT NULL ORDER BY finished_at DESC LIMIT 1) AS fallback
FROM clips WHERE is_latest AND fallback IS NOT NULL
