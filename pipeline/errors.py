"""What can go wrong with a file: one class for each kind of error that a caller treats differently.

Every message says what was found, what was expected and what to do. If `permanent`, trying the same file again can't
help: the daemon quarantines it at once. It retries after all other errors.
"""

import errno
from typing import ClassVar


class PipelineError(Exception):
    """Base of all errors: `str(error)` is a sentence for the person who dropped the file."""

    permanent: ClassVar[bool] = True


class Unreadable(PipelineError):
    """The file is in no known format, or damaged before the end of its first frame."""


class NoVideoStream(Unreadable):
    """The container holds only sound or data."""


class TooLarge(PipelineError):
    """The file exceeds a limit of the settings or of the formats; nothing was restored."""


class WeightsMissing(PipelineError):
    """A model's weights are not in the models folder."""

    permanent = False


class WeightsWrong(PipelineError):
    """The size, hash or keys of a weights file differ from the registry."""

    permanent = False


class DeviceMissing(PipelineError):
    """The device that the settings ask for is not on this machine."""

    permanent = False


class OutOfMemory(PipelineError):
    """Memory ran out, even at the smallest batch."""

    permanent = False


class NoSpace(PipelineError):
    """The disk is full; unfinished files have been removed."""

    permanent = False


class Unsupported(PipelineError):
    """A video that can be read, but whose look or sound would change if it were restored as a whole."""


class SegmentDamaged(PipelineError):
    """A finished segment of a video is not what its record says, or doesn't join with the others."""

    permanent = False


class EncoderMissing(PipelineError):
    """The video encoder that the settings ask for doesn't work on this machine."""

    permanent = False


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error's `errno` says that the disk is full or the user's quota used up."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
