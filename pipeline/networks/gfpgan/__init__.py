"""GFPGAN's clean network, run by an engine of our own: call `build`."""
