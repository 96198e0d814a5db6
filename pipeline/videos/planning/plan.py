"""The plan of a whole video: plain data that goes through JSON, so that any worker can take any segment.

Nothing here loads a decoder.
"""

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Self

from pydantic import TypeAdapter

Container = Literal["mp4", "matroska"]
Stage = Literal["plan", "restore", "join"]
LEAD_IN = 12  # frames before a segment that begins inside a shot: worked on, then thrown away
LEAD_OUT = 12  # frames after one that ends inside a shot: they are restored and encoded too, then thrown away


@dataclass(frozen=True, slots=True)
class Picture:
    """The pictures as they are coded: sizes in px, before any rotation.

    `chroma` is 420, 422, 444 or rgb; `matrix`, `primaries` and `transfer` are the numbers of ITU-T H.273 (2 = not
    told). `turns` are the quarter turns counterclockwise that make a picture upright, `display_matrix` is the nine
    numbers that say so to a player, or empty. `aspect` is a pixel's width and height.
    """

    width: int
    height: int
    pix_fmt: str
    bits: int
    chroma: str
    matrix: int
    full_range: bool
    primaries: int
    transfer: int
    turns: int
    display_matrix: tuple[int, ...]
    aspect: tuple[int, int]
    time_base: tuple[int, int]
    rate: tuple[int, int]
    deinterlace: bool

    @property
    def tick(self) -> Fraction:
        """The unit of all times (pts) of the plan, in seconds."""
        return Fraction(*self.time_base)


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What becomes of one stream of the source: `restored`, `copied`, or `dropped` with the reason in `note`."""

    index: int
    kind: str
    codec: str
    fate: Literal["restored", "copied", "dropped"]
    language: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class ShotPlan:
    """Frames from `first_pts` on, up to and without `stop_pts`; whether a sparse look saw a face on one of them."""

    first_pts: int
    stop_pts: int
    faces: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """Frames from `first_pts` on, up to and without `stop_pts`: a unit of work.

    Decoding begins at the keyframe at `decode_pts`; frames from `lead_in_pts` on, before `lead_out_pts`, are worked on,
    and those before `first_pts` or from `stop_pts` on thrown away. `frames` counts those that are kept, `pieces` all
    that are worked on, shot by shot.
    """

    number: int
    first_pts: int
    stop_pts: int
    lead_in_pts: int
    lead_out_pts: int
    decode_pts: int
    frames: int
    pieces: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class VideoPlan:
    """How a video becomes segments and a file again.

    `format` is the source's container, `container` the result's. `irregular` says that its frames' times cannot be
    told in the middle of the file, so that each segment decodes from the start.
    """

    name: str
    format: str
    picture: Picture
    frames: int
    first_pts: int
    stop_pts: int
    keyframes: int
    irregular: bool
    container: Container
    streams: tuple[StreamPlan, ...]
    chapters: int
    shots: tuple[ShotPlan, ...]
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...] = ()

    @property
    def suffix(self) -> str:
        """The result's suffix."""
        return ".mp4" if self.container == "mp4" else ".mkv"

    @property
    def sha256(self) -> str:
        """The same for equal plans."""
        return hashlib.sha256(self.to_json()).hexdigest()

    def seconds(self, pts: int) -> float:
        """A time of the plan in seconds from the first frame on."""
        return float((pts - self.first_pts) * self.picture.tick)

    def to_json(self) -> bytes:
        """The plan as JSON, the same bytes for equal plans."""
        return _PLAN.dump_json(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """The plan that `to_json` wrote. Raises ValueError on anything else."""
        return _PLAN.validate_json(data)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class Notes:
    """What a restorer tells of its work: the most faces at once, and how often one could not be restored."""

    faces: int = 0
    face_errors: int = 0
    warnings: tuple[str, ...] = ()

    def __add__(self, other: "Notes") -> "Notes":
        """Both together; a warning that both have is told once."""
        return Notes(
            max(self.faces, other.faces),
            self.face_errors + other.face_errors,
            tuple(dict.fromkeys([*self.warnings, *other.warnings])),
        )


@dataclass(frozen=True, slots=True)
class SegmentFile:
    """A finished segment: its file's frames, bytes and SHA-256, and the key of the settings it was made with.

    `notes` is what the restorer had to tell of it.
    """

    number: int
    frames: int
    bytes: int
    sha256: str
    key: str
    notes: Notes = Notes()


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a video is: frames done of all (0 where not yet known), segments done of all."""

    stage: Stage
    frames: int = 0
    of_frames: int = 0
    segments: int = 0
    of_segments: int = 0


_PLAN = TypeAdapter(VideoPlan)
