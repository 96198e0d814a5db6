SELECT category, count(*) AS clips, sum(frames) AS frames, sum(faces) AS faces, count(fallback) AS fallbacks,
    sum(seconds) AS seconds
FROM clips WHERE is_latest = 1 AND finished_at >= :since GROUP BY category ORDER BY category
