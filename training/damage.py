"""What GIF does to a picture: shrunk, blurred, noisy, and in few colours, chosen and dithered as encoders do."""

from dataclasses import dataclass

import cv2
import numpy as np

from pipeline.clip import UInt8
from pipeline.degrade import ErrorDiffusion, GaussianBlur, GaussianNoise, Jpeg, OrderedDither


@dataclass(frozen=True, slots=True)
class Damaged:
    """Frames (T, h, w, 3) uint8 at half size, and what was done to them: px at that size, grey levels."""

    frames: UInt8
    noise_sigma: float
    blur_sigma: float


def shrink(frames: UInt8, bicubic: bool = False) -> UInt8:
    """Halve (T, H, W, 3) uint8 by area average, or by Pillow's antialiased bicubic."""
    size = frames.shape[2] // 2, frames.shape[1] // 2
    if not bicubic:
        return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])
    from PIL import Image

    return np.stack([np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC)) for frame in frames])


def damage(frames: UInt8, rng: np.random.Generator) -> Damaged:
    """Damage a clip (T, H, W, 3) uint8 at random, at half its size."""
    small = shrink(frames, rng.random() < 0.3)
    blur = float(rng.uniform(0.4, 2.0)) if rng.random() < 0.35 else 0.0
    noise = float(rng.uniform(1, 16)) if rng.random() < 0.45 else 0.0
    if blur:
        small = np.stack([GaussianBlur(blur)(frame, rng) for frame in small])
    if noise:
        small = np.stack([GaussianNoise(noise)(frame, rng) for frame in small])
    if rng.random() < 0.1:
        quality = int(rng.integers(40, 92))
        small = np.stack([Jpeg(quality)(frame, rng) for frame in small])
    return Damaged(_few_colours(small, rng), noise, blur)


def _few_colours(frames: UInt8, rng: np.random.Generator) -> UInt8:
    way = rng.choice(["none", "nearest", "fixed", "diffused", "ordered"], p=[0.12, 0.27, 0.18, 0.3, 0.13])
    colours = int(2 ** rng.uniform(4, 8.01))
    if way == "none":
        return frames
    if way == "ordered":
        levels = int(rng.integers(4, 9))
        return np.stack([OrderedDither(levels)(frame, rng) for frame in frames])
    if way == "diffused":
        return np.stack([ErrorDiffusion(colours)(frame, rng) for frame in frames])
    return quantise(frames, colours, fixed=way == "fixed")


def quantise(frames: UInt8, colours: int, fixed: bool = False, diffuse: bool = False) -> UInt8:
    """Give (T, h, w, 3) uint8 a palette of `colours`, of each frame or `fixed` to the first's; nearest or diffused."""
    from PIL import Image

    dither = Image.Dither.FLOYDSTEINBERG if diffuse else Image.Dither.NONE
    palette, done = None, []
    for frame in frames:
        picture = Image.fromarray(frame)
        if palette is None or not fixed:
            palette = picture.quantize(colours, Image.Quantize.MEDIANCUT)
        done.append(np.asarray(picture.quantize(palette=palette, dither=dither).convert("RGB")))
    return np.stack(done)
