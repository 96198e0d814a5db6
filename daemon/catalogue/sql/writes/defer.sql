UPDATE jobs
SET state = CASE state WHEN 'publishing' THEN state ELSE 'queued' END, failures = failures + :counts,
    out_of_memory = out_of_memory + :memory, not_before = :not_before, error_kind = :error_kind, error = :error, remedy = :remedy,
    stage = NULL, stage_share = NULL, lease_until = NULL
WHERE id = :id AND attempt = :attempt AND state IN ('running', 'publishing')
