-- The time that counts is the one of the file that lies at the path now, which may be another job's. A duplicate is kept
-- as long as its original: it takes that one's place if that is lost before its turn.
SELECT jobs.id AS job, jobs.path, jobs.size_bytes, files.mtime_ns
FROM jobs LEFT JOIN files ON files.path = jobs.path LEFT JOIN jobs AS original ON original.id = jobs.duplicate_of
WHERE jobs.state IN (SELECT value FROM json_each(:states)) AND jobs.finished_at < :before AND NOT jobs.expired
    AND (jobs.state <> 'duplicate' OR original.state = 'done' AND original.finished_at < :before)
