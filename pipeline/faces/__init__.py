"""Detects faces, follows them through a shot, aligns and pastes them: call `track` for the faces of a shot."""

from pipeline.faces.detect import Detection
from pipeline.faces.facetrack import FaceTrack
from pipeline.faces.follow import track

__all__ = ["Detection", "FaceTrack", "track"]
