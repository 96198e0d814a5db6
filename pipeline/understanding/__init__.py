"""What is in a clip, and so what is done to each of its shots: call `plan_shot`, and `ClipPlan` for the whole clip."""

from pipeline.understanding.clip_plan import ClipPlan
from pipeline.understanding.planning import plan_background, plan_shot
from pipeline.understanding.shot_plan import ShotPlan, Step

__all__ = ["ClipPlan", "ShotPlan", "Step", "plan_background", "plan_shot"]
