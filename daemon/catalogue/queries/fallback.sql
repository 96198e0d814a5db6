SELECT count(*) AS clips,
    (SELECT fallback FROM clips INDEXED BY clips_fallback WHERE is_latest = 1 AND fallback IS NOT NULL
        ORDER BY finished_at DESC LIMIT 1) AS fallback
FROM clips INDEXED BY clips_fallback WHERE is_latest = 1 AND fallback IS NOT NULL
