"""Upstream's `GFPGANer`, frame by frame, with each of its parts timed."""

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pipeline.arrays import Float32, UInt8
from pipeline.networks.upstream import prepare_import


class Upstream:
    """`enhance` as published; `seconds` adds up by part."""

    def __init__(self, weights: Path, background: Any = None) -> None:
        prepare_import()
        from gfpgan import GFPGANer

        self.seconds: dict[str, float] = defaultdict(float)
        device = torch.device("cpu")
        with contextlib.chdir(weights.parent):  # it looks for the detector and the parser under the working folder
            self.ganer = GFPGANer(
                str(weights), upscale=2, arch="clean", channel_multiplier=2, bg_upsampler=background, device=device
            )
        helper = self.ganer.face_helper
        self.ganer.gfpgan.forward = self._fixed_noise(self.ganer.gfpgan.forward)
        helper.face_det.detect_faces = self.timed("detect", helper.face_det.detect_faces)
        self.ganer.gfpgan.forward = self.timed("restore", self.ganer.gfpgan.forward)
        helper.face_parse.forward = self.timed("mask", helper.face_parse.forward)

    def enhance(self, rgb: UInt8, landmarks: list[Float32]) -> list[UInt8]:
        """Run on one (H, W, 3) RGB picture; return the restored faces (512, 512, 3) RGB.

        The detector runs, and finds nothing with random weights: `landmarks` (5, 2) take the place of its answer.
        """
        return [face[..., ::-1] for face in self._run(rgb, landmarks)[0]]

    def whole(self, rgb: UInt8, landmarks: list[Float32]) -> UInt8:
        """The same, but the whole picture (2H, 2W, 3) RGB with the faces in it."""
        picture: UInt8 = np.ascontiguousarray(self._run(rgb, landmarks)[1][..., ::-1])
        return picture

    def _run(self, rgb: UInt8, landmarks: list[Float32]) -> tuple[list[UInt8], UInt8]:
        """BGR, as upstream has it."""
        helper = self.ganer.face_helper
        detect = helper.get_face_landmarks_5

        def handed(**arguments: Any) -> int:
            detect(**arguments)
            helper.all_landmarks_5 = [points.astype(np.float64) for points in landmarks]
            helper.det_faces = [np.zeros(5)] * len(landmarks)
            return len(landmarks)

        helper.get_face_landmarks_5 = handed
        started, busy = time.perf_counter(), time.process_time()
        _, restored, picture = self.ganer.enhance(np.ascontiguousarray(rgb[..., ::-1]))
        self.seconds["all"] += time.perf_counter() - started
        self.seconds["processor"] += time.process_time() - busy
        helper.get_face_landmarks_5 = detect
        return restored, picture

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, its seconds counted as `part`."""

        def run(*arguments: Any, **named: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[part] += time.perf_counter() - started

        return run

    def _fixed_noise(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same work with the stored noise, so that results can be compared."""
        return lambda *arguments, **named: function(*arguments, **{**named, "randomize_noise": False})
