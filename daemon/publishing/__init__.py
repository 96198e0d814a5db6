"""Publishes results under free names by a plan that survives a crash: `Planning` makes it, `Filing` carries it out."""
