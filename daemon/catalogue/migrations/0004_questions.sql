-- What people ask is answered along an index, whatever the number of clips.
CREATE INDEX clips_overruled ON clips (finished_at, is_latest, category, category_measured)
    WHERE is_latest = 1 AND category <> category_measured;
CREATE INDEX clips_confidence ON clips (confidence, is_latest) WHERE is_latest = 1;
CREATE INDEX jobs_failed ON jobs (coalesce(finished_at, claimed_at))
    WHERE error IS NOT NULL AND state IN ('queued', 'publishing', 'quarantined', 'gone');
DROP INDEX clips_fallback;
CREATE INDEX clips_fallback ON clips (fallback, finished_at, is_latest) WHERE is_latest = 1 AND fallback IS NOT NULL;
DROP INDEX clips_seconds;
CREATE INDEX clips_seconds ON clips (seconds, is_latest) WHERE is_latest = 1;

DROP VIEW failures;
CREATE VIEW failures AS
SELECT id AS job_id, name, path, state, failures, error_kind, error, remedy, coalesce(finished_at, claimed_at) AS at
FROM jobs INDEXED BY jobs_failed
WHERE error IS NOT NULL AND state IN ('queued', 'publishing', 'quarantined', 'gone')
ORDER BY coalesce(finished_at, claimed_at) DESC;

-- Scores against different references are never averaged together: the sums tell them apart.
DROP VIEW by_category;
DROP VIEW daily;
DROP TABLE totals;
CREATE TABLE totals (
    day TEXT NOT NULL,
    category TEXT NOT NULL,
    reference TEXT NOT NULL,         -- of the scores; 'none' where there are none
    clips INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    seconds REAL NOT NULL,
    fallbacks INTEGER NOT NULL,
    psnr_db_clips INTEGER NOT NULL,  -- clips that the sum is over; those too small for a score are not in it
    psnr_db_sum REAL NOT NULL,
    ssim_clips INTEGER NOT NULL,
    ssim_sum REAL NOT NULL,
    gmsd_clips INTEGER NOT NULL,
    gmsd_sum REAL NOT NULL,
    tmse_clips INTEGER NOT NULL,
    tmse_input_sum REAL NOT NULL,
    tmse_output_sum REAL NOT NULL,
    sharpness_clips INTEGER NOT NULL,
    sharpness_ratio_sum REAL NOT NULL,
    PRIMARY KEY (category, reference, day)
) STRICT, WITHOUT ROWID;
INSERT INTO totals
SELECT substr(finished_at, 1, 10), category, coalesce(reference, 'none'), count(*), sum(frames), sum(seconds),
    count(fallback),
    count(psnr_db), total(psnr_db), count(ssim), total(ssim), count(gmsd), total(gmsd),
    count(tmse_output), total(tmse_input), total(tmse_output),
    count(sharpness_output / nullif(sharpness_input, 0)), total(sharpness_output / nullif(sharpness_input, 0))
FROM latest GROUP BY 1, 2, 3;

CREATE VIEW by_category AS
SELECT category, reference, sum(clips) AS clips, sum(frames) AS frames,
    sum(psnr_db_sum) / sum(psnr_db_clips) AS psnr_db, sum(ssim_sum) / sum(ssim_clips) AS ssim,
    sum(gmsd_sum) / sum(gmsd_clips) AS gmsd, sum(tmse_input_sum) / sum(tmse_clips) AS tmse_input,
    sum(tmse_output_sum) / sum(tmse_clips) AS tmse_output,
    sum(sharpness_ratio_sum) / sum(sharpness_clips) AS sharpness_ratio, sum(seconds) / sum(clips) AS seconds
FROM totals GROUP BY category, reference;

CREATE VIEW daily AS
SELECT day, sum(clips) AS clips, sum(frames) AS frames, sum(seconds) AS seconds, sum(fallbacks) AS fallbacks
FROM totals GROUP BY day ORDER BY day DESC;
