"""Holds restored frames steady along the source's motion: call `stabilise` or `transport`."""

from pipeline.steadiness.stabiliser import stabilise, transport

__all__ = ["stabilise", "transport"]
