"""What is planned for a shot, with the reasons that people read, and the plan of a whole clip."""

from itertools import pairwise

from pipeline.clips.clip import Shot
from pipeline.networks.loaded import Loaded
from pipeline.report import Measurement
from pipeline.settings import Settings
from pipeline.understanding import ClipPlan, ShotPlan, Step, plan_shot
from pipeline.understanding.clip_plan import MOST_SHOTS

NOISY = Measurement("noisy", {"noise": 1.5}, 0.9)
BACKGROUND = Step("compact", "`background: compact`")
RESTORED, LEFT = Step("gfpgan", "`restorer: auto`"), Step("none", "no face was found")


class Restorer:
    batch = 1

    def restore(self, faces):
        return faces


def plan(settings: Settings, loaded: Loaded, faces: int = 1) -> ShotPlan:
    return plan_shot(Shot(10, 20), faces, NOISY, settings, loaded)


def embedded(name: str, fallback: str | None = None) -> Loaded:
    return Loaded(None, name, fallback, "opencv", "cpu", "uint8")


GFPGAN = Loaded(Restorer(), "gfpgan", None, "torch", "cpu", "float32")


def test_faces_are_restored_over_the_background_that_was_asked_for():
    planned = plan(Settings(background="classic"), GFPGAN)
    assert (planned.start, planned.stop) == (10, 20)
    assert planned.restores_faces
    assert planned.faces == Step("gfpgan", "`restorer: auto`")
    assert planned.background.method == "classic"
    assert planned.background.reason.startswith("`background: classic`") and "noisy" in planned.background.reason


def test_a_shot_without_a_face_says_so():
    planned = plan(Settings(), GFPGAN, faces=0)
    assert not planned.restores_faces
    assert planned.faces == Step("none", "no face was found")


def test_missing_weights_are_the_reason_that_faces_are_left():
    planned = plan(Settings(), embedded("compact", "GFPGANv1.4.pth is missing: fetch it"))
    assert not planned.restores_faces
    assert planned.faces.reason == "GFPGANv1.4.pth is missing: fetch it"
    assert planned.background.method == "compact" and "fell back" in planned.background.reason


def test_a_restorer_of_whole_pictures_leaves_faces_to_the_background():
    planned = plan(Settings(restorer="classic"), embedded("classic"))
    assert not planned.restores_faces
    assert "`restorer: classic`" in planned.faces.reason
    assert planned.background.method == "classic"


def test_realesrgan_is_the_background_whatever_restores_faces():
    settings = Settings(restorer="classic", background="realesrgan")
    assert plan(settings, embedded("classic")).background.method == "realesrgan"


def shots(*bounds: int, faces: Step = LEFT) -> list[ShotPlan]:
    return [ShotPlan(a, b, BACKGROUND, faces) for a, b in pairwise(bounds)]


def bounds(plan: ClipPlan) -> list[tuple[int, int]]:
    return [(shot.start, shot.stop) for shot in plan.report()]


def test_a_shot_that_goes_on_in_the_next_window_is_one_shot():
    plan = ClipPlan()
    plan.add_window(shots(0, 30))
    plan.add_window(shots(24, 54))
    assert bounds(plan) == [(0, 54)]


def test_a_cut_among_the_frames_that_windows_share_is_told_once():
    plan = ClipPlan()
    plan.add_window(shots(0, 27, 30))
    plan.add_window(shots(24, 27, 48))
    assert bounds(plan) == [(0, 27), (27, 48)]


def test_a_cut_where_a_window_begins_is_kept():
    plan = ClipPlan()
    plan.add_window(shots(0, 24, 30))
    plan.add_window(shots(24, 54))
    assert bounds(plan) == [(0, 24), (24, 54)]


def test_a_face_that_only_one_window_sees_is_told_of_the_whole_shot():
    for first, second in ((LEFT, RESTORED), (RESTORED, LEFT)):
        plan = ClipPlan()
        plan.add_window(shots(0, 30, faces=first))
        plan.add_window(shots(24, 54, faces=second))
        (shot,) = plan.report()
        assert (shot.faces, shot.reasons["faces"]) == ("gfpgan", "`restorer: auto`")


def test_a_slide_show_is_told_in_bounded_space_to_its_end():
    plan = ClipPlan()
    plan.add_window(shots(*range(5001)))
    told = plan.report()
    assert len(told) == MOST_SHOTS
    assert (told[-1].start, told[-1].stop) == (MOST_SHOTS - 1, 5000)
    assert told[-1].reasons["shots"] == f"these are {5001 - MOST_SHOTS} shots"
    assert "shots" not in told[0].reasons
