"""One frame after another becomes the smallest change of what is on screen."""

from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.arrays import Bool, Int32, UInt8
from pipeline.clips.clip import Frame
from pipeline.settings import Gif

from . import codes, hold, palette
from .dither import dithered

OPAQUE_FROM = 128  # GIF has no half-transparent pixels: alpha from here on is opaque
D = TypeVar("D", bound=np.generic)
_FEW = 64  # colours always have their own entries
_FIRST_ROUNDS, _ROUNDS = 12, 3
_TYPICAL_ERROR = 20  # of the nearest colour, until a frame has shown its own


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the encoder trades fidelity for bytes; squared errors as in `hold`, `colours` a frame."""

    hold: int
    slack: int
    colours: int
    dither: bool

    @classmethod
    def of(cls, options: Gif) -> "Tuning":
        """What the settings mean: from quality 100 down, 1.2 more slack a point; below 50, fewer colours."""
        colours = 256 if options.quality >= 50 else max(8, 256 * options.quality // 50)
        return cls(round(options.hold), round(1.2 * (100 - options.quality)), colours, options.dither == "blue-noise")


class Image(NamedTuple):
    """One image of a GIF: its rectangle in px, palette (K, 3) uint8, and LZW codes; index K keeps a pixel."""

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
    """For each pixel (H, W): the error of keeping it, its nearest colour, that one's error, and is it drawn."""

    staying: Int32
    nearest: UInt8
    error: Int32
    drawn: Bool

    def cut(self, area: tuple[slice, slice]) -> "_Pixels":
        staying, nearest, error, drawn = self
        return _Pixels(_whole(staying[area]), _whole(nearest[area]), _whole(error[area]), _whole(drawn[area]))


class Encoder:
    """Holds the screen as a player would show it. Frames are `width` × `height` px."""

    def __init__(self, width: int, height: int, tuning: Tuning) -> None:
        self._tuning = tuning
        self._screen = np.zeros((height, width, 3), np.uint8)
        self._covered = np.zeros((height, width), np.bool_)
        self._near = hold.empty_neighbours()
        self._slot = np.full(palette.CELLS, -1, np.int32)
        self._warm: Int32 | None = None
        self._last: UInt8 | None = None
        self._transparent = False
        self._error = _TYPICAL_ERROR
        self.squared_error, self.samples = 0, 0

    def encode(self, frame: Frame, following: Frame | None) -> Image:
        """The image that turns the screen into `frame`, disposed of so that `following` can be shown after it."""
        if frame.rgb.shape != self._screen.shape:
            raise ValueError(f"a frame of {frame.rgb.shape[:2]} among frames of {self._screen.shape[:2]}")
        opaque = np.ones_like(self._covered) if frame.alpha is None else frame.alpha >= OPAQUE_FROM
        # Pillow and ffmpeg ask each image whether what nothing covers is transparent: it must have that index
        self._transparent = any(f is not None and f.alpha is not None for f in (frame, following))
        target = dithered(frame.rgb) if self._tuning.dither else _whole(frame.rgb)
        staying = np.where(opaque, self._keeping(target, opaque), np.int32(-1))
        colours, pixels = self._quantised(target, staying)
        self._covered |= opaque
        image = self._coded(target, colours, pixels, self._uncovered_next(following))
        self._count(frame, opaque)
        if image.clears:
            self._covered[image.top : image.top + image.height, image.left : image.left + image.width] = False
        return image

    def _keeping(self, target: UInt8, opaque: Bool) -> Int32:
        """The error (H, W) of keeping each pixel; none for a frame shown again, which a player must show unchanged."""
        visible = target if opaque.all() else np.where(opaque[..., None], target, np.uint8(0))
        again = self._last is not None and np.array_equal(visible, self._last)
        self._last = visible
        errors = hold.keeping(target, self._screen, self._covered)
        return np.where(self._covered, np.int32(0), errors) if again else errors

    def _quantised(self, target: UInt8, staying: Int32) -> tuple[Int32, _Pixels]:
        """A palette (3, K) for the pixels that change, and what it does for each pixel."""
        tuning = self._tuning
        room = tuning.colours - int(self._transparent or (staying < hold.NEVER).any())  # one index keeps a pixel
        changing = staying > tuning.hold
        present = self._cells(target, staying > 0)
        exact = self._exact(target, changing, room)
        if exact is not None:
            hold.neighbours(present, exact, self._near)
            return exact, _Pixels(staying, *hold.choose_of_all(target, staying, exact, tuning.hold))
        colours = self._fitted(target, staying, changing, room)
        pixels = self._chosen(target, staying, present, colours)
        palette.lloyd(self._cells(target, pixels.drawn), colours, 1)
        pixels = self._chosen(target, staying, present, colours)
        if pixels.drawn.any():
            self._error = int(pixels.error[pixels.drawn].mean())
        return colours, pixels

    def _cells(self, target: UInt8, counted: Bool) -> palette.Cells:
        return palette.cell_means(target, counted, self._slot)

    def _chosen(self, target: UInt8, staying: Int32, present: palette.Cells, colours: Int32) -> _Pixels:
        hold.neighbours(present, colours, self._near)
        return _Pixels(staying, *hold.choose(target, staying, colours, self._near, self._tuning.hold))

    def _exact(self, target: UInt8, changing: Bool, room: int) -> Int32 | None:
        """The colours (3, K) of the pixels that change, where they are so few that each can have its own."""
        if len(self._cells(target, changing)) > room:
            return None
        pixels = target[changing].astype(np.int32)
        packed = np.unique(pixels[:, 0] << 16 | pixels[:, 1] << 8 | pixels[:, 2])
        first = self.samples == 0  # its table is the global one, and later frames of the same colours use it too
        if len(packed) > (room if first else max(_worthwhile(len(pixels), room), min(_FEW, room))):
            return None
        if not len(packed):
            return np.zeros((3, 1), np.int32)
        if np.array_equal(packed, np.arange(len(packed)) * 0x010101):
            packed[-2:] = packed[-2:][::-1]  # Pillow takes a table of greys 0, 1, 2, … for none, and all later ones too
        return np.stack([packed >> 16, packed >> 8 & 255, packed & 255]).astype(np.int32)

    def _fitted(self, target: UInt8, staying: Int32, changing: Bool, room: int) -> Int32:
        """A palette for the pixels that a colour of typical error would replace."""
        cells = self._cells(target, staying > self._tuning.hold + self._error)
        if not len(cells):
            cells = self._cells(target, changing)
        size, warm = _worthwhile(int(cells[:, 3].sum()), room), self._warm
        if warm is None or warm.shape[1] != size:
            colours = palette.spread(cells, size)
            palette.lloyd(cells, colours, _FIRST_ROUNDS)
        else:
            colours = warm.copy()
            palette.lloyd(cells, colours, _ROUNDS)
        if warm is None or size >= min(warm.shape[1], room):
            self._warm = colours
        return colours

    def _uncovered_next(self, following: Frame | None) -> Bool | None:
        """The pixels that are covered now and must not be in the following frame; None where there are none."""
        if following is None or following.alpha is None:
            return None
        uncovered: Bool = self._covered & (following.alpha < OPAQUE_FROM)
        return uncovered if uncovered.any() else None

    def _coded(self, target: UInt8, colours: Int32, pixels: _Pixels, uncovered: Bool | None) -> Image:
        area = _rectangle(pixels.drawn if uncovered is None else pixels.drawn | uncovered)
        cut, screen = pixels.cut(area), _whole(self._screen[area])
        slack = self._tuning.slack
        keeps = self._transparent or not cut.drawn.all() or (slack > 0 and bool((cut.staying < hold.NEVER).any()))
        code_size = max(2, (colours.shape[1] - 1 + keeps).bit_length())
        packed = codes.encode(
            _whole(target[area]).reshape(-1, 3),
            screen.reshape(-1, 3),
            cut.staying.ravel(),
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
        table = _whole(colours.T.astype(np.uint8))
        clears = uncovered is not None
        return Image(columns.start, rows.start, width, height, table, keeps, clears, code_size, packed)

    def _count(self, frame: Frame, opaque: Bool) -> None:
        error = hold.keeping(_whole(frame.rgb), self._screen, self._covered)
        self.squared_error += int(error[opaque].sum(dtype=np.int64))
        self.samples += 3 * int(opaque.sum())


def _whole(pixels: NDArray[D]) -> NDArray[D]:
    return np.ascontiguousarray(pixels)


def _worthwhile(pixels: int, room: int) -> int:
    """A colour costs three bytes: no more than one for eight pixels, filling a table of 2ⁿ beside the kept index."""
    return min(room, max(15, (1 << (pixels // 8).bit_length()) - 1))


def _rectangle(seen: Bool) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return slice(0, 1), slice(0, 1)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
