"""Trains the weights of `compact`: run `python -m training`. `degrade.degrade` makes known damage for benchmarks."""
