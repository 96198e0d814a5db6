-- One day and category anew, from its latest clips.
INSERT INTO totals
SELECT :day, :category, coalesce(reference, 'none'), count(*), sum(frames), sum(seconds), count(fallback),
    count(psnr_db), total(psnr_db), count(ssim), total(ssim), count(gmsd), total(gmsd),
    count(tmse_output), total(tmse_input), total(tmse_output),
    count(sharpness_output / nullif(sharpness_input, 0)), total(sharpness_output / nullif(sharpness_input, 0))
FROM clips INDEXED BY clips_latest LEFT JOIN scores ON scores.clip_id = clips.id
WHERE is_latest = 1 AND finished_at >= :day AND finished_at < :day || 'T~' AND category = :category
GROUP BY coalesce(reference, 'none')
