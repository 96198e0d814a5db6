"""Removes the flicker of restored frames along the source's motion: call `stabilise` or `transport`."""

from pipeline.steadiness.options import Options
from pipeline.steadiness.stabiliser import stabilise, transport

__all__ = ["Options", "stabilise", "transport"]
