-- A video counts as dropped later than it was: GIFs go first, and yet no video waits for ever.
UPDATE jobs
SET state = 'running', attempt = attempt + 1, claimed_at = :now, heartbeat_at = :now, lease_until = :lease_until,
    stage = 'starting', stage_share = 0
WHERE id = (
    SELECT id FROM (
        SELECT * FROM (
            SELECT id, julianday(dropped_at) AS turn FROM jobs
            WHERE state = 'queued' AND kind = 'gif' AND not_before <= :now ORDER BY dropped_at, id LIMIT 1)
        UNION ALL
        SELECT * FROM (
            SELECT id, julianday(dropped_at) + :video_waits_s / 86400.0 AS turn FROM jobs
            WHERE state = 'queued' AND kind = 'video' AND not_before <= :now ORDER BY dropped_at, id LIMIT 1)
    ) ORDER BY turn, id LIMIT 1
)
