"""Measures a clip's blur, noise and resolution in physical units and names its worst damage: call `measure`."""

from pipeline.measuring.measurement import measure

__all__ = ["measure"]
