UPDATE jobs
SET state = 'queued', duplicate_of = NULL, finished_at = NULL, not_before = :now
WHERE id = (SELECT id FROM jobs WHERE hash = :hash AND duplicate_of = :of AND state = 'duplicate' ORDER BY id LIMIT 1)
RETURNING id
