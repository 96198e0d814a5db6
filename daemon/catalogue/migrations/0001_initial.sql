-- A job is one dropped file, keyed by the hash of its content.
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
) STRICT;
CREATE INDEX jobs_hash ON jobs (hash);
CREATE INDEX jobs_path ON jobs (path);
CREATE INDEX jobs_name ON jobs (name);
CREATE INDEX jobs_state ON jobs (state, kind, dropped_at);

-- A path the daemon knows: an input it has seen, or a file of its own, entered before it appears.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    hash TEXT,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    origin TEXT NOT NULL CHECK (origin IN ('dropped', 'daemon'))
) STRICT, WITHOUT ROWID;

-- What a publishing job still has to put in place; empty when nothing is being published.
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
CREATE INDEX publications_job ON publications (job_id);
CREATE UNIQUE INDEX publications_destination ON publications (destination);

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
-- SQLite 3.40 reads the table for a column that only a partial index's condition names: so it stands in the index too.
CREATE INDEX clips_latest ON clips (finished_at) WHERE is_latest = 1;
CREATE INDEX clips_category ON clips (category, is_latest) WHERE is_latest = 1;
CREATE INDEX clips_seconds ON clips (seconds) WHERE is_latest = 1;
CREATE INDEX clips_noise ON clips (noise_sigma_8bit, is_latest) WHERE is_latest = 1;
CREATE INDEX clips_fallback ON clips (finished_at, fallback, is_latest) WHERE is_latest = 1 AND fallback IS NOT NULL;
CREATE INDEX clips_hash ON clips (hash);

CREATE TABLE outputs (
    id INTEGER PRIMARY KEY,
    clip_id INTEGER NOT NULL REFERENCES clips (id),
    kind TEXT NOT NULL CHECK (kind IN ('output', 'categorised')),
    format TEXT NOT NULL,
    path TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX outputs_clip ON outputs (clip_id);
CREATE INDEX outputs_path ON outputs (path);

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
CREATE INDEX scores_tmse ON scores (tmse_output);
CREATE INDEX scores_tmse_ratio ON scores (tmse_ratio);

-- The latest clips summed up by day and category, kept by the daemon: views over years of clips need no scan of them.
CREATE TABLE totals (
    day TEXT NOT NULL,
    category TEXT NOT NULL,
    clips INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    seconds REAL NOT NULL,
    fallbacks INTEGER NOT NULL,
    scored INTEGER NOT NULL,         -- clips that the sums of scores are over
    psnr_db_sum REAL NOT NULL,
    ssim_sum REAL NOT NULL,
    gmsd_sum REAL NOT NULL,
    flickering INTEGER NOT NULL,     -- clips that the sums of T-MSE are over
    tmse_input_sum REAL NOT NULL,
    tmse_output_sum REAL NOT NULL,
    sharpness_ratio_sum REAL NOT NULL,
    PRIMARY KEY (day, category)
) STRICT, WITHOUT ROWID;

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
CREATE INDEX events_job ON events (job_id);
CREATE INDEX events_at ON events (at);

CREATE VIEW latest AS
SELECT clips.*, reference, psnr_db, ssim, gmsd, tmse_input, tmse_output, tmse_ratio,
    sharpness_input, sharpness_output, palette_psnr_db
FROM clips LEFT JOIN scores ON scores.clip_id = clips.id
WHERE is_latest = 1;

CREATE VIEW by_category AS
SELECT category, sum(clips) AS clips, sum(frames) AS frames,
    sum(psnr_db_sum) / sum(scored) AS psnr_db, sum(ssim_sum) / sum(scored) AS ssim, sum(gmsd_sum) / sum(scored) AS gmsd,
    sum(tmse_input_sum) / sum(flickering) AS tmse_input, sum(tmse_output_sum) / sum(flickering) AS tmse_output,
    sum(sharpness_ratio_sum) / sum(scored) AS sharpness_ratio, sum(seconds) / sum(clips) AS seconds
FROM totals GROUP BY category;

CREATE VIEW failures AS
SELECT id AS job_id, name, path, state, failures, error_kind, error, remedy, coalesce(finished_at, claimed_at) AS at
FROM jobs WHERE error IS NOT NULL AND state IN ('queued', 'publishing', 'quarantined', 'gone')
ORDER BY at DESC;

CREATE VIEW slowest AS
SELECT id AS clip_id, name, category, frames, faces, restorer, device, seconds, seconds / frames AS seconds_per_frame,
    seconds_by_stage
FROM clips WHERE is_latest = 1 ORDER BY seconds DESC;

CREATE VIEW flicker AS
SELECT clips.id AS clip_id, name, category, restorer, tmse_input, tmse_output, tmse_ratio,
    sharpness_output / nullif(sharpness_input, 0) AS sharpness_ratio, output_path
FROM scores CROSS JOIN clips ON clips.id = scores.clip_id  -- in this order, along the index
WHERE is_latest = 1 AND tmse_output IS NOT NULL ORDER BY tmse_output DESC;

CREATE VIEW daily AS
SELECT day, sum(clips) AS clips, sum(frames) AS frames, sum(seconds) AS seconds, sum(fallbacks) AS fallbacks
FROM totals GROUP BY day ORDER BY day DESC;
