"""Between coded pictures and RGB: the video's own matrix and range, and more than 8 bits where it has them."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from pipeline.arrays import UInt8

from .planning.plan import Picture

# Without full chroma, red and blue come out up to 4 levels off; with it, within 1 of the formula.
_EXACT = (
    Interpolation.ACCURATE_RND | Interpolation.BITEXACT | Interpolation.FULL_CHR_H_INT | Interpolation.FULL_CHR_H_INP
)
_SCALER = Interpolation.LANCZOS | _EXACT
_THREADS = 2
_FROM_H273 = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
_BT709, _UNKNOWN, _RGB, _BT601 = 1, 2, 0, 6
_HD = 720  # lines from which on a video that doesn't tell its matrix is BT.709


@dataclass(frozen=True, slots=True)
class Colours:
    """Converts the pictures of one video: `scale` times as large in the result, coded there as `pix_fmt`."""

    picture: Picture
    scale: int
    pix_fmt: str

    @property
    def size(self) -> tuple[int, int]:
        """Width and height (px) of the coded result: even where its chroma needs that, by one repeated line."""
        width, height = self.picture.width * self.scale, self.picture.height * self.scale
        even = not self.pix_fmt.startswith("yuv444")
        return (width + width % 2, height + height % 2) if even else (width, height)

    @property
    def matrix(self) -> int:
        """The matrix to convert with, as its number in ITU-T H.273: a guess where the video doesn't tell."""
        stated = self.picture.matrix
        return stated if stated in _FROM_H273 else _BT709 if stated == _RGB or self.picture.height >= _HD else _BT601

    @property
    def keeps_depth(self) -> bool:
        """Whether the result has more than the 8 bits that are restored, so that it needs the source for the rest."""
        return self.picture.bits > 8 and "10" in self.pix_fmt

    def to_rgb(self, frame: VideoFrame) -> UInt8:
        """(H, W, 3) uint8 RGB, upright."""
        return np.ascontiguousarray(np.rot90(self._rgb(frame).to_ndarray(), self.picture.turns))

    def to_video(self, rgb: UInt8, source: VideoFrame | None) -> VideoFrame:
        """The frame to encode of a restored picture (sH, sW, 3) uint8, upright; `source` where `keeps_depth`.

        With it, what restoring has changed is added to the source's own picture at the result's depth: where nothing
        has changed, a gradient keeps its 10 bits.
        """
        coded = self._coded(VideoFrame.from_ndarray(self._padded(np.rot90(rgb, -self.picture.turns)), "rgb24"))
        if source is None:
            return coded
        plain = self._coded(self._rgb(source))
        deep = source.reformat(*self.size, self.pix_fmt, interpolation=_SCALER, threads=_THREADS, **self._same())
        for new, old, own in zip(_planes(coded), _planes(plain), _planes(deep), strict=True):
            changed = own.astype(np.int32) + new - old
            new[:] = np.clip(changed, 0, 1023)
        return coded

    def tag(self, context: VideoCodecContext) -> None:
        """Write into an encoder what the source said of its colours, and its pixels' shape.

        An untold matrix is told: players guess it by the size, which restoring changes.
        """
        told = self.picture
        context.colorspace = self.matrix
        context.color_primaries, context.color_trc = told.primaries, told.transfer
        context.color_range = self._range
        width, height = told.aspect
        if (width, height) != (1, 1):
            context.sample_aspect_ratio = Fraction(width, height)

    @property
    def _range(self) -> ColorRange:
        full = self.picture.full_range and self.picture.chroma != "rgb"
        return ColorRange.JPEG if full else ColorRange.MPEG

    def _rgb(self, frame: VideoFrame) -> VideoFrame:
        if frame.format.is_rgb:
            return frame.reformat(format="rgb24", interpolation=_SCALER, threads=_THREADS)
        return frame.reformat(
            format="rgb24",
            src_colorspace=_FROM_H273[self.matrix],
            src_color_range=self._range,
            dst_color_range=ColorRange.JPEG,
            interpolation=_SCALER,
            threads=_THREADS,
        )

    def _coded(self, rgb: VideoFrame) -> VideoFrame:
        return rgb.reformat(
            *self.size,
            self.pix_fmt,
            src_color_range=ColorRange.JPEG,
            dst_colorspace=_FROM_H273[self.matrix],
            dst_color_range=self._range,
            interpolation=_SCALER,
            threads=_THREADS,
        )

    def _same(self) -> dict[str, Any]:
        space = None if self.picture.chroma == "rgb" else _FROM_H273[self.matrix]
        source_range = ColorRange.JPEG if self.picture.chroma == "rgb" else self._range
        return {
            "src_colorspace": space,
            "dst_colorspace": _FROM_H273[self.matrix],
            "src_color_range": source_range,
            "dst_color_range": self._range,
        }

    def _padded(self, rgb: UInt8) -> UInt8:
        width, height = self.size
        more = (0, height - rgb.shape[0]), (0, width - rgb.shape[1]), (0, 0)
        return np.ascontiguousarray(np.pad(rgb, more, mode="edge") if any(map(any, more)) else rgb)


def _planes(frame: VideoFrame) -> list[NDArray[np.uint16]]:
    """Views of the planes (h, w) of a frame with more than 8 bits."""
    raw: list[Any] = list(frame.planes)
    planes = [(np.frombuffer(plane, np.uint16).reshape(plane.height, -1), plane.width) for plane in raw]
    return [rows[:, :width] for rows, width in planes]
