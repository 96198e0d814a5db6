UPDATE jobs
SET state = 'publishing', outcome = :outcome, reports = :reports, not_before = :now,
    error_kind = :error_kind, error = :error, remedy = :remedy
WHERE id = :id AND attempt = :attempt AND state = 'running'
