"""The keys that say which settings a plan and a finished segment of a whole video depend on."""

import hashlib
import json
from dataclasses import asdict

from pipeline.settings import Settings, WholeVideo

_PIXELS = ("restorer", "weights", "engine", "device", "window_megapixels", "detector", "mask", "background", "upscale")
_PIXEL_GROUPS = ("faces", "temporal")


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
