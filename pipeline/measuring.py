"""What `gifrestored measure` tells of a file: the measurement that a restoration begins with, and nothing written."""

from pathlib import Path

from pipeline.categorise import measure
from pipeline.report import Measurement
from pipeline.sections import sample, sections
from pipeline.settings import Settings


def measure_file(source: Path, settings: Settings) -> dict[str, Measurement]:
    """By name, each clip that a restoration would make of the file. Raises the errors of `pipeline.errors`."""
    return {section.name: measure(sample(section)) for section in sections(source, source.stem, settings)}
