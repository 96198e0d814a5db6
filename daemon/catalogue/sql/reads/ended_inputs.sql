-- The time that counts is the one of the file that lies at the path now, which may be another job's.
SELECT jobs.id AS job, jobs.path, jobs.size_bytes, files.mtime_ns
FROM jobs LEFT JOIN files ON files.path = jobs.path
WHERE state IN (SELECT value FROM json_each(:states)) AND finished_at < :before AND NOT expired
