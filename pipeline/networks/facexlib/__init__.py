"""Upstream's own face detector and paste mask, from the facexlib package."""
