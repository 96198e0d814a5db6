"""Encodes each frame as the smallest image that changes the screen into that frame."""

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Bool, Int32, UInt8
from pipeline.clips.clip import Frame
from pipeline.settings import Gif

from . import codes, hold, palette
from .dither import dithered

OPAQUE_FROM = 128  # GIF has no half-transparent pixels: this alpha and above is opaque
D = TypeVar("D", bound=np.generic)
_FEW = 64  # so many colours always get their own palette entries
_FIRST_ROUNDS, _ROUNDS = 12, 3
_TYPICAL_ERROR = 20  # of the nearest colour, assumed until a frame has been measured


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the encoder trades fidelity for bytes.

    `hold` and `slack` are squared errors as in the module `hold`; `colours` is the most that one frame may have.
    """

    hold: int
    slack: int
    colours: int
    dither: bool

    @classmethod
    def of(cls, options: Gif) -> "Tuning":
        """Translate the settings: each point of quality below 100 adds 1.2 slack; below 50 it also removes colours."""
        colours = 256 if options.quality >= 50 else max(8, 256 * options.quality // 50)
        return cls(round(options.hold), round(1.2 * (100 - options.quality)), colours, options.dither == "blue-noise")


class Image(NamedTuple):
    """One image of a GIF: its rectangle in px, palette (K, 3) uint8, and LZW codes.

    If `keeps`, index K leaves a pixel of the screen as it is. If `clears`, the rectangle is cleared after the image.
    """

    left: int
    top: int
    width: int
    height: int
    palette: UInt8
    keeps: bool
    clears: bool
    code_size: int
    codes: UInt8


class _Pixels(NamedTuple):
    """For each pixel (H, W): the error of keeping it, its nearest colour with its error, and whether it is drawn."""

    keep_error: Int32
    nearest: UInt8
    error: Int32
    drawn: Bool

    def cut(self, area: tuple[slice, slice]) -> "_Pixels":
        return _Pixels(
            _contiguous(self.keep_error[area]),
            _contiguous(self.nearest[area]),
            _contiguous(self.error[area]),
            _contiguous(self.drawn[area]),
        )


class Encoder:
    """Encodes frames of `width` × `height` px in order and holds the screen as a player would show it."""

    def __init__(self, width: int, height: int, tuning: Tuning) -> None:
        self._tuning = tuning
        self._screen = np.zeros((height, width, 3), np.uint8)
        self._covered = np.zeros((height, width), np.bool_)
        self._near = hold.empty_neighbours()
        self._slot = np.full(palette.CELLS, -1, np.int32)
        self._last_palette: Int32 | None = None
        self._last: UInt8 | None = None
        self._transparent = False
        self._typical_error = _TYPICAL_ERROR
        self.squared_error, self.samples = 0, 0

    def encode(self, frame: Frame, following: Frame | None) -> Image:
        """Return the image that turns the screen into `frame` and leaves it ready for `following`."""
        if frame.rgb.shape != self._screen.shape:
            raise ValueError(f"a frame of {frame.rgb.shape[:2]} among frames of {self._screen.shape[:2]}")
        opaque = np.ones_like(self._covered) if frame.alpha is None else frame.alpha >= OPAQUE_FROM
        # Pillow and ffmpeg show uncovered pixels as transparent only if the image has a transparent index.
        self._transparent = any(f is not None and f.alpha is not None for f in (frame, following))
        target = dithered(frame.rgb) if self._tuning.dither else _contiguous(frame.rgb)
        keep_error = np.where(opaque, self._keeping_errors(target, opaque), np.int32(-1))
        colours, pixels = self._quantise(target, keep_error)
        self._covered |= opaque
        image = self._encode_area(target, colours, pixels, self._uncovered_next(following))
        self._add_error(frame, opaque)
        if image.clears:
            self._covered[image.top : image.top + image.height, image.left : image.left + image.width] = False
        return image

    def _keeping_errors(self, target: UInt8, opaque: Bool) -> Int32:
        """Return the error (H, W) of keeping each pixel: 0 for a duplicate frame, which must not change the screen."""
        visible = target if opaque.all() else np.where(opaque[..., None], target, np.uint8(0))
        is_duplicate = self._last is not None and np.array_equal(visible, self._last)
        self._last = visible
        errors = hold.keep_errors(target, self._screen, self._covered)
        return np.where(self._covered, np.int32(0), errors) if is_duplicate else errors

    def _quantise(self, target: UInt8, keep_error: Int32) -> tuple[Int32, _Pixels]:
        """Return a palette (3, K) for the pixels that change, and each pixel's choice from it."""
        tuning = self._tuning
        room = tuning.colours - int(self._transparent or (keep_error < hold.NEVER).any())  # one index keeps a pixel
        changing = keep_error > tuning.hold
        present = self._cells(target, keep_error > 0)
        exact = self._exact_palette(target, changing, room)
        if exact is not None:
            hold.fill_neighbours(present, exact, self._near)
            return exact, _Pixels(keep_error, *hold.choose_of_all(target, keep_error, exact, tuning.hold))
        colours = self._fit_palette(target, keep_error, changing, room)
        pixels = self._choose(target, keep_error, present, colours)
        palette.lloyd(self._cells(target, pixels.drawn), colours, 1)
        pixels = self._choose(target, keep_error, present, colours)
        if pixels.drawn.any():
            self._typical_error = int(pixels.error[pixels.drawn].mean())
        return colours, pixels

    def _cells(self, target: UInt8, counted: Bool) -> palette.Cells:
        return palette.cell_means(target, counted, self._slot)

    def _choose(self, target: UInt8, keep_error: Int32, present: palette.Cells, colours: Int32) -> _Pixels:
        hold.fill_neighbours(present, colours, self._near)
        return _Pixels(keep_error, *hold.choose(target, keep_error, colours, self._near, self._tuning.hold))

    def _exact_palette(self, target: UInt8, changing: Bool, room: int) -> Int32 | None:
        """Return the colours (3, K) of the pixels that change, or None if they are too many for exact entries."""
        if len(self._cells(target, changing)) > room:
            return None
        pixels = target[changing].astype(np.int32)
        packed = np.unique(pixels[:, 0] << 16 | pixels[:, 1] << 8 | pixels[:, 2])
        is_first = self.samples == 0  # its table becomes the global one, which later frames of the same colours share
        if len(packed) > (room if is_first else max(_worthwhile(len(pixels), room), min(_FEW, room))):
            return None
        if not len(packed):
            return np.zeros((3, 1), np.int32)
        if np.array_equal(packed, np.arange(len(packed)) * 0x010101):
            # Pillow takes a table of greys 0, 1, 2, … for no table at all, and then ignores later tables too.
            packed[-2:] = packed[-2:][::-1]
        return np.stack([packed >> 16, packed >> 8 & 255, packed & 255]).astype(np.int32)

    def _fit_palette(self, target: UInt8, keep_error: Int32, changing: Bool, room: int) -> Int32:
        """Return a palette for the pixels that a new colour of typical error would improve."""
        cells = self._cells(target, keep_error > self._tuning.hold + self._typical_error)
        if not len(cells):
            cells = self._cells(target, changing)
        size, last_palette = _worthwhile(int(cells[:, 3].sum()), room), self._last_palette
        if last_palette is None or last_palette.shape[1] != size:
            colours = palette.first_palette(cells, size)
            palette.lloyd(cells, colours, _FIRST_ROUNDS)
        else:
            colours = last_palette.copy()
            palette.lloyd(cells, colours, _ROUNDS)
        if last_palette is None or size >= min(last_palette.shape[1], room):
            self._last_palette = colours
        return colours

    def _uncovered_next(self, following: Frame | None) -> Bool | None:
        """Return the covered pixels (H, W) that are transparent in the following frame; None if there are none."""
        if following is None or following.alpha is None:
            return None
        uncovered: Bool = self._covered & (following.alpha < OPAQUE_FROM)
        return uncovered if uncovered.any() else None

    def _encode_area(self, target: UInt8, colours: Int32, pixels: _Pixels, uncovered: Bool | None) -> Image:
        area = _bounding_box(pixels.drawn if uncovered is None else pixels.drawn | uncovered)
        cut, screen = pixels.cut(area), _contiguous(self._screen[area])
        slack = self._tuning.slack
        keeps = self._transparent or not cut.drawn.all() or (slack > 0 and bool((cut.keep_error < hold.NEVER).any()))
        code_size = max(2, (colours.shape[1] - 1 + keeps).bit_length())
        packed = codes.encode(
            _contiguous(target[area]).reshape(-1, 3),
            screen.reshape(-1, 3),
            cut.keep_error.ravel(),
            cut.nearest.ravel(),
            cut.error.ravel(),
            cut.drawn.ravel(),
            colours,
            self._near,
            self._tuning.hold,
            slack,
            code_size,
        )
        self._screen[area] = screen
        rows, columns = area
        height, width = screen.shape[:2]
        table = _contiguous(colours.T.astype(np.uint8))
        clears = uncovered is not None
        return Image(columns.start, rows.start, width, height, table, keeps, clears, code_size, packed)

    def _add_error(self, frame: Frame, opaque: Bool) -> None:
        error = hold.keep_errors(_contiguous(frame.rgb), self._screen, self._covered)
        self.squared_error += int(error[opaque].sum(dtype=np.int64))
        self.samples += 3 * int(opaque.sum())


def _contiguous(pixels: NDArray[D]) -> NDArray[D]:
    return np.ascontiguousarray(pixels)


def _worthwhile(pixels: int, room: int) -> int:
    """Return how many colours pay, at three bytes each: one for eight pixels, filled up to a table of 2ⁿ less one."""
    return min(room, max(15, (1 << (pixels // 8).bit_length()) - 1))


def _bounding_box(mask: Bool) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return slice(0, 1), slice(0, 1)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
