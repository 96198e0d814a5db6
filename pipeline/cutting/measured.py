"""What a clip is measured on: a sample of its frames, at the faces where there are any."""

from pathlib import Path

import numpy as np

from pipeline.cutting.sections import Section, sample, sections
from pipeline.faces.detect import Detection, Detector
from pipeline.measuring import measure
from pipeline.measuring.sample import Landmarks, eye_distance_px
from pipeline.report import Measurement
from pipeline.restoring.detectors import detector
from pipeline.settings import Settings

_LOOKS = 3  # frames that are searched for faces


def measure_file(source: Path, settings: Settings, name: str) -> dict[str, Measurement]:
    """By name, each clip that a restoration would make of the file under `name`; nothing is written.

    Raises the errors of `pipeline.errors`.
    """
    look = detector(settings)
    return {section.name: measure_section(section, look) for section in sections(source, name, settings)}


def measure_section(section: Section, look: Detector) -> Measurement:
    """The measurement that a restoration begins with.

    The largest face of each frame speaks for the clip: passers-by in its corners are not what it shows.
    """
    clip = sample(section)
    places = np.unique(np.linspace(0, len(clip) - 1, _LOOKS).astype(int))
    largest = (_largest(look(clip.frames[place])) for place in places)
    return measure(clip, [landmarks for landmarks in largest if landmarks is not None])


def _largest(faces: list[Detection]) -> Landmarks | None:
    """The landmarks of the face whose eyes are furthest apart."""
    return max((face.landmarks for face in faces), key=eye_distance_px, default=None)
