"""Applies known damage to clean clips, for benchmarks and tests: blur, noise, few colours, down-sampling.

A recipe is a sequence of damages, applied in order to the sRGB values of every frame. All randomness comes from the
seed, so the same seed damages the same clip in the same way.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike

from pipeline.arrays import Float32, UInt8
from pipeline.clips.clip import Clip


class Damage(Protocol):
    """One damage to one frame."""

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Return the damaged (H, W, 3) uint8 sRGB frame, of the same size."""
        ...


Recipe = Sequence[Damage]


@dataclass(frozen=True, slots=True)
class GaussianBlur:
    """A Gaussian point spread of standard deviation `sigma_px`."""

    sigma_px: float

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Blur the frame."""
        blurred = cv2.GaussianBlur(rgb.astype(np.float32), (0, 0), self.sigma_px, borderType=cv2.BORDER_REFLECT_101)
        return _to_uint8(blurred)


@dataclass(frozen=True, slots=True)
class Defocus:
    """A disc of `radius_px` as the point spread, as an unfocused lens has."""

    radius_px: float

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Blur the frame."""
        return spread_points(rgb, disc(self.radius_px))


@dataclass(frozen=True, slots=True)
class MotionBlur:
    """A straight streak of `length_px`; `angle_deg` counts from the x axis towards y (down), 0 to 180."""

    length_px: float
    angle_deg: float = 0.0

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Blur the frame."""
        return spread_points(rgb, streak(self.length_px, self.angle_deg))


@dataclass(frozen=True, slots=True)
class GaussianNoise:
    """White noise, independent in each channel, of `sigma_8bit` levels."""

    sigma_8bit: float

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Add the noise."""
        return _to_uint8(rgb + rng.normal(0.0, self.sigma_8bit, rgb.shape).astype(np.float32))


@dataclass(frozen=True, slots=True)
class PoissonNoise:
    """Shot noise of a sensor that counts `peak` photons at white."""

    peak: float

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Count the photons."""
        return _to_uint8(rng.poisson(rgb * (self.peak / 255.0)) * np.float32(255.0 / self.peak))


@dataclass(frozen=True, slots=True)
class Jpeg:
    """Blocks and ringing of JPEG at `quality` 1 to 95 (Pillow's scale), colour at half resolution."""

    quality: int

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Compress and decode the frame."""
        from PIL import Image

        file = io.BytesIO()
        Image.fromarray(rgb).save(file, "JPEG", quality=self.quality)
        with Image.open(file) as image:
            return np.asarray(image.convert("RGB"))


@dataclass(frozen=True, slots=True)
class ErrorDiffusion:
    """A palette of `colours`, chosen for the frame, with Floyd-Steinberg dither."""

    colours: int

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Quantise the frame."""
        from PIL import Image

        image = Image.fromarray(rgb)
        palette = image.quantize(self.colours, Image.Quantize.MEDIANCUT)
        dithered = image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
        return np.asarray(dithered.convert("RGB"))


@dataclass(frozen=True, slots=True)
class OrderedDither:
    """`levels` for each channel with Bayer's 4×4 threshold matrix (Bayer 1973), the same in every frame."""

    levels: int

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Quantise the frame."""
        step = 255.0 / (self.levels - 1)
        rows, columns = -(-rgb.shape[0] // 4), -(-rgb.shape[1] // 4)
        thresholds = np.tile(_BAYER, (rows, columns))[: rgb.shape[0], : rgb.shape[1], None]
        return _to_uint8(np.floor(rgb / np.float32(step) + thresholds) * step)


@dataclass(frozen=True, slots=True)
class Downsample:
    """An upscaled picture: shrunk by `factor` (area average) and enlarged to its old size.

    `enlarge` is one of OpenCV's interpolations: `cv2.INTER_CUBIC`, or `cv2.INTER_NEAREST` for blocks.
    """

    factor: float
    enlarge: int = cv2.INTER_CUBIC

    def __call__(self, rgb: UInt8, rng: np.random.Generator) -> UInt8:
        """Shrink and enlarge the frame."""
        height, width = rgb.shape[:2]
        small = max(1, round(width / self.factor)), max(1, round(height / self.factor))
        shrunk = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(shrunk, (width, height), interpolation=self.enlarge), np.uint8)


_BAYER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]], np.float32) + 0.5) / 16.0


def degrade(clip: Clip, recipe: Recipe, seed: int) -> Clip:
    """Apply each damage of `recipe` to every frame, in order; size, alpha and durations stay."""
    rng = np.random.default_rng(seed)
    frames = np.empty_like(clip.frames)
    for i, rgb in enumerate(clip.frames):
        frames[i] = reduce(lambda damaged, damage: damage(damaged, rng), recipe, rgb)
    return Clip(frames, clip.alpha, clip.durations_ms, clip.loop)


def difference_rms_8bit(clean: Clip, damaged: Clip) -> float:
    """Return the RMS difference of two clips of equal shape in grey levels, over all channels; 3 is visible."""
    difference = clean.frames.astype(np.float32) - damaged.frames
    return float(np.sqrt(np.mean(np.square(difference), dtype=np.float64)))


def spread_points(rgb: UInt8, kernel: Float32) -> UInt8:
    """Convolve an (H, W, 3) uint8 frame with a point spread (K, K) float32 that sums to 1."""
    return _to_uint8(cv2.filter2D(rgb, cv2.CV_32F, kernel[::-1, ::-1], borderType=cv2.BORDER_REFLECT_101))


def disc(radius_px: float) -> Float32:
    """Return the (K, K) float32 point spread of a disc, antialiased 8 × 8 times, summing to 1."""
    reach, fine = int(np.ceil(radius_px)), 8
    places = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
    inside = np.square(places)[:, None] + np.square(places)[None] <= radius_px * radius_px
    kernel = inside.reshape(2 * reach + 1, fine, -1, fine).mean(axis=(1, 3), dtype=np.float32)
    return np.asarray(kernel / kernel.sum(), np.float32)


def streak(length_px: float, angle_deg: float) -> Float32:
    """Return the (K, K) float32 point spread of a straight streak one pixel thick, summing to 1."""
    angle = np.deg2rad(angle_deg)
    samples = np.linspace(-length_px / 2, length_px / 2, max(2, round(length_px * 16)))
    reach = int(np.ceil(length_px / 2)) + 1
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for at in samples:
        _splat(kernel, reach + at * np.cos(angle), reach + at * np.sin(angle))
    return np.asarray(kernel / kernel.sum(), np.float32)


def _splat(kernel: Float32, x: float, y: float) -> None:
    """Add a point of weight 1 at (x, y), shared bilinearly among its four pixels."""
    left, top = int(x), int(y)
    across, down = x - left, y - top
    kernel[top, left] += (1 - across) * (1 - down)
    kernel[top, left + 1] += across * (1 - down)
    kernel[top + 1, left] += (1 - across) * down
    kernel[top + 1, left + 1] += across * down


def _to_uint8(values: ArrayLike) -> UInt8:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)
