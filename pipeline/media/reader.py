"""The base class of every format's reader: header information first, then frame after frame."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

from pipeline.clips.clip import Frame, MediaInfo


class Reader(ABC):
    """An open file. Each iteration yields every `Frame` in order from the start and holds one frame at a time.

    `info` is filled when the reader is made. `warnings` says what is wrong with the file; damage inside the pictures
    is known only after an iteration. Iterating raises Unreadable if not even the first frame is whole.
    """

    info: MediaInfo

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._damage: list[str] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        """The headers' warnings, then those of the last iteration."""
        return *self.info.warnings, *self._damage

    def __iter__(self) -> Iterator[Frame]:
        self._damage = []
        return self._frames()

    @abstractmethod
    def _frames(self) -> Iterator[Frame]: ...

    def close(self) -> None:
        """Close the file, after which it can no longer be iterated."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
