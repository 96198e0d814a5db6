"""Damages pictures as GIFs do: shrinks, blurs and adds noise, then reduces and dithers the colours as encoders do."""

import tempfile
from pathlib import Path

import cv2
import numpy as np

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip
from pipeline.media import gif
from pipeline.settings import Gif
from training.degrade import GaussianBlur, GaussianNoise, Jpeg, OrderedDither

COLOUR_REDUCTIONS = {"nearest": 0.24, "fixed": 0.1, "diffused": 0.3, "ordered": 0.1, "ours": 0.14, "none": 0.12}


def shrink(frames: UInt8, bicubic: bool = False) -> UInt8:
    """Halve frames (T, H, W, 3) uint8 by area average, or by Pillow's antialiased bicubic filter."""
    size = frames.shape[2] // 2, frames.shape[1] // 2
    if not bicubic:
        return np.stack([cv2.resize(frame, size, interpolation=cv2.INTER_AREA) for frame in frames])
    from PIL import Image

    return np.stack([np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC)) for frame in frames])


def damage(frames: UInt8, rng: np.random.Generator) -> UInt8:
    """Shrink a clip (T, H, W, 3) uint8 to half its size and damage it at random."""
    small = shrink(frames, rng.random() < 0.25)
    blur = float(rng.uniform(0.4, 2.0)) if rng.random() < 0.4 else 0.0
    noise = float(rng.uniform(1, 14)) if rng.random() < 0.4 else 0.0
    if blur:
        small = np.stack([GaussianBlur(blur)(frame, rng) for frame in small])
    if noise:
        small = np.stack([GaussianNoise(noise)(frame, rng) for frame in small])
    if rng.random() < 0.1:
        quality = int(rng.integers(40, 92))
        small = np.stack([Jpeg(quality)(frame, rng) for frame in small])
    return _few_colours(small, rng)


def _few_colours(frames: UInt8, rng: np.random.Generator) -> UInt8:
    reduction = rng.choice(list(COLOUR_REDUCTIONS), p=list(COLOUR_REDUCTIONS.values()))
    colours = min(256, int(2 ** rng.uniform(4.5, 8.5)))
    if reduction == "none":
        return frames
    if reduction == "ours":
        return own_gif(frames, int(rng.integers(40, 101)))
    if reduction == "ordered":
        levels = int(rng.integers(4, 9))
        return np.stack([OrderedDither(levels)(frame, rng) for frame in frames])
    diffuse = reduction == "diffused"
    return quantise(frames, colours, reduction == "fixed" or (diffuse and rng.random() < 0.3), diffuse)


def own_gif(frames: UInt8, quality: int) -> UInt8:
    """Pass frames (T, H, W, 3) uint8 through our own GIF writer, with its palettes and temporal hold."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.gif"
        gif.write(Clip(frames, None, np.full(len(frames), 40, np.int32)), path, Gif(quality))
        return gif.read(path).frames


def quantise(frames: UInt8, colours: int, fixed: bool = False, diffuse: bool = False) -> UInt8:
    """Reduce frames (T, H, W, 3) uint8 to a palette of `colours`.

    Each frame has its own palette, or with `fixed` all have the first one's. `diffuse` dithers by error diffusion.
    """
    from PIL import Image

    dither = Image.Dither.FLOYDSTEINBERG if diffuse else Image.Dither.NONE
    palette, quantised = None, []
    for frame in frames:
        picture = Image.fromarray(frame)
        if palette is None or not fixed:
            palette = picture.quantize(colours, Image.Quantize.MEDIANCUT)
        quantised.append(np.asarray(picture.quantize(palette=palette, dither=dither).convert("RGB")))
    return np.stack(quantised)
