"""Holds restored frames steady: what the restorer added is carried along the source's own motion."""

from pipeline.temporal.stabiliser import stabilise, transport

__all__ = ["stabilise", "transport"]
