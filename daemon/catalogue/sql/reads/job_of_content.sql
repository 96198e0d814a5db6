SELECT jobs.id, jobs.state, jobs.path, jobs.category_overruled,
    (SELECT category FROM clips WHERE job_id = jobs.id AND is_latest ORDER BY number LIMIT 1) AS category
FROM jobs
WHERE hash = ? AND state NOT IN ('duplicate', 'superseded')
ORDER BY state = 'gone', jobs.id LIMIT 1
