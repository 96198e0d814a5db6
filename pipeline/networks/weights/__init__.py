"""Weights files: which exist (`registry`), how they are fetched (`download`) and read (`checkpoint`)."""
