"""Measures a clip's blur, noise and resolution in physical units and files it by the worst."""

from pipeline.categorise.measure import measure

__all__ = ["measure"]
