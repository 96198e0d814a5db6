"""Clean clips and the damages done to them; calibration and evaluation share no damage.

Photographs become clips by a synthetic camera's pan, shrunk by a whole factor: sharp, without noise, without blocks.
Calibration uses scikit-image's own. Evaluation takes `--clips DIR` of photographs, GIFs or videos never used
for calibration; without it, the same photographs under other damages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import skimage

from pipeline.clips.clip import Clip
from pipeline.media import open_media
from pipeline.report import Category
from pipeline.settings import Limits
from training.degrade import (
    Damage,
    Defocus,
    Downsample,
    ErrorDiffusion,
    GaussianBlur,
    GaussianNoise,
    Jpeg,
    MotionBlur,
    OrderedDither,
    PoissonNoise,
)

FRAMES = 6
_SIDES = (320, 200, 480, 320)  # px, about; by turns
_OWN = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png")
_PHOTOGRAPHS = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True, slots=True)
class Case:
    """One damage, the category it belongs to, and where it has one, its size: σ in 8-bit levels or in px."""

    category: Category
    name: str
    damages: tuple[Damage, ...]
    sigma_8bit: float | None = None
    sigma_px: float | None = None


def calibration() -> list[Case]:
    """Return the cases that the thresholds of `pipeline.measuring` were set on."""
    return [
        Case("clean", "none", ()),
        *(Case("blurry", f"gaussian {s}", (GaussianBlur(s),), sigma_px=s) for s in (0.7, 1, 1.5, 2.2, 3.2, 5)),
        *(Case("blurry", f"defocus {r}", (Defocus(r),), sigma_px=r / 2) for r in (1.5, 2.5, 4, 6)),
        *(Case("blurry", f"motion {n} {a}", (MotionBlur(n, a),)) for n, a in ((4, 0), (6, 60), (9, 135), (15, 25))),
        *(Case("noisy", f"gaussian {s}", (GaussianNoise(s),), sigma_8bit=s) for s in (3.2, 5, 9, 16, 30)),
        *(Case("noisy", f"poisson {p}", (PoissonNoise(p),)) for p in (2000, 400, 80)),
        *(Case("noisy", f"jpeg {q}", (Jpeg(q),)) for q in (75, 50, 30, 12)),
        *(Case("noisy", f"diffusion {n}", (ErrorDiffusion(n),)) for n in (48, 24, 10)),
        *(Case("noisy", f"ordered {n}", (OrderedDither(n),)) for n in (16, 8, 5)),
        *(Case("low_res", f"cubic {f}", (Downsample(f),)) for f in (1.5, 2, 3, 4, 6)),
        *(Case("low_res", f"nearest {f}", (Downsample(f, cv2.INTER_NEAREST),)) for f in (2, 3, 4)),
        *(Case("low_res", f"linear {f}", (Downsample(f, cv2.INTER_LINEAR),)) for f in (2, 4)),
    ]


def evaluation() -> list[Case]:
    """Return the cases that accuracy is measured on: other sizes, and kinds that calibration did not know."""
    return [
        Case("clean", "none", ()),
        *(Case("blurry", f"gaussian {s}", (GaussianBlur(s),), sigma_px=s) for s in (0.8, 1.2, 1.8, 2.7, 4)),
        *(Case("blurry", f"defocus {r}", (Defocus(r),), sigma_px=r / 2) for r in (2, 3, 5)),
        *(Case("blurry", f"box {n}", (Box(n),), sigma_px=np.sqrt((n * n - 1) / 12)) for n in (3, 5, 9)),
        *(Case("blurry", f"motion {n} {a}", (MotionBlur(n, a),)) for n, a in ((5, 90), (7, 40), (11, 110), (18, 160))),
        *(Case("noisy", f"gaussian {s}", (GaussianNoise(s),), sigma_8bit=s) for s in (4, 7, 12, 22)),
        *(Case("noisy", f"laplacian {s}", (Laplacian(s),), sigma_8bit=s) for s in (6, 15)),
        *(Case("noisy", f"poisson {p}", (PoissonNoise(p),)) for p in (1000, 200)),
        *(Case("noisy", f"jpeg {q}", (Jpeg(q),)) for q in (80, 60, 40, 20)),
        *(Case("noisy", f"diffusion {n}", (ErrorDiffusion(n),)) for n in (32, 16)),
        *(Case("noisy", f"ordered {n}", (OrderedDither(n),)) for n in (12, 6)),
        *(Case("low_res", f"cubic {f}", (Downsample(f),)) for f in (1.6, 2, 2.5, 3.5, 5)),
        *(Case("low_res", f"nearest {f}", (Downsample(f, cv2.INTER_NEAREST),)) for f in (2, 5)),
        *(Case("low_res", f"linear {f}", (Downsample(f, cv2.INTER_LINEAR),)) for f in (2, 3)),
        *(Case("low_res", f"lanczos {f}", (Downsample(f, cv2.INTER_LANCZOS4),)) for f in (2, 4)),
    ]


@dataclass(frozen=True, slots=True)
class Box:
    """A square average of `side_px`, as repeated resampling leaves."""

    side_px: int

    def __call__(self, rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Blur the frame."""
        return cv2.blur(rgb, (self.side_px, self.side_px), borderType=cv2.BORDER_REFLECT_101)


@dataclass(frozen=True, slots=True)
class Laplacian:
    """Noise with heavier tails than a Gaussian's, of standard deviation `sigma_8bit`."""

    sigma_8bit: float

    def __call__(self, rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Add the noise."""
        noisy = rgb + rng.laplace(0.0, self.sigma_8bit / np.sqrt(2.0), rgb.shape)
        return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def clean_clips(folder: Path | None) -> Iterator[tuple[str, Clip]]:
    """Yield names and clean clips: of `folder`, or of scikit-image's photographs."""
    if folder is None:
        data = Path(skimage.__file__).parent / "data"
        paths = [data / name for name in _OWN]
    else:
        paths = sorted(p for p in folder.iterdir() if p.is_file())
    for i, path in enumerate(paths):
        yield path.name, _pan(path, i) if path.suffix.lower() in _PHOTOGRAPHS else _opening(path)


def _pan(path: Path, seed: int) -> Clip:
    """Move a window over a photograph by 0 to 2 of its pixels a frame and shrink it by a whole factor, 2 at least."""
    picture = cv2.cvtColor(np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB)
    room = 2 * FRAMES
    side = _SIDES[seed % len(_SIDES)]
    factor = max(2, (min(picture.shape[:2]) - room) // side)
    height = min(side, (picture.shape[0] - room) // factor)
    width = min(side * 5 // 4, (picture.shape[1] - room) // factor)
    top, left = (picture.shape[0] - room - height * factor) // 2, (picture.shape[1] - room - width * factor) // 2
    across, down = seed % 3, seed // 3 % 3
    frames = []
    for i in range(FRAMES):
        y, x = top + i * down, left + i * across
        window = picture[y : y + height * factor, x : x + width * factor]
        frames.append(cv2.resize(window, (width, height), interpolation=cv2.INTER_AREA))
    return Clip(np.stack(frames), None, np.full(FRAMES, 40, np.int32), 0)


def _opening(path: Path) -> Clip:
    """Take the first frames of a video or an animation."""
    with open_media(path, Limits()) as reader:
        frames = [frame for frame, _ in zip(reader, range(FRAMES), strict=False)]
    return Clip.of(frames, 0)
