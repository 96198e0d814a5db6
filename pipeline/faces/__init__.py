"""Faces: find, follow, align, paste."""

from pipeline.faces.detect import Detection
from pipeline.faces.facetrack import FaceTrack
from pipeline.faces.follow import track

__all__ = ["Detection", "FaceTrack", "track"]
