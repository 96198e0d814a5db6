"""What can go wrong with a file, one class for each kind that a caller treats differently.

Every message says what was found, what was expected and what to do. `permanent` tells whether trying the same file
again can help: the daemon quarantines what is permanent at once and retries the rest.
"""

import errno
from typing import ClassVar


class PipelineError(Exception):
    """Base of all: `str(error)` is a sentence for the person who dropped the file."""

    permanent: ClassVar[bool] = True


class Unreadable(PipelineError):
    """The bytes are not what the name says, or are damaged before the first whole frame."""


class NoVideoStream(Unreadable):
    """A container that holds sound or data only."""


class TooLarge(PipelineError):
    """Refused by a limit of the settings, or of what can be worked on, before anything was restored."""


class WeightsMissing(PipelineError):
    """A model's weights are not in the models folder."""

    permanent = False


class WeightsWrong(PipelineError):
    """A weights file whose size, hash or keys are not the registry's."""

    permanent = False


class DeviceMissing(PipelineError):
    """The device that the settings ask for is not on this machine."""

    permanent = False


class OutOfMemory(PipelineError):
    """The machine has no memory left for this clip, even at the smallest batch."""

    permanent = False


class NoSpace(PipelineError):
    """The disk is full: what was half written has been removed."""

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
    """Whether an error says, by its `errno`, that the disk or the user's share of it is full."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
