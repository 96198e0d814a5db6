"""What the pipeline reports about a finished clip: plain values only, which the daemon can read without a decoder."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Category = Literal["blurry", "noisy", "low_res", "clean"]
Reference = Literal["truth", "source", "input"]
NoiseMeasure = Literal["sigma", "dither", "JPEG", "blocks"]


@dataclass(frozen=True, slots=True)
class EngineComparison:
    """Our engine compared with the `gfpgan` package's own network on one face.

    `levels` is the largest difference in 8-bit levels. `psnr_db` compares the whole pictures; 80 dB means equal.
    `equal` says whether the difference is within what the engine's number format allows.
    """

    engine: str
    device: str
    dtype: str
    levels: int
    psnr_db: float
    equal: bool


@dataclass(frozen=True, slots=True)
class Measurement:
    """The damage measured in a clip. A measure without an answer is None, with the reason in `reasons`.

    `severity` has a value for each of blur, noise and low_res: 0 = none, 1 = the threshold of its category.
    `noise_measure` says which measure gave noise its severity; it is None where there is no noise at all.
    """

    category: Category
    severity: dict[str, float]
    confidence: float
    edge_spread_px: float | None = None
    motion_blur_px: float | None = None
    motion_blur_deg: float | None = None
    noise_sigma_8bit: float | None = None
    noise_temporal_sigma_8bit: float | None = None
    dither: float | None = None
    resolution_cutoff: float | None = None
    effective_width_px: float | None = None
    eye_distance_px: float | None = None
    blockiness: float | None = None
    quantisation_8bit: float | None = None
    noise_measure: NoiseMeasure | None = None
    spread: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def noise_amount(self) -> float | None:
        """The value of the measure that `noise_measure` names, in its own unit."""
        over_time = self.noise_temporal_sigma_8bit
        amounts = {
            "sigma": self.noise_sigma_8bit if over_time is None else over_time,
            "dither": self.dither,
            "JPEG": self.quantisation_8bit,
            "blocks": self.blockiness,
        }
        return amounts[self.noise_measure] if self.noise_measure else None

    @property
    def grain_sigma_8bit(self) -> float:
        """The larger of noise and dither, which optical flow should not follow; 0 if neither is known."""
        return max(self.noise_sigma_8bit or 0.0, self.dither or 0.0)


@dataclass(frozen=True, slots=True)
class FrameScore:
    """One output frame against its reference; the T-MSEs are of the pair (index - 1, index), None for the first."""

    index: int
    psnr_db: float
    ssim: float | None
    gmsd: float | None
    tmse_input: float | None
    tmse_output: float | None
    sharpness_input: float
    sharpness_output: float


@dataclass(frozen=True, slots=True)
class Scores:
    """A decoded output against its reference: PSNR in dB, SSIM, GMSD and T-MSE on images in [0, 1].

    PSNR, SSIM and GMSD are computed at the reference's size, both T-MSEs at the output's.
    T-MSE: the warping error of Lai et al. 2018 (arXiv 1808.00449). Sharpness: mean |Laplacian| of the grey image.
    """

    reference: Reference
    psnr_db: float
    ssim: float | None
    gmsd: float | None
    tmse_input: float | None
    tmse_output: float | None
    sharpness_input: float
    sharpness_output: float
    palette_psnr_db: float | None = None
    frames: tuple[FrameScore, ...] = ()


@dataclass(frozen=True, slots=True)
class ShotReport:
    """What was done to frames `start` (inclusive) to `stop` (exclusive) of a clip, and why.

    `background` and `faces` name the methods; `faces` is `none` if no face was restored. `reasons` has a sentence for
    each. If there are too many shots to list, the last report stands for several and says so under `shots`.
    """

    start: int
    stop: int
    background: str
    faces: str
    reasons: dict[str, str]


@dataclass(frozen=True, slots=True)
class ClipReport:
    """A finished clip: what it was, what was done to it, where its staged files lie and how they scored.

    `outputs` maps a format (gif, webp, apng, mp4) to its staged file; `categorised` is the unrestored GIF made
    from a raw video, else None. `start_ms` is where the clip starts in its source. `fallback` says why the requested
    restorer was not used. `seconds` is by stage. `plan` has the clip's shots in order.
    """

    name: str
    start_ms: int
    frames: int
    width: int
    height: int
    duration_ms: int
    loop: int | None
    measurement: Measurement
    category: Category
    faces: int
    face_errors: int
    restored_frames: int
    restorer: str
    fallback: str | None
    engine: str
    device: str
    dtype: str
    batch: int
    seconds: dict[str, float]
    outputs: dict[str, Path]
    categorised: Path | None
    scores: Scores
    warnings: tuple[str, ...] = ()
    plan: tuple[ShotReport, ...] = ()


@dataclass(frozen=True, slots=True)
class VideoReport:
    """One whole video, restored: `path` is the result.

    `segments` counts what it was worked on in, `restored_segments` those that this run did: the others were there from
    a run that was broken off. `seconds` are of this run. `faces` is the most on one picture. `fallback` says why the
    restorer asked for was not used.
    """

    name: str
    path: Path
    frames: int
    duration_ms: int
    encoder: str
    shots: int
    segments: int
    restored_segments: int
    faces: int
    face_errors: int
    restorer: str
    fallback: str | None
    seconds: float
    warnings: tuple[str, ...] = ()
