SELECT job_id AS id, name, path, state, failures, error, coalesce(remedy, '') AS remedy, at FROM failures LIMIT :last
