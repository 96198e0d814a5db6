"""Whole videos: planned in segments, each restored into a file of its own, joined with the sound to the packet.

Call `whole.restore_video`, or its steps: `planning.scan.plan_video`, `work.restore_segment`, `join.join`.
"""
