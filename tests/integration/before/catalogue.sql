-- A catalogue as version 0.1.0 left it: a row in every table, one publication on its way (gifs/dog.gif).
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    hash TEXT,                       -- BLAKE2b-256 of the content; NULL while it could not be read
    name TEXT NOT NULL,              -- the file's stem
    kind TEXT NOT NULL CHECK (kind IN ('gif', 'video')),  -- which folder it was dropped into
    path TEXT NOT NULL,              -- where the input lies now, relative to the data root
    dropped_path TEXT NOT NULL,      -- where it was dropped
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    category_overruled TEXT CHECK (category_overruled IN ('blurry', 'noisy', 'low_res', 'clean')),
    state TEXT NOT NULL CHECK (
        state IN ('queued', 'running', 'publishing', 'done', 'quarantined', 'duplicate', 'gone', 'superseded')),
    outcome TEXT CHECK (outcome IN ('done', 'quarantined')),  -- what a publishing job is about to be
    duplicate_of INTEGER REFERENCES jobs (id),
    attempt INTEGER NOT NULL DEFAULT 0,   -- counts every start, so that each has a staging folder of its own
    failures INTEGER NOT NULL DEFAULT 0,  -- counts the attempts that failed by themselves
    dropped_at TEXT NOT NULL,        -- times are UTC, ISO 8601
    not_before TEXT NOT NULL,
    claimed_at TEXT,
    lease_until TEXT,
    heartbeat_at TEXT,
    finished_at TEXT,
    stage TEXT,
    stage_share REAL,
    expired INTEGER NOT NULL DEFAULT 0,   -- the input was removed by `retention`
    error_kind TEXT,
    error TEXT,
    remedy TEXT,
    reports TEXT                     -- JSON, only while publishing
, out_of_memory INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    hash TEXT,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('dropped', 'daemon'))
) STRICT, WITHOUT ROWID;
CREATE TABLE publications (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    kind TEXT NOT NULL CHECK (kind IN ('output', 'categorised', 'frames_input', 'frames_enhanced', 'source')),
    clip_number INTEGER NOT NULL,
    format TEXT NOT NULL,
    staged TEXT NOT NULL,
    destination TEXT NOT NULL,
    hash TEXT,
    bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    replaces TEXT                    -- hash of this job's own earlier file of that name
) STRICT;
CREATE TABLE clips (
    id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (id),
    attempt INTEGER NOT NULL,
    number INTEGER NOT NULL,
    is_latest INTEGER NOT NULL DEFAULT 1,
    hash TEXT,
    name TEXT NOT NULL,
    start_ms INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    width_px INTEGER NOT NULL,
    height_px INTEGER NOT NULL,
    loop_count INTEGER,              -- NULL = plays once, 0 = for ever
    category TEXT NOT NULL,
    category_measured TEXT NOT NULL,
    confidence REAL,
    severity_blur REAL,
    severity_noise REAL,
    severity_low_res REAL,
    edge_spread_px REAL,
    motion_blur_px REAL,
    motion_blur_deg REAL,
    noise_sigma_8bit REAL,
    noise_temporal_sigma_8bit REAL,
    dither REAL,
    resolution_cutoff REAL,
    effective_width_px REAL,
    eye_distance_px REAL,
    blockiness REAL,
    spread TEXT NOT NULL,            -- JSON, by measure
    reasons TEXT NOT NULL,           -- JSON, why a measure or score is NULL
    faces INTEGER NOT NULL,
    face_errors INTEGER NOT NULL,
    restored_frames INTEGER NOT NULL,
    restorer TEXT NOT NULL,
    fallback TEXT,                   -- why the restorer asked for was not used
    engine TEXT NOT NULL,
    device TEXT NOT NULL,
    dtype TEXT NOT NULL,
    batch INTEGER NOT NULL,
    seconds REAL NOT NULL,
    seconds_by_stage TEXT NOT NULL,  -- JSON
    output_path TEXT,
    output_bytes INTEGER,
    categorised_path TEXT,
    warnings TEXT NOT NULL,          -- JSON
    finished_at TEXT NOT NULL,
    UNIQUE (job_id, attempt, number)
) STRICT;
CREATE TABLE outputs (
    id INTEGER PRIMARY KEY,
    clip_id INTEGER NOT NULL REFERENCES clips (id),
    kind TEXT NOT NULL CHECK (kind IN ('output', 'categorised')),
    format TEXT NOT NULL,
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TABLE scores (
    clip_id INTEGER PRIMARY KEY REFERENCES clips (id),
    reference TEXT NOT NULL CHECK (reference IN ('truth', 'source', 'input')),
    psnr_db REAL,
    ssim REAL,
    gmsd REAL,
    tmse_input REAL,
    tmse_output REAL,
    tmse_ratio REAL GENERATED ALWAYS AS (tmse_output / nullif(tmse_input, 0)) VIRTUAL,
    sharpness_input REAL,
    sharpness_output REAL,
    palette_psnr_db REAL
) STRICT;
CREATE TABLE frame_scores (
    clip_id INTEGER NOT NULL REFERENCES clips (id),
    frame INTEGER NOT NULL,
    psnr_db REAL,
    ssim REAL,
    gmsd REAL,
    tmse_input REAL,
    tmse_output REAL,
    sharpness_input REAL,
    sharpness_output REAL,
    PRIMARY KEY (clip_id, frame)
) STRICT, WITHOUT ROWID;
CREATE TABLE events (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,
    job_id INTEGER REFERENCES jobs (id),
    event TEXT NOT NULL,
    detail TEXT
) STRICT;
CREATE VIRTUAL TABLE jobs_text USING fts5 (name, error, content = 'jobs', content_rowid = 'id');
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
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX jobs_hash ON jobs (hash);
CREATE INDEX jobs_path ON jobs (path);
CREATE INDEX jobs_name ON jobs (name);
CREATE INDEX jobs_state ON jobs (state, kind, dropped_at);
CREATE INDEX publications_job ON publications (job_id);
CREATE UNIQUE INDEX publications_destination ON publications (destination);
CREATE INDEX clips_latest ON clips (finished_at) WHERE is_latest = 1;
CREATE INDEX clips_category ON clips (category, is_latest) WHERE is_latest = 1;
CREATE INDEX clips_noise ON clips (noise_sigma_8bit, is_latest) WHERE is_latest = 1;
CREATE INDEX clips_hash ON clips (hash);
CREATE INDEX outputs_clip ON outputs (clip_id);
CREATE INDEX outputs_path ON outputs (path);
CREATE INDEX scores_tmse ON scores (tmse_output);
CREATE INDEX scores_tmse_ratio ON scores (tmse_ratio);
CREATE INDEX events_job ON events (job_id);
CREATE INDEX events_at ON events (at);
CREATE INDEX clips_overruled ON clips (finished_at, is_latest, category, category_measured)
    WHERE is_latest = 1 AND category <> category_measured;
CREATE INDEX clips_confidence ON clips (confidence, is_latest) WHERE is_latest = 1;
CREATE INDEX jobs_failed ON jobs (coalesce(finished_at, claimed_at))
    WHERE error IS NOT NULL AND state IN ('queued', 'publishing', 'quarantined', 'gone');
CREATE INDEX clips_fallback ON clips (fallback, finished_at, is_latest) WHERE is_latest = 1 AND fallback IS NOT NULL;
CREATE INDEX clips_seconds ON clips (seconds, is_latest) WHERE is_latest = 1;
CREATE TRIGGER jobs_text_insert AFTER INSERT ON jobs BEGIN
    INSERT INTO jobs_text (rowid, name, error) VALUES (new.id, new.name, new.error);
END;
CREATE TRIGGER jobs_text_update AFTER UPDATE OF name, error ON jobs
WHEN old.name IS NOT new.name OR old.error IS NOT new.error BEGIN
    INSERT INTO jobs_text (jobs_text, rowid, name, error) VALUES ('delete', old.id, old.name, old.error);
    INSERT INTO jobs_text (rowid, name, error) VALUES (new.id, new.name, new.error);
END;
CREATE TRIGGER jobs_text_delete AFTER DELETE ON jobs BEGIN
    INSERT INTO jobs_text (jobs_text, rowid, name, error) VALUES ('delete', old.id, old.name, old.error);
END;
CREATE VIEW latest AS
SELECT clips.*, reference, psnr_db, ssim, gmsd, tmse_input, tmse_output, tmse_ratio,
    sharpness_input, sharpness_output, palette_psnr_db
FROM clips LEFT JOIN scores ON scores.clip_id = clips.id
WHERE is_latest = 1;
CREATE VIEW slowest AS
SELECT id AS clip_id, name, category, frames, faces, restorer, device, seconds, seconds / frames AS seconds_per_frame,
    seconds_by_stage
FROM clips WHERE is_latest = 1 ORDER BY seconds DESC;
CREATE VIEW flicker AS
SELECT clips.id AS clip_id, name, category, restorer, tmse_input, tmse_output, tmse_ratio,
    sharpness_output / nullif(sharpness_input, 0) AS sharpness_ratio, output_path
FROM scores CROSS JOIN clips ON clips.id = scores.clip_id  -- in this order, along the index
WHERE is_latest = 1 AND tmse_output IS NOT NULL ORDER BY tmse_output DESC;
CREATE VIEW failures AS
SELECT id AS job_id, name, path, state, failures, error_kind, error, remedy, coalesce(finished_at, claimed_at) AS at
FROM jobs INDEXED BY jobs_failed
WHERE error IS NOT NULL AND state IN ('queued', 'publishing', 'quarantined', 'gone')
ORDER BY coalesce(finished_at, claimed_at) DESC;
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
INSERT INTO "_sqlite_migrations" (id, migration_set, name, applied_at) VALUES (1, 'gifrestored', '0001_initial', '2026-11-25 00:46:35.427939+00:00');
INSERT INTO "_sqlite_migrations" (id, migration_set, name, applied_at) VALUES (2, 'gifrestored', '0002_full_text', '2026-11-25 00:46:35.429677+00:00');
INSERT INTO "_sqlite_migrations" (id, migration_set, name, applied_at) VALUES (3, 'gifrestored', '0003_out_of_memory', '2026-11-25 00:46:35.437606+00:00');
INSERT INTO "_sqlite_migrations" (id, migration_set, name, applied_at) VALUES (4, 'gifrestored', '0004_questions', '2026-11-25 00:46:35.439292+00:00');
INSERT INTO "jobs" (id, hash, name, kind, path, dropped_path, size_bytes, mtime_ns, category_overruled, state, outcome, duplicate_of, attempt, failures, dropped_at, not_before, claimed_at, lease_until, heartbeat_at, finished_at, stage, stage_share, expired, error_kind, error, remedy, reports, out_of_memory) VALUES (1, '5ba20089cbd27fefce84475cf9d0c810a1821b9af2fcd91cd5eb8a1a97923f3d', 'cat', 'gif', 'gifs/noisy/cat.gif', 'gifs/cat.gif', 18, 1795567595169782053, NULL, 'done', NULL, NULL, 1, 0, '2026-11-25T00:46:35.502Z', '2026-11-25T00:46:35.813Z', '2026-11-25T00:46:35.503Z', NULL, '2026-11-25T00:46:35.805Z', '2026-11-25T00:46:35.820Z', NULL, NULL, 0, NULL, NULL, NULL, NULL, 0);
INSERT INTO "jobs" (id, hash, name, kind, path, dropped_path, size_bytes, mtime_ns, category_overruled, state, outcome, duplicate_of, attempt, failures, dropped_at, not_before, claimed_at, lease_until, heartbeat_at, finished_at, stage, stage_share, expired, error_kind, error, remedy, reports, out_of_memory) VALUES (2, 'e75fcc77664baa377854ea8cf79e5d420af08eead56d45e1bbd3f3962d768c71', 'bad', 'gif', 'quarantine/bad.gif', 'gifs/bad.gif', 16, 1795567595169884205, NULL, 'quarantined', NULL, NULL, 1, 0, '2026-11-25T00:46:35.502Z', '2026-11-25T00:46:35.828Z', '2026-11-25T00:46:35.825Z', NULL, '2026-11-25T00:46:35.827Z', '2026-11-25T00:46:35.833Z', NULL, NULL, 0, 'Unreadable', 'Unreadable was asked for', 'see whether another program opens it; save it anew from there, then drop the file again, or run `gifrestored retry`', NULL, 0);
INSERT INTO "jobs" (id, hash, name, kind, path, dropped_path, size_bytes, mtime_ns, category_overruled, state, outcome, duplicate_of, attempt, failures, dropped_at, not_before, claimed_at, lease_until, heartbeat_at, finished_at, stage, stage_share, expired, error_kind, error, remedy, reports, out_of_memory) VALUES (3, 'd118d6524e2e48b659c1013d2ac1f66dd044f94a5a7553622f6f23162d58e3b6', 'film', 'video', 'raw_videos/film.mp4', 'raw_videos/film.mp4', 35, 1795567595169944624, NULL, 'done', NULL, NULL, 1, 0, '2026-11-25T00:46:35.503Z', '2026-11-25T00:46:35.853Z', '2026-11-25T00:46:35.840Z', NULL, '2026-11-25T00:46:35.847Z', '2026-11-25T00:46:35.909Z', NULL, NULL, 0, NULL, NULL, NULL, NULL, 0);
INSERT INTO "jobs" (id, hash, name, kind, path, dropped_path, size_bytes, mtime_ns, category_overruled, state, outcome, duplicate_of, attempt, failures, dropped_at, not_before, claimed_at, lease_until, heartbeat_at, finished_at, stage, stage_share, expired, error_kind, error, remedy, reports, out_of_memory) VALUES (4, 'f4eb6dcb17ee189e14e8052d96eebd65c463fa2af911652e07f40964bd8d0f11', 'dog', 'gif', 'gifs/dog.gif', 'gifs/dog.gif', 23, 1795567596069624014, NULL, 'publishing', 'done', NULL, 1, 0, '2026-11-25T00:46:36.193Z', '2026-11-25T00:46:36.821Z', '2026-11-25T00:46:36.200Z', '2026-11-25T00:47:36.802Z', '2026-11-25T00:46:36.802Z', NULL, 'restore', 0.5, 0, NULL, NULL, NULL, '[{"name":"dog","start_ms":0,"frames":3,"width":8,"height":6,"duration_ms":120,"loop":0,"measurement":{"category":"blurry","severity":{"blur":1.5,"noise":0.2,"low_res":0.1},"confidence":0.8,"edge_spread_px":null,"motion_blur_px":null,"motion_blur_deg":null,"noise_sigma_8bit":2.5,"noise_temporal_sigma_8bit":null,"dither":null,"resolution_cutoff":null,"effective_width_px":null,"eye_distance_px":null,"blockiness":null,"spread":{},"reasons":{}},"category":"blurry","faces":1,"face_errors":0,"restored_frames":1,"restorer":"gfpgan","fallback":null,"engine":"torch","device":"cpu","dtype":"float32","batch":0,"seconds":{"measure":0.1,"restore":0.4},"outputs":{"gif":"/var/lib/gifrestored/dataset/.work/4-1/dog/dog.gif"},"categorised":null,"scores":{"reference":"input","psnr_db":NaN,"ssim":0.9,"gmsd":0.1,"tmse_input":0.0002,"tmse_output":0.0001,"sharpness_input":5.0,"sharpness_output":7.0,"palette_psnr_db":40.0,"frames":[{"index":0,"psnr_db":31.0,"ssim":0.9,"gmsd":0.1,"tmse_input":null,"tmse_output":null,"sharpness_input":5.0,"sharpness_output":7.0},{"index":1,"psnr_db":32.0,"ssim":0.9,"gmsd":0.1,"tmse_input":0.0002,"tmse_output":0.0001,"sharpness_input":5.0,"sharpness_output":7.0},{"index":2,"psnr_db":33.0,"ssim":0.9,"gmsd":0.1,"tmse_input":0.0002,"tmse_output":0.0001,"sharpness_input":5.0,"sharpness_output":7.0}]},"warnings":[]}]', 0);
INSERT INTO "files" (path, hash, size_bytes, mtime_ns, origin) VALUES ('gifs/blurry/dog.gif', 'f4eb6dcb17ee189e14e8052d96eebd65c463fa2af911652e07f40964bd8d0f11', 23, 1795567596069624014, 'daemon');
INSERT INTO "files" (path, hash, size_bytes, mtime_ns, origin) VALUES ('gifs/clean/film-1.gif', '0e1747e5c195449ae5c2a10a59101e0fbffa7163591f13fc9919e25c65c87098', 54, 1795567595846619877, 'daemon');
INSERT INTO "files" (path, hash, size_bytes, mtime_ns, origin) VALUES ('gifs/clean/film-2.gif', 'c81cd25dd8f45a0296823c70d248cee0b6d41a19318af725fa217f4a256d42b1', 54, 1795567595846791351, 'daemon');
INSERT INTO "files" (path, hash, size_bytes, mtime_ns, origin) VALUES ('gifs/dog.gif', 'f4eb6dcb17ee189e14e8052d96eebd65c463fa2af911652e07f40964bd8d0f11', 23, 1795567596069624014, 'dropped');
INSERT INTO "files" (path, hash, size_bytes, mtime_ns, origin) VALUES ('gifs/noisy/cat.gif', '5ba20089cbd27fefce84475cf9d0c810a1821b9af2fcd91cd5eb8a1a97923f3d', 18, 1795567595169782053, 'daemon');
INSERT INTO "files" (path, hash, size_bytes, mtime_ns, origin) VALUES ('quarantine/bad.gif', 'e75fcc77664baa377854ea8cf79e5d420af08eead56d45e1bbd3f3962d768c71', 16, 1795567595169884205, 'daemon');
INSERT INTO "files" (path, hash, size_bytes, mtime_ns, origin) VALUES ('raw_videos/film.mp4', 'd118d6524e2e48b659c1013d2ac1f66dd044f94a5a7553622f6f23162d58e3b6', 35, 1795567595169944624, 'dropped');
INSERT INTO "publications" (id, job_id, kind, clip_number, format, staged, destination, hash, bytes, mtime_ns, replaces) VALUES (1, 4, 'output', 1, 'gif', '.work/4-1/dog/dog.gif', 'output_gifs/dog.gif', '843e29c801c7c35fa2f1b12a112ac98844a59a30944758d3466ed18521725eb0', 36, 1795567596801709683, NULL);
INSERT INTO "publications" (id, job_id, kind, clip_number, format, staged, destination, hash, bytes, mtime_ns, replaces) VALUES (2, 4, 'source', 0, '', 'gifs/dog.gif', 'gifs/blurry/dog.gif', 'f4eb6dcb17ee189e14e8052d96eebd65c463fa2af911652e07f40964bd8d0f11', 23, 1795567596069624014, NULL);
INSERT INTO "clips" (id, job_id, attempt, number, is_latest, hash, name, start_ms, duration_ms, frames, width_px, height_px, loop_count, category, category_measured, confidence, severity_blur, severity_noise, severity_low_res, edge_spread_px, motion_blur_px, motion_blur_deg, noise_sigma_8bit, noise_temporal_sigma_8bit, dither, resolution_cutoff, effective_width_px, eye_distance_px, blockiness, spread, reasons, faces, face_errors, restored_frames, restorer, fallback, engine, device, dtype, batch, seconds, seconds_by_stage, output_path, output_bytes, categorised_path, warnings, finished_at) VALUES (1, 1, 1, 1, 1, '5ba20089cbd27fefce84475cf9d0c810a1821b9af2fcd91cd5eb8a1a97923f3d', 'cat', 0, 120, 3, 8, 6, 0, 'noisy', 'noisy', 0.8, 1.5, 0.2, 0.1, NULL, NULL, NULL, 2.5, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{}', 1, 0, 1, 'gfpgan', NULL, 'torch', 'cpu', 'float32', 0, 0.5, '{"measure": 0.1, "restore": 0.4}', 'output_gifs/cat.gif', 31, NULL, '[]', '2026-11-25T00:46:35.820Z');
INSERT INTO "clips" (id, job_id, attempt, number, is_latest, hash, name, start_ms, duration_ms, frames, width_px, height_px, loop_count, category, category_measured, confidence, severity_blur, severity_noise, severity_low_res, edge_spread_px, motion_blur_px, motion_blur_deg, noise_sigma_8bit, noise_temporal_sigma_8bit, dither, resolution_cutoff, effective_width_px, eye_distance_px, blockiness, spread, reasons, faces, face_errors, restored_frames, restorer, fallback, engine, device, dtype, batch, seconds, seconds_by_stage, output_path, output_bytes, categorised_path, warnings, finished_at) VALUES (2, 3, 1, 1, 1, 'd118d6524e2e48b659c1013d2ac1f66dd044f94a5a7553622f6f23162d58e3b6', 'film-1', 0, 120, 3, 8, 6, 0, 'clean', 'clean', 0.8, 1.5, 0.2, 0.1, NULL, NULL, NULL, 2.5, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"psnr_db": "it came out as nan"}', 1, 0, 1, 'classic', 'the weights are not there', 'torch', 'cpu', 'float32', 0, 0.5, '{"measure": 0.1, "restore": 0.4}', 'output_gifs/film-1.gif', 51, 'gifs/clean/film-1.gif', '[]', '2026-11-25T00:46:35.909Z');
INSERT INTO "clips" (id, job_id, attempt, number, is_latest, hash, name, start_ms, duration_ms, frames, width_px, height_px, loop_count, category, category_measured, confidence, severity_blur, severity_noise, severity_low_res, edge_spread_px, motion_blur_px, motion_blur_deg, noise_sigma_8bit, noise_temporal_sigma_8bit, dither, resolution_cutoff, effective_width_px, eye_distance_px, blockiness, spread, reasons, faces, face_errors, restored_frames, restorer, fallback, engine, device, dtype, batch, seconds, seconds_by_stage, output_path, output_bytes, categorised_path, warnings, finished_at) VALUES (3, 3, 1, 2, 1, 'd118d6524e2e48b659c1013d2ac1f66dd044f94a5a7553622f6f23162d58e3b6', 'film-2', 0, 120, 3, 8, 6, 0, 'clean', 'clean', 0.8, 1.5, 0.2, 0.1, NULL, NULL, NULL, 2.5, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"psnr_db": "it came out as nan"}', 1, 0, 1, 'classic', 'the weights are not there', 'torch', 'cpu', 'float32', 0, 0.5, '{"measure": 0.1, "restore": 0.4}', 'output_gifs/film-2.gif', 51, 'gifs/clean/film-2.gif', '[]', '2026-11-25T00:46:35.909Z');
INSERT INTO "outputs" (id, clip_id, kind, format, path, bytes, hash) VALUES (1, 1, 'output', 'gif', 'output_gifs/cat.gif', 31, '57d7f431120515b3ad9af42c9b5817bfba549650d3d75dd6878f4d7a8a5235d8');
INSERT INTO "outputs" (id, clip_id, kind, format, path, bytes, hash) VALUES (2, 2, 'output', 'gif', 'output_gifs/film-1.gif', 51, 'f58b6729a4c018ec8b7af5071d39e19b0b81e28942dae593a81e2c7c13d29928');
INSERT INTO "outputs" (id, clip_id, kind, format, path, bytes, hash) VALUES (3, 2, 'categorised', 'gif', 'gifs/clean/film-1.gif', 54, '0e1747e5c195449ae5c2a10a59101e0fbffa7163591f13fc9919e25c65c87098');
INSERT INTO "outputs" (id, clip_id, kind, format, path, bytes, hash) VALUES (4, 3, 'output', 'gif', 'output_gifs/film-2.gif', 51, '18a59f74f06d2b14633ed327c7e7c872bd204acbc691382b881d237666b72c17');
INSERT INTO "outputs" (id, clip_id, kind, format, path, bytes, hash) VALUES (5, 3, 'categorised', 'gif', 'gifs/clean/film-2.gif', 54, 'c81cd25dd8f45a0296823c70d248cee0b6d41a19318af725fa217f4a256d42b1');
INSERT INTO "scores" (clip_id, reference, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output, palette_psnr_db) VALUES (1, 'input', 31.5, 0.9, 0.1, 0.0002, 0.0001, 5.0, 7.0, 40.0);
INSERT INTO "scores" (clip_id, reference, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output, palette_psnr_db) VALUES (2, 'input', NULL, 0.9, 0.1, 0.0002, 0.0001, 5.0, 7.0, 40.0);
INSERT INTO "scores" (clip_id, reference, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output, palette_psnr_db) VALUES (3, 'input', NULL, 0.9, 0.1, 0.0002, 0.0001, 5.0, 7.0, 40.0);
INSERT INTO "frame_scores" (clip_id, frame, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output) VALUES (1, 0, 31.0, 0.9, 0.1, NULL, NULL, 5.0, 7.0);
INSERT INTO "frame_scores" (clip_id, frame, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output) VALUES (1, 1, 32.0, 0.9, 0.1, 0.0002, 0.0001, 5.0, 7.0);
INSERT INTO "frame_scores" (clip_id, frame, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output) VALUES (1, 2, 33.0, 0.9, 0.1, 0.0002, 0.0001, 5.0, 7.0);
INSERT INTO "frame_scores" (clip_id, frame, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output) VALUES (2, 0, 31.0, 0.9, 0.1, NULL, NULL, 5.0, 7.0);
INSERT INTO "frame_scores" (clip_id, frame, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output) VALUES (2, 1, 32.0, 0.9, 0.1, 0.0002, 0.0001, 5.0, 7.0);
INSERT INTO "frame_scores" (clip_id, frame, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output) VALUES (2, 2, 33.0, 0.9, 0.1, 0.0002, 0.0001, 5.0, 7.0);
INSERT INTO "frame_scores" (clip_id, frame, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output) VALUES (3, 0, 31.0, 0.9, 0.1, NULL, NULL, 5.0, 7.0);
INSERT INTO "frame_scores" (clip_id, frame, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output) VALUES (3, 1, 32.0, 0.9, 0.1, 0.0002, 0.0001, 5.0, 7.0);
INSERT INTO "frame_scores" (clip_id, frame, psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output) VALUES (3, 2, 33.0, 0.9, 0.1, 0.0002, 0.0001, 5.0, 7.0);
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (1, '2026-11-25T00:46:35.446Z', NULL, 'started', 'process 20108');
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (2, '2026-11-25T00:46:35.502Z', 1, 'queued', NULL);
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (3, '2026-11-25T00:46:35.502Z', 2, 'queued', NULL);
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (4, '2026-11-25T00:46:35.503Z', 3, 'queued', NULL);
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (5, '2026-11-25T00:46:35.504Z', 1, 'claimed', 'attempt 1');
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (6, '2026-11-25T00:46:35.813Z', 1, 'publishing', 'done');
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (7, '2026-11-25T00:46:35.821Z', 1, 'done', NULL);
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (8, '2026-11-25T00:46:35.825Z', 2, 'claimed', 'attempt 1');
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (9, '2026-11-25T00:46:35.828Z', 2, 'publishing', 'quarantined');
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (10, '2026-11-25T00:46:35.833Z', 2, 'quarantined', NULL);
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (11, '2026-11-25T00:46:35.841Z', 3, 'claimed', 'attempt 1');
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (12, '2026-11-25T00:46:35.853Z', 3, 'publishing', 'done');
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (13, '2026-11-25T00:46:35.910Z', 3, 'done', NULL);
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (14, '2026-11-25T00:46:36.021Z', NULL, 'stopped', NULL);
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (15, '2026-11-25T00:46:36.132Z', NULL, 'started', 'process 20120');
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (16, '2026-11-25T00:46:36.194Z', 4, 'queued', NULL);
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (17, '2026-11-25T00:46:36.200Z', 4, 'claimed', 'attempt 1');
INSERT INTO "events" (id, at, job_id, event, detail) VALUES (18, '2026-11-25T00:46:36.822Z', 4, 'publishing', 'done');
INSERT INTO "totals" (day, category, reference, clips, frames, seconds, fallbacks, psnr_db_clips, psnr_db_sum, ssim_clips, ssim_sum, gmsd_clips, gmsd_sum, tmse_clips, tmse_input_sum, tmse_output_sum, sharpness_clips, sharpness_ratio_sum) VALUES ('2026-11-25', 'clean', 'input', 2, 6, 1.0, 2, 0, 0.0, 2, 1.8, 2, 0.2, 2, 0.0004, 0.0002, 2, 2.8);
INSERT INTO "totals" (day, category, reference, clips, frames, seconds, fallbacks, psnr_db_clips, psnr_db_sum, ssim_clips, ssim_sum, gmsd_clips, gmsd_sum, tmse_clips, tmse_input_sum, tmse_output_sum, sharpness_clips, sharpness_ratio_sum) VALUES ('2026-11-25', 'noisy', 'input', 1, 3, 0.5, 0, 1, 31.5, 1, 0.9, 1, 0.1, 1, 0.0002, 0.0001, 1, 1.4);
