"""Holds restored frames steady: what the restorer added is carried along the source's own motion."""
