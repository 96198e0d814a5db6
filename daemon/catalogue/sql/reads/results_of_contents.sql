-- The published results of the jobs of these contents that are done.
SELECT jobs.hash, outputs.path
FROM jobs JOIN clips ON clips.job_id = jobs.id AND is_latest = 1 JOIN outputs ON clip_id = clips.id
WHERE jobs.hash IN (SELECT value FROM json_each(:hashes)) AND jobs.state = 'done' AND outputs.kind = 'output'
