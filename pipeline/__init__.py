"""The craft: pixels in, pixels out. Knows clips, faces, motion and quality; never the database or the watch folders."""

import os

# PyTorch's OpenMP threads turn in circles for some milliseconds after each operation, on the cores on which our own
# threads convolve meanwhile: a third of a face's processor time. OpenMP reads this once, when PyTorch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
