UPDATE jobs
SET state = :outcome, path = :path, finished_at = :now, outcome = NULL, reports = NULL,
    stage = NULL, stage_share = NULL, lease_until = NULL,
    error = iif(:outcome = 'done', NULL, error),
    error_kind = iif(:outcome = 'done', NULL, error_kind),
    remedy = iif(:outcome = 'done', NULL, remedy)
WHERE id = :id
