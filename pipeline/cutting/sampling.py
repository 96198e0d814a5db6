"""Measures a section on a few of its frames and the faces in them."""

import numpy as np

from pipeline.clips.clip import Clip
from pipeline.cutting.sections import Section
from pipeline.faces.detect import Detector
from pipeline.measuring import measure
from pipeline.measuring.sample import largest_face, pair_starts
from pipeline.report import Measurement

_SEARCHED = 3  # number of sampled frames that are searched for faces


def sample(section: Section) -> Clip:
    """Read three pairs of neighbouring frames, spread over the section."""
    starts = pair_starts(section.count)
    indices = {int(start) + k for start in starts for k in range(2)}
    return Clip.of((f for i, f in enumerate(section.frames()) if i in indices), section.loop)


def measure_section(section: Section, detect: Detector) -> Measurement:
    """Measure a sample of the section, at its faces if there are any.

    Of each frame only the largest face counts, because passers-by in the corners are not what the clip shows.
    """
    clip = sample(section)
    searched = np.unique(np.linspace(0, len(clip) - 1, _SEARCHED).astype(int))
    largest = (largest_face([face.landmarks for face in detect(clip.frames[i])]) for i in searched)
    return measure(clip, [landmarks for landmarks in largest if landmarks is not None])
