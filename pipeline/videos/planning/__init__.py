"""What a video holds, how it is cut into segments, and its frames by their times: call `plan_video`."""

from .options import WholeVideo
from .plan import Segment, ShotPlan, VideoPlan
from .scan import plan_video
from .source import Source

__all__ = ["Segment", "ShotPlan", "Source", "VideoPlan", "WholeVideo", "plan_video"]
