"""Puts whole files in place under free names, by a plan that survives a crash."""
