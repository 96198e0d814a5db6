"""From the settings, the measurement and what is loaded to the plan of a shot."""

from pipeline.clips.clip import Shot
from pipeline.networks.loaded import Loaded
from pipeline.report import Measurement
from pipeline.settings import Settings
from pipeline.understanding.shot_plan import LEFT_ALONE, ShotPlan, Step


def plan_shot(shot: Shot, faces: int, measured: Measurement, settings: Settings, loaded: Loaded) -> ShotPlan:
    """Decide what is done to a shot, placed in its clip, in which `faces` faces were found."""
    background = plan_background(settings, loaded)
    reason = f"{background.reason}; set for what was measured: {measured.category}"
    return ShotPlan(shot.start, shot.stop, Step(background.method, reason), _plan_faces(faces, settings, loaded))


def plan_background(settings: Settings, loaded: Loaded) -> Step:
    """Decide what cleans and enlarges everything but the faces, or everything where no faces can be restored."""
    if loaded.restorer is not None or settings.background == "realesrgan":
        return Step(settings.background, f"`background: {settings.background}`")
    if loaded.fallback is not None:
        return Step(loaded.name, f"`restorer: {settings.restorer}` fell back on it")
    return Step(loaded.name, f"`restorer: {settings.restorer}`")


def _plan_faces(count: int, settings: Settings, loaded: Loaded) -> Step:
    if count == 0:
        return Step(LEFT_ALONE, "no face was found")
    if loaded.restorer is not None:
        return Step(loaded.name, f"`restorer: {settings.restorer}`")
    if loaded.fallback is not None:
        return Step(LEFT_ALONE, loaded.fallback)
    return Step(LEFT_ALONE, f"`restorer: {settings.restorer}` restores no faces apart from the picture")
