"""Whole videos: ours beside FFmpeg's scale and copy, and beside the loop over PNG frames that people write."""
