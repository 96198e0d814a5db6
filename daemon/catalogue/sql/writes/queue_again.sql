UPDATE jobs
SET state = 'queued', name = :name, path = :path, dropped_path = :path, mtime_ns = :mtime_ns,
    category_overruled = :category, not_before = :now, dropped_at = :now, failures = 0, out_of_memory = 0,
    error = NULL, error_kind = NULL, remedy = NULL, finished_at = NULL, stage = NULL, stage_share = NULL, expired = 0
WHERE id = :id
