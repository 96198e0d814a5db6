"""The pipeline's settings as plain frozen data classes; `daemon/settings/config.py` builds them from `config.yaml`.

Bounds stand beside the fields as `annotated_types`, which pydantic checks; this module imports nothing else. Every
number has an upper bound, so that none can overflow a time or a size; docs/configuration.md has their reasons.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le, MinLen

Fraction = Annotated[float, Ge(0), Le(1)]
Milliseconds = Annotated[int, Ge(0), Le(60_000)]
LONGEST_SIDE = 32766  # px; nothing longer can be restored
EncoderName = Literal["x264", "x265", "svt-av1", "vp9", "h264-nvenc", "hevc-nvenc", "h264-qsv", "hevc-qsv"]


@dataclass(frozen=True, slots=True)
class Limits:
    """The sizes above which a file is refused by its headers, before any pixel is decoded.

    A GIF of 69 KB can hold 576 GB of pixels.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    max_megapixels: Annotated[float, Gt(0), Le(1100)] = 16.0
    max_frames: Annotated[int, Ge(1), Le(10_000_000)] = 5000
    max_total_megapixels: Annotated[float, Gt(0), Le(10_000_000)] = 4000.0
    max_file_mb: Annotated[float, Gt(0), Le(10_000_000)] = 1024.0


@dataclass(frozen=True, slots=True)
class WholeVideo:
    """How a whole video is restored and coded.

    `crf` None means the encoder's own default; a lower value gives a larger, better file. Segments last between
    `shortest_segment` and `longest_segment` seconds where the shots allow it. `max_file_mb` stands in for that of
    `Limits`, as a video of any length is restored with the same memory.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    encoder: EncoderName = "x264"
    crf: Annotated[int, Ge(0), Le(63)] | None = None
    preset: Literal["fast", "medium", "slow"] = "medium"
    deinterlace: bool = False
    shortest_segment: Annotated[float, Ge(0.1), Le(3600)] = 10.0
    longest_segment: Annotated[float, Ge(0.1), Le(3600)] = 30.0
    max_file_mb: Annotated[float, Gt(0), Le(10_000_000)] = 65536.0


@dataclass(frozen=True, slots=True)
class Video:
    """What is made of a raw video: clips of GIF size and timing, a whole video, or both."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    mode: Literal["clips", "whole", "both"] = "clips"
    max_fps: Annotated[float, Gt(0), Le(50)] = 25.0
    max_side: Annotated[int, Ge(16), Le(LONGEST_SIDE)] = 640
    max_clip_seconds: Annotated[float, Gt(0), Le(86_400)] = 10.0
    max_clips: Annotated[int, Ge(1), Le(10_000)] = 4
    whole: WholeVideo = field(default_factory=WholeVideo)


@dataclass(frozen=True, slots=True)
class Faces:
    """Which faces are found and how they are followed."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    min_size_px: Annotated[int, Ge(4), Le(LONGEST_SIDE)] = 16
    min_score: Fraction = 0.6
    detect_every: Annotated[int, Ge(1), Le(1000)] = 1
    max_gap_ms: Milliseconds = 300
    smooth_ms: Milliseconds = 80
    fade_ms: Milliseconds = 120


@dataclass(frozen=True, slots=True)
class Temporal:
    """How strongly flicker is suppressed, and how many frames are restored."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    strength: Annotated[float, Ge(0), Le(100)] = 1.0
    keyframes: bool = True
    max_keyframe_gap: Annotated[int, Ge(1), Le(1000)] = 12
    min_confidence: Fraction = 0.5
    max_unsure: Fraction = 0.12
    flow: Literal["auto", "dis", "raft"] = "auto"


@dataclass(frozen=True, slots=True)
class Gif:
    """How GIFs are written."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    quality: Annotated[int, Ge(1), Le(100)] = 90
    hold: Annotated[float, Ge(0), Le(255**2)] = 24.0
    dither: Literal["none", "blue-noise"] = "none"
    max_bytes: Annotated[int, Ge(0), Le(10**13)] = 0


@dataclass(frozen=True, slots=True)
class Models:
    """Where weights are stored and where they are downloaded from."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    folder: Path = Path("models")
    mirror: str = ""
    download: bool = True


@dataclass(frozen=True)
class Settings:
    """All settings that the pipeline reads."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    restorer: Literal["auto", "gfpgan", "compact", "classic"] = "auto"
    weights: Literal["GFPGANv1.4", "GFPGANv1.3"] = "GFPGANv1.4"
    engine: Literal["auto", "torch", "openvino", "upstream"] = "auto"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    compile: bool = False
    batch: Annotated[int, Ge(0), Le(1000)] = 0
    window_megapixels: Annotated[float, Gt(0), Le(100_000)] = 30.0
    detector: Literal["yunet", "retinaface"] = "yunet"
    mask: Literal["static", "parsenet"] = "static"
    background: Literal["compact", "classic", "realesrgan"] = "compact"
    upscale: Literal[1, 2, 4] = 2
    outputs: Annotated[tuple[Literal["gif", "webp", "apng", "mp4"], ...], MinLen(1)] = ("gif",)
    keep_frames: bool = False
    limits: Limits = field(default_factory=Limits)
    video: Video = field(default_factory=Video)
    faces: Faces = field(default_factory=Faces)
    temporal: Temporal = field(default_factory=Temporal)
    gif: Gif = field(default_factory=Gif)
    models: Models = field(default_factory=Models)
