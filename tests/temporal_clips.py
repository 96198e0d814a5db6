"""Clips with known motion, and what restorers do to them."""

import cv2
import numpy as np


def moving(count: int = 8, size: tuple[int, int] = (72, 88), step: float = 1.5, seed: int = 0) -> np.ndarray:
    """A smooth random texture that slides to the right by `step` px a frame."""
    noise = np.random.default_rng(seed).normal(size=(size[0], size[1] + int(count * step) + 8, 3)).astype(np.float32)
    texture = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 4), None, 30, 220, cv2.NORM_MINMAX)
    shifts = [np.float32([[1, 0, -step * i], [0, 1, 0]]) for i in range(count)]
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    inverse = [np.float32([[1, 0, -m[0, 2]], [0, 1, 0]]) for m in shifts]
    frames = [cv2.warpAffine(texture, m, (size[1], size[0]), flags=flags) for m in inverse]
    return np.clip(np.rint(np.stack(frames)), 0, 255).astype(np.uint8)


def brightened(frames: np.ndarray) -> np.ndarray:
    return np.clip(frames.astype(np.int16) + 20, 0, 255).astype(np.uint8)


def flickering(frames: np.ndarray, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    grain = [cv2.GaussianBlur(rng.normal(0, 20, f.shape).astype(np.float32), (0, 0), 1.5) for f in frames]
    return np.clip(np.rint(frames + np.stack(grain)), 0, 255).astype(np.uint8)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.square(one.astype(float) - other).mean())))
