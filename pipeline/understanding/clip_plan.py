"""The plans of a clip's shots, put together from its windows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipeline.report import ShotReport
from pipeline.understanding.shot_plan import ShotPlan

MOST_SHOTS = 50  # that a report lists: a slide show of 5000 pictures would be a megabyte in its row


@dataclass(slots=True)
class ClipPlan:
    """The plans of all `shots` of a clip that were planned so far, in order."""

    shots: list[ShotPlan] = field(default_factory=list)

    def add_window(self, shots: Sequence[ShotPlan]) -> None:
        """Add the shots of the next window, in order. They overrule the ones before in the frames that both cover."""
        first, *others = shots
        self.shots = [shot for shot in self.shots if shot.start < first.start]
        if self.shots and self.shots[-1].stop > first.start:
            first = _join(self.shots.pop(), first)
        self.shots += [first, *others]

    def report(self) -> tuple[ShotReport, ...]:
        """Return the plan as plain data: `MOST_SHOTS` at most, the last of which then stands for all that follow."""
        if len(self.shots) <= MOST_SHOTS:
            return tuple(_report(shot) for shot in self.shots)
        *listed, last = self.shots[:MOST_SHOTS]
        later = self.shots[MOST_SHOTS - 1 :]
        for shot in later:
            last = _join(last, shot)
        summary = _report(last)
        reasons = summary.reasons | {"shots": f"these are {len(later)} shots"}
        return (*(_report(shot) for shot in listed), replace(summary, reasons=reasons))


def _join(before: ShotPlan, after: ShotPlan) -> ShotPlan:
    """Make one of two, of which faces are restored where either restores them."""
    faces = before.faces if before.restores_faces else after.faces
    return replace(after, start=before.start, faces=faces)


def _report(shot: ShotPlan) -> ShotReport:
    reasons = {"background": shot.background.reason, "faces": shot.faces.reason}
    return ShotReport(shot.start, shot.stop, shot.background.method, shot.faces.method, reasons)
