SELECT category, reference, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output,
    palette_psnr_db
FROM latest WHERE finished_at >= :since AND reference IS NOT NULL ORDER BY category
