"""Optical flow between frames, warping along it, and how far it can be trusted: call `flow` and `motion.between`."""
