import pytest

from daemon.steps import STEPS

DROPPED = {
    "gifs/one.gif": "category=noisy",
    "gifs/low_res/two.gif": "category=clean other",
    "raw_videos/three.mp4": "clips=2 category=blurry",
}


@pytest.mark.parametrize(("step", "nth"), [*((step, 1) for step in STEPS), ("published", 4), ("linked", 3)])
def test_killed_at_any_step_it_goes_on_with_nothing_lost_and_nothing_twice(root, step, nth):
    for path, text in DROPPED.items():
        root.drop(path, text)

    root.crash(step, nth)

    assert root.run() == 0
    root.assert_exactly_once(DROPPED)


def test_a_quarantine_cut_off_between_its_steps_is_completed(root):
    for step in ("planned", "moved"):
        name = f"{step}.gif"
        root.drop(f"gifs/{name}", f"raise=Unreadable {step}")
        root.crash(step)
        root.run()
        assert root.states()[f"gifs/{name}"] == "quarantined"
        assert (root.folders.quarantine / name).exists()
        assert "Unreadable was asked for" in (root.folders.quarantine / f"{name}.txt").read_text()
