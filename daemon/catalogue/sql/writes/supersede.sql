UPDATE clips SET is_latest = 0 WHERE job_id = ? AND is_latest = 1 RETURNING substr(finished_at, 1, 10), category
