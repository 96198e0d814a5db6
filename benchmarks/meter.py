"""Seconds by part inside a restoration, and a stand-in for what random weights make of a face."""

import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.faces import paste
from pipeline.networks.restorer import Restorer
from pipeline.restoring import clip_restoration
from pipeline.steadiness import keyframes


@dataclass
class Meter:
    """Seconds spent in each part, and how often it was called."""

    seconds: defaultdict[str, float] = field(default_factory=partial(defaultdict, float))
    calls: Counter[str] = field(default_factory=Counter)

    def run(self, part: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Call, and count it as `part`."""
        started = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            self.seconds[part] += time.perf_counter() - started
            self.calls[part] += 1

    def on(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, counted."""
        return partial(self.run, part, function)

    def attach(self) -> None:
        """Count the pipeline's own detection, temporal layer and paste from now on."""
        for place, name, part in (
            (clip_restoration, "track", "detect"),
            (keyframes, "restore_keyframes", "temporal"),
            (paste, "paste", "paste"),
        ):
            setattr(place, name, self.on(part, getattr(place, name)))

    def restart(self) -> None:
        """Count from nothing."""
        self.seconds.clear()
        self.calls.clear()

    def parts(self) -> dict[str, float]:
        """The seconds; the network, which runs inside the temporal layer, is taken out of that."""
        return dict(self.seconds) | {"temporal": self.seconds["temporal"] - self.seconds["network"]}


class Sharpened:
    """Passes faces through the real network for its cost, and gives them back sharpened.

    Random weights restore a face to noise, and the keyframes' scheduler looks at what a restoration adds: time of the
    one, content of the other.
    """

    def __init__(self, network: Restorer, meter: Meter) -> None:
        self.network, self.meter, self.batch = network, meter, network.batch

    def restore(self, faces: UInt8) -> UInt8:
        """(N, 512, 512, 3) uint8 RGB to the same."""
        self.meter.run("network", self.network.restore, faces)
        blurred = [cv2.GaussianBlur(face, (0, 0), 3) for face in faces]
        return np.stack([cv2.addWeighted(a, 2.2, b, -1.2, 0) for a, b in zip(faces, blurred, strict=True)])
