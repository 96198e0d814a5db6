"""Estimates optical flow and its confidence, and warps frames along it: call `flow` and `motion.between`."""
