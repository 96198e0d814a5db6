"""The craft: pixels in, pixels out. Knows clips, faces, motion and quality; never the database or the watch folders."""
