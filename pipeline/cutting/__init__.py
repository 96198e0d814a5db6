"""Chooses which sections of a file become clips, and measures them: call `sections` and `measure_section`."""
