-- Copies in quarantine of files that were dropped again since: the job's input is another file. '0' comes after '/'.
SELECT jobs.id AS job, files.path, files.size_bytes, files.mtime_ns
FROM files JOIN jobs ON jobs.hash = files.hash
WHERE files.path > :folder || '/' AND files.path < :folder || '0' AND files.path <> jobs.path
    AND jobs.state IN ('quarantined', 'gone') AND jobs.finished_at < :before
