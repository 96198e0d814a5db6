"""RAFT, optical flow by a network: call `raft.load`."""
