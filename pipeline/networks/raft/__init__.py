"""RAFT, a network for optical flow: call `raft.load` to load it."""
