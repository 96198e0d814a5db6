-- How many clips in all; the reason beside max(newest) is the newest one.
SELECT coalesce(sum(clips), 0) AS clips, fallback, max(newest) AS newest
FROM (SELECT fallback, count(*) AS clips, max(finished_at) AS newest FROM clips INDEXED BY clips_fallback
    WHERE is_latest = 1 AND fallback IS NOT NULL GROUP BY fallback)
