"""A catalogue of any size, its values spread as real ones are, and what adding to it takes."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import numpy as np

from daemon.catalogue import open_catalogue, transaction
from daemon.catalogue.sql import statement

CLIPS_A_DAY = 70
FAILED_IN = 12  # dropped files, of which one failed
CATEGORIES = ("blurry", "noisy", "low_res", "clean")

_COUNT = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :last)"
_AT = f"strftime('%Y-%m-%dT%H:%M:%S.123Z', 'now', ((n.i - :last) * 86400 / {CLIPS_A_DAY}) || ' seconds')"
_CATEGORY = "CASE abs(random()) % 4 WHEN 0 THEN 'blurry' WHEN 1 THEN 'noisy' WHEN 2 THEN 'low_res' ELSE 'clean' END"
_UNIT = "(abs(random()) % 10000 / 10000.0)"

_JOBS = f"""{_COUNT} INSERT INTO jobs (id, hash, name, kind, path, dropped_path, size_bytes, mtime_ns, state, attempt,
    failures, dropped_at, not_before, claimed_at, finished_at, error_kind, error, remedy)
SELECT i, hex(randomblob(32)), 'clip_' || i, iif(i % 10, 'gif', 'video'), 'gifs/clip_' || i || '.gif',
    'gifs/clip_' || i || '.gif', 1000000, i, 'done', 1, 0, at, at, at,
    strftime('%Y-%m-%dT%H:%M:%S.456Z', at, '+9 seconds'), NULL, NULL, NULL
FROM (SELECT i, {_AT} AS at FROM n)"""

_FAILED = f"""UPDATE jobs SET state = 'quarantined', failures = 3, error_kind = 'Unreadable',
    error = 'the palette of frame ' || (id % 97) || ' ends after 100 bytes; 768 were announced',
    remedy = 'see whether another program opens it; save it anew from there, then drop the file again'
WHERE id % {FAILED_IN} = 0"""

_CLIPS = f"""INSERT INTO clips (id, job_id, attempt, number, is_latest, hash, name, start_ms, duration_ms, frames,
    width_px, height_px, loop_count, category, category_measured, confidence, severity_blur, severity_noise,
    severity_low_res, edge_spread_px, noise_sigma_8bit, noise_temporal_sigma_8bit, dither, resolution_cutoff,
    effective_width_px, blockiness, spread, reasons, faces, face_errors, restored_frames, restorer, fallback, engine,
    device, dtype, batch, seconds, seconds_by_stage, output_path, output_bytes, warnings, finished_at)
SELECT id, id, 1, 1, 1, hash, name, 0, 4000, :frames, 400, 320, 0, category, iif(id % 20, category, 'noisy'), {_UNIT},
    3 * {_UNIT}, 3 * {_UNIT}, 3 * {_UNIT}, 5 * {_UNIT}, iif(id % 9, 30 * {_UNIT} * {_UNIT}, NULL), 20 * {_UNIT},
    2 * {_UNIT}, {_UNIT}, 400 * {_UNIT}, {_UNIT}, '{{"edge_spread_px": 0.12, "noise_sigma_8bit": 0.3, "dither": 0.01}}',
    '{{"noise_temporal_sigma_8bit": "no pixels that change between frames"}}', id % 3, 0, :frames,
    iif(id % 2, 'gfpgan', 'classic'), iif(id % 2, NULL, 'the weights GFPGANv1.4.pth are not there'), 'openvino', 'cpu',
    'float32', 1, 200 * {_UNIT} * {_UNIT},
    '{{"decode": 0.4, "measure": 0.3, "detect": 1.2, "restore": 44.1, "write": 2.2, "score": 1.9}}',
    'output_gifs/' || name || '.gif', 2000000, '[]', finished_at
FROM (SELECT *, {_CATEGORY} AS category FROM jobs WHERE state = 'done')"""

_PLANS = """UPDATE clips SET plan = json_array(json_object('start', 0, 'stop', frames, 'background', 'compact', 'faces',
    iif(fallback IS NULL, restorer, 'none'), 'reasons', json_object('background', '`background: compact`', 'faces',
    coalesce(fallback, '`restorer: auto`'))))"""

_QUALITY = f"""30 + 10 * {_UNIT}, {_UNIT}, 0.2 * {_UNIT}, 2e-4 * {_UNIT}, 1e-4 * {_UNIT}, 9 * {_UNIT}, 9 * {_UNIT}"""
_NAMES = "psnr_db, ssim, gmsd, tmse_input, tmse_output, sharpness_input, sharpness_output"
_SCORES = f"""INSERT INTO scores (clip_id, reference, {_NAMES}, palette_psnr_db)
SELECT id, CASE id % 10 WHEN 0 THEN 'source' WHEN 1 THEN 'truth' ELSE 'input' END, {_QUALITY}, 40 FROM clips"""
_FRAMES = f"""{_COUNT} INSERT INTO frame_scores (clip_id, frame, {_NAMES})
SELECT clips.id, n.i - 1, {_QUALITY} FROM clips CROSS JOIN n WHERE clips.id BETWEEN :low AND :high"""
_EVENTS = """INSERT INTO events (at, job_id, event)
SELECT at, id, event FROM (
    SELECT id, dropped_at AS at, 'queued' AS event FROM jobs UNION ALL SELECT id, dropped_at, 'claimed' FROM jobs
    UNION ALL SELECT id, finished_at, 'publishing' FROM jobs UNION ALL SELECT id, finished_at, state FROM jobs)
ORDER BY at, id"""
_STEP = 2000  # clips whose frames go in at once


def fill(path: Path, clips: int, frames: int) -> None:
    """Make a catalogue of `clips` clips of `frames` frames each, all its tables filled."""
    with closing(open_catalogue(path)) as db:
        db.execute("PRAGMA synchronous = OFF")
        last = round(clips * FAILED_IN / (FAILED_IN - 1))
        with transaction(db):
            insert_clips(db, last, frames)
            db.execute(_PLANS)
            db.execute(_EVENTS)
            for day, category in db.execute(
                "SELECT DISTINCT substr(finished_at, 1, 10), category FROM clips"
            ).fetchall():
                db.execute(statement("sum_up"), {"day": day, "category": category})
        for low in range(1, last + 1, _STEP):
            db.execute(_FRAMES, {"last": frames, "low": low, "high": low + _STEP - 1})


def insert_clips(db: sqlite3.Connection, jobs: int, frames: int) -> None:
    """Add so many jobs, the clips of those that did not fail, and their scores; any version of the schema will do."""
    db.execute(_JOBS, {"last": jobs})
    db.execute(_FAILED)
    db.execute(_CLIPS, {"frames": frames})
    db.execute(_SCORES)


def record_clips(path: Path, frames: int, times: int = 50) -> float:
    """Return the median ms that a clip with its scores takes to be recorded, as the daemon does it; they are left out
    again."""
    with closing(open_catalogue(path)) as db:
        taken = []
        for _ in range(times):
            begin = time.perf_counter()
            db.execute("BEGIN IMMEDIATE")
            _record(db, frames)
            db.execute("ROLLBACK")
            taken.append((time.perf_counter() - begin) * 1000.0)
    return round(float(np.median(taken)), 2)


def _record(db: sqlite3.Connection, frames: int) -> None:
    names = [row[1] for row in db.execute("PRAGMA table_info(clips)") if row[1] != "id"]
    values = ", ".join("-attempt" if name == "attempt" else name for name in names)
    newest = "(SELECT max(id) FROM clips)"
    copied = f"INSERT INTO clips ({', '.join(names)}) SELECT {values} FROM clips WHERE id = {newest}"
    clip = db.execute(copied).lastrowid
    db.execute(_SCORES.replace("FROM clips", "FROM clips WHERE id = :clip"), {"clip": clip})
    db.execute(_FRAMES, {"last": frames, "low": clip, "high": clip})
