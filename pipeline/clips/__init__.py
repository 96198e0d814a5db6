"""The data types of clips: `Clip`, `Frame`, `Shot` and `Window`, duplicate frames, and the spool on disk."""

from pipeline.clips.clip import Clip, Frame, Shot
from pipeline.clips.window import Window

__all__ = ["Clip", "Frame", "Shot", "Window"]
