"""Measures a clip's blur, noise and resolution in physical units and files it by the worst: call `measure`."""

from pipeline.measuring.measurement import measure

__all__ = ["measure"]
