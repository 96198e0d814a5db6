"""Turns a clip's report into rows. A value that is not finite becomes NULL, with its reason in `reasons`."""

import json
import math
from dataclasses import asdict
from typing import Any

from pipeline.report import ClipReport, FrameScore, Scores

Row = dict[str, Any]


# Why a score is None: `pipeline.scoring.scores` has no other causes.
_UNSCORED = {
    "ssim": "smaller than its window of 11 × 11 px",
    "gmsd": "smaller than 4 × 4 px",
    "tmse_input": "no two frames of which anything is seen in both",
    "tmse_output": "no two frames of which anything is seen in both",
    "palette_psnr_db": "no GIF was written",
}


def finite(value: float | None) -> float | None:
    """Return None for NaN and infinity, which SQLite can't store as numbers."""
    return value if value is not None and math.isfinite(value) else None


def clip_row(report: ClipReport) -> Row:
    """Return the columns of `clips` that the report has values for."""
    measurement = report.measurement
    reasons = measurement.reasons | _reasons_unscored(report.scores)
    return {
        "name": report.name,
        "start_ms": report.start_ms,
        "duration_ms": report.duration_ms,
        "frames": report.frames,
        "width_px": report.width,
        "height_px": report.height,
        "loop_count": report.loop,
        "category": report.category,
        "category_measured": measurement.category,
        "confidence": finite(measurement.confidence),
        "severity_blur": finite(measurement.severity.get("blur")),
        "severity_noise": finite(measurement.severity.get("noise")),
        "severity_low_res": finite(measurement.severity.get("low_res")),
        "edge_spread_px": finite(measurement.edge_spread_px),
        "motion_blur_px": finite(measurement.motion_blur_px),
        "motion_blur_deg": finite(measurement.motion_blur_deg),
        "noise_sigma_8bit": finite(measurement.noise_sigma_8bit),
        "noise_temporal_sigma_8bit": finite(measurement.noise_temporal_sigma_8bit),
        "dither": finite(measurement.dither),
        "resolution_cutoff": finite(measurement.resolution_cutoff),
        "effective_width_px": finite(measurement.effective_width_px),
        "eye_distance_px": finite(measurement.eye_distance_px),
        "blockiness": finite(measurement.blockiness),
        "spread": json.dumps({key: finite(value) for key, value in measurement.spread.items()}),
        "reasons": json.dumps(reasons),
        "faces": report.faces,
        "face_errors": report.face_errors,
        "restored_frames": report.restored_frames,
        "restorer": report.restorer,
        "fallback": report.fallback,
        "engine": report.engine,
        "device": report.device,
        "dtype": report.dtype,
        "batch": report.batch,
        "seconds": round(sum(report.seconds.values()), 3),
        "seconds_by_stage": json.dumps(report.seconds),
        "warnings": json.dumps(report.warnings),
        "plan": json.dumps([asdict(shot) for shot in report.plan], ensure_ascii=False),
    }


def _reasons_unscored(scores: Scores) -> dict[str, str]:
    reasons = {}
    for name in ("psnr_db", *_UNSCORED):
        value = getattr(scores, name)
        if value is None:
            reasons[name] = _UNSCORED[name]
        elif not math.isfinite(value):
            reasons[name] = f"it came out as {value}"
    return reasons


def _quality(scores: Scores | FrameScore) -> Row:
    names = ("psnr_db", "ssim", "gmsd", "tmse_input", "tmse_output", "sharpness_input", "sharpness_output")
    return {name: finite(getattr(scores, name)) for name in names}


def score_row(scores: Scores) -> Row:
    """Return the columns of `scores`, without `clip_id`."""
    return {"reference": scores.reference, "palette_psnr_db": finite(scores.palette_psnr_db)} | _quality(scores)


def frame_rows(scores: Scores) -> list[Row]:
    """Return the rows of `frame_scores`, without `clip_id`."""
    return [{"frame": frame.index} | _quality(frame) for frame in scores.frames]
