"""What a video holds, how it is cut into segments, and its frames by their times.

`plan` and `options` load no decoder; `scan.plan_video` makes a plan.
"""
