-- One row a clip as it is now: its measures, its scores, and the drop it came from.
SELECT latest.*, jobs.kind, jobs.dropped_path FROM latest JOIN jobs ON jobs.id = latest.job_id ORDER BY latest.id
