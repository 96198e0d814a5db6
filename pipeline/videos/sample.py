"""What a shot is measured on: three pairs of its frames, the same whichever of its segments asks."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

from pipeline.arrays import UInt8
from pipeline.clips.clip import Clip, Frame

from .colour import Colours
from .planning.inventory import pictures_of
from .planning.plan import ShotPlan
from .planning.source import Source, frames_between, open_source

_PAIRS = 3


def shot_sample(source: Source, shot: ShotPlan, colours: Colours) -> Clip:
    """Up to three pairs of neighbouring frames, spread over a shot; a short shot as it is. Raises Unreadable."""
    return Clip.of(Frame(rgb, None, 40) for rgb in _pictures(source, shot, colours))


def _pictures(source: Source, shot: ShotPlan, colours: Colours) -> Iterator[UInt8]:
    plan = source.plan
    pair = max(1, round(2 / Fraction(*plan.picture.rate) / plan.picture.tick))
    spare = shot.stop_pts - shot.first_pts - pair
    is_long = spare > _PAIRS * pair
    starts = [shot.first_pts + spare * n // (_PAIRS - 1) for n in range(_PAIRS)] if is_long else [shot.first_pts]
    with open_source(source.path, source.limits) as (container, _):
        stream = pictures_of(container, source.path.name, source.limits)
        for start in starts:
            frames = frames_between(container, stream, plan, start, shot.stop_pts, start)
            some = [frame for _, frame in islice(frames, 2 if is_long else 2 * _PAIRS)]
            # A frame without the one after it would be paired with another moment's.
            if len(some) > 1 or start == shot.first_pts:
                yield from (colours.to_rgb(frame) for frame in some)
