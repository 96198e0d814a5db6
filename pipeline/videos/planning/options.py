"""What can be told about whole videos, and the key that says which settings a finished segment depends on."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le

from pipeline.settings import Settings

EncoderName = Literal["x264", "x265", "svt-av1", "vp9", "h264-nvenc", "hevc-nvenc", "h264-qsv", "hevc-qsv"]
_PIXELS = ("restorer", "weights", "engine", "device", "window_megapixels", "detector", "mask", "background", "upscale")
_PIXEL_GROUPS = ("faces", "temporal")


@dataclass(frozen=True, slots=True)
class WholeVideo:
    """How a whole video is restored and coded.

    `crf` None means the encoder's own default; a lower value gives a larger, better file. Segments last between
    `shortest_segment` and `longest_segment` seconds where the shots allow it.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    encoder: EncoderName = "x264"
    crf: Annotated[int, Ge(0), Le(63)] | None = None
    preset: Literal["fast", "medium", "slow"] = "medium"
    deinterlace: bool = False
    shortest_segment: Annotated[float, Gt(0)] = 10.0
    longest_segment: Annotated[float, Gt(0)] = 30.0


def plan_key(options: WholeVideo, settings: Settings) -> str:
    """What a plan depends on besides its file, as a SHA-256."""
    return _digest([options.deinterlace, options.shortest_segment, options.longest_segment, asdict(settings.faces)])


def segment_key(options: WholeVideo, settings: Settings, restorer: str, build: str, plan: str) -> str:
    """What the bytes of a segment depend on, as a SHA-256: the settings of pixels and of coding, and what is named.

    `restorer` names what restores, `build` the encoders' version; `plan` is the plan's own SHA-256.
    """
    of_pixels = {name: getattr(settings, name) for name in _PIXELS}
    of_pixels |= {name: asdict(getattr(settings, name)) for name in _PIXEL_GROUPS}
    coding = [options.encoder, options.crf, options.preset, options.deinterlace]
    return _digest([of_pixels, coding, restorer, build, plan])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
