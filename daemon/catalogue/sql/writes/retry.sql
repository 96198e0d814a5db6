UPDATE jobs
SET state = CASE WHEN state = 'publishing' THEN state ELSE 'queued' END,
    not_before = :now, failures = 0, out_of_memory = 0, error = NULL, error_kind = NULL, remedy = NULL, stage = NULL, stage_share = NULL
WHERE (id IN (SELECT value FROM json_each(:ids))
        AND (state IN ('done', 'quarantined', 'gone')
            OR state IN ('queued', 'publishing') AND error IS NOT NULL))
    OR (:failed AND (state = 'quarantined' OR state IN ('queued', 'publishing') AND error IS NOT NULL))
    OR (:fallback AND state = 'done'
        AND id IN (SELECT job_id FROM clips WHERE is_latest = 1 AND fallback IS NOT NULL))
RETURNING id
