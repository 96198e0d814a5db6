-- The newest clips of a category whose result is there to be shown, with the file it was made from.
SELECT latest.name, category, restorer, reference, psnr_db, tmse_input, tmse_output, duration_ms,
    CASE WHEN categorised_path IS NULL THEN start_ms ELSE 0 END AS start_ms,
    coalesce(categorised_path, jobs.path) AS before, output_path AS after
FROM latest JOIN jobs ON jobs.id = latest.job_id
WHERE category = :category AND latest.finished_at >= :since AND output_path IS NOT NULL
ORDER BY latest.id DESC LIMIT :most
