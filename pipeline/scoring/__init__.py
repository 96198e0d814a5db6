"""Scores of a finished clip, and the plots and pictures that show them: call `scores.evaluate`."""
