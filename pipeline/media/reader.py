"""What every format's reader offers: what the headers say, then frame after frame."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self

from pipeline.clips.clip import Frame, MediaInfo


class Reader(ABC):
    """An open file. Iterating yields every `Frame` in order, each time from the start, holding one at a time.

    `info` is there at once. `warnings` says what was wrong with the file; damage inside the pictures is known only
    after the iteration that met it. Iterating raises Unreadable where not even the first frame is whole.
    """

    info: MediaInfo

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._met: list[str] = []

    @property
    def warnings(self) -> tuple[str, ...]:
        """The headers' warnings, then those of the last iteration."""
        return *self.info.warnings, *self._met

    def __iter__(self) -> Iterator[Frame]:
        self._met = []
        return self._frames()

    @abstractmethod
    def _frames(self) -> Iterator[Frame]: ...

    def close(self) -> None:
        """Close the file; iterating is over then."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
