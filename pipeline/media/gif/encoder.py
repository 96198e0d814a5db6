"""One frame after another becomes the smallest change of what is on screen."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.clip import Frame, Int32, UInt8
from pipeline.settings import Gif

from . import codes, hold, palette
from .dither import dithered

OPAQUE_FROM = 128  # GIF has no half-transparent pixels: alpha from here on is opaque
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
        return cls(
            round(options.hold), round(1.2 * (100 - options.quality)), colours, options.dither == "blue-noise"
        )


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


class Encoder:
    """Holds the screen as a player would show it. Frames are `width` × `height` px."""

    def __init__(self, width: int, height: int, tuning: Tuning) -> None:
        self._shape = height, width
        self._tuning = tuning
        self._screen = np.zeros((height, width, 3), np.uint8)
        self._covered = np.zeros((height, width), np.bool_)
        self._near = hold.empty_neighbours()
        self._slot = np.full(palette.CELLS, -1, np.int32)
        self._warm: Int32 | None = None
        self._error = _TYPICAL_ERROR
        self.squared_error, self.samples = 0, 0

    def encode(self, frame: Frame, following: Frame | None) -> Image:
        """The image that turns the screen into `frame`, disposed of so that `following` can be shown after it."""
        if frame.rgb.shape[:2] != self._shape:
            raise ValueError(f"a frame of {frame.rgb.shape[:2]} among frames of {self._shape} (height, width)")
        opaque = None if frame.alpha is None else frame.alpha >= OPAQUE_FROM
        target = dithered(frame.rgb) if self._tuning.dither else np.ascontiguousarray(frame.rgb)
        staying = hold.keeping(_flat(target), _flat(self._screen), self._covered.ravel())
        if opaque is not None:
            staying[~opaque.ravel()] = -1
        colours, index, error, drawn = self._quantised(_flat(target), staying)
        uncovered = self._uncovered_next(opaque, following)
        image = self._coded(target, staying, colours, index, error, drawn, uncovered)
        self._count(frame.rgb, opaque)
        if image.clears:
            self._covered[image.top : image.top + image.height, image.left : image.left + image.width] = False
        return image

    def _quantised(
        self, target: UInt8, staying: Int32
    ) -> tuple[Int32, UInt8, Int32, NDArray[np.bool_]]:
        """A palette for the pixels that change, each pixel's nearest colour and its error, and which are drawn."""
        tuning = self._tuning
        room = tuning.colours - int((staying < hold.NEVER).any())  # one index is the kept pixel's
        index, error = np.zeros(len(target), np.uint8), np.zeros(len(target), np.int32)
        certain = staying > tuning.hold
        exact = _exact(target, certain, self._slot, room)
        if exact is not None:
            drawn = hold.choose_of_all(target, staying, exact, tuning.hold, index, error)
            hold.neighbours(palette.cell_means(target, staying > 0, self._slot), exact, self._near)
            return exact, index, error, drawn
        cells = palette.cell_means(target, staying > tuning.hold + self._error, self._slot)
        if not len(cells):
            cells = palette.cell_means(target, certain, self._slot)
        colours = self._fitted(cells, _worthwhile(int(cells[:, 3].sum()), room))
        all_cells = palette.cell_means(target, staying > 0, self._slot)
        hold.neighbours(all_cells, colours, self._near)
        drawn = hold.choose(target, staying, colours, self._near, tuning.hold, index, error)
        palette.lloyd(palette.cell_means(target, drawn, self._slot), colours, 1)
        hold.neighbours(all_cells, colours, self._near)
        drawn = hold.choose(target, staying, colours, self._near, tuning.hold, index, error)
        if drawn.any():
            self._error = int(error[drawn].mean())
        return colours, index, error, drawn

    def _fitted(self, cells: Int32, size: int) -> Int32:
        warm = self._warm
        if warm is None or warm.shape[1] != size:
            colours = palette.spread(cells, size)
            palette.lloyd(cells, colours, _FIRST_ROUNDS)
        else:
            colours = warm.copy()
            palette.lloyd(cells, colours, _ROUNDS)
        if warm is None or size >= warm.shape[1]:
            self._warm = colours
        return colours

    def _uncovered_next(self, opaque: NDArray[np.bool_] | None, following: Frame | None) -> NDArray[np.bool_] | None:
        """The pixels that are covered now and must not be in the following frame; None where there are none."""
        if opaque is None:
            self._covered[...] = True
        else:
            self._covered |= opaque
        if following is None or following.alpha is None:
            return None
        uncovered = self._covered & (following.alpha < OPAQUE_FROM)
        return uncovered if uncovered.any() else None

    def _coded(
        self,
        target: UInt8,
        staying: Int32,
        colours: Int32,
        index: UInt8,
        error: Int32,
        drawn: NDArray[np.bool_],
        uncovered: NDArray[np.bool_] | None,
    ) -> Image:
        seen = drawn.reshape(self._shape)
        rows, columns = _rectangle(seen if uncovered is None else seen | uncovered)
        area = rows, columns
        screen = np.ascontiguousarray(self._screen[area])
        keeps = not drawn.reshape(self._shape)[area].all() or self._tuning.slack > 0 and bool(
            (staying.reshape(self._shape)[area] < hold.NEVER).any()
        )
        code_size = max(2, (colours.shape[1] - 1 + keeps).bit_length())
        cropped = (np.ascontiguousarray(a.reshape(self._shape)[area]).ravel() for a in (staying, index, drawn, error))
        cut_staying, cut_index, cut_drawn, cut_error = cropped
        packed = codes.encode(
            _flat(np.ascontiguousarray(target[area])),
            _flat(screen),
            cut_staying,
            colours,
            self._near,
            cut_index,
            cut_drawn,
            cut_error,
            self._tuning.hold,
            self._tuning.slack,
            code_size,
        )
        self._screen[area] = screen
        height, width = screen.shape[:2]
        table = np.ascontiguousarray(colours.T.astype(np.uint8))
        return Image(
            columns.start, rows.start, width, height, table, keeps, uncovered is not None, code_size, packed
        )

    def _count(self, rgb: UInt8, opaque: NDArray[np.bool_] | None) -> None:
        shown = self._covered if opaque is None else opaque
        error = hold.keeping(_flat(np.ascontiguousarray(rgb)), _flat(self._screen), shown.ravel())
        self.squared_error += int(error[shown.ravel()].sum(dtype=np.int64))
        self.samples += 3 * int(shown.sum())


def _flat(pixels: UInt8) -> UInt8:
    return pixels.reshape(-1, 3)


def _exact(target: UInt8, certain: NDArray[np.bool_], slot: Int32, room: int) -> Int32 | None:
    """The colours (3, K) of the pixels that change, where they are so few that each can have its own."""
    cells = palette.cell_means(target, certain, slot)
    if len(cells) > room:
        return None
    changing = target[certain].astype(np.int32)
    packed = np.unique(changing[:, 0] << 16 | changing[:, 1] << 8 | changing[:, 2])
    if len(packed) > max(_worthwhile(len(changing), room), min(64, room)):
        return None
    if not len(packed):
        return np.zeros((3, 1), np.int32)
    return np.stack([packed >> 16, packed >> 8 & 255, packed & 255]).astype(np.int32)


def _worthwhile(pixels: int, room: int) -> int:
    """A colour costs three bytes: no more than one for eight pixels, filling a table of 2ⁿ beside the kept index."""
    return min(room, max(15, (1 << (pixels // 8).bit_length()) - 1))


def _rectangle(seen: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    if not len(rows):
        return slice(0, 1), slice(0, 1)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
