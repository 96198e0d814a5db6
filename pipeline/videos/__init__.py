"""Whole videos: planned in segments, each restored into a file of its own, joined with the sound to the packet."""

from .planning.options import WholeVideo
from .planning.plan import Segment, VideoPlan
from .restorers import RestoreShot, SettingsRestorer, Stretch
from .whole import Progress, VideoResult, restore_video

__all__ = [
    "Progress",
    "RestoreShot",
    "Segment",
    "SettingsRestorer",
    "Stretch",
    "VideoPlan",
    "VideoResult",
    "WholeVideo",
    "restore_video",
]
