"""What each way came to, frame by frame, and the ratios between them: plain values only."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

OURS = {"default": "ours, default", "embedded": "ours, no weights"}
UPSTREAM, UPSTREAM_REALESRGAN = "GFPGANer", "GFPGANer + Real-ESRGAN"
NETWORKS = ("waifu2x", "animevideov3")
HEAD = (
    "| clip | way | frames | s a frame | by stage | processor s | peak MB | written MB | out KB | start s |"
    "\n|---|---|---|---|---|---|---|---|---|---|"
)
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One way on one clip of `frames` frames, `restored` of which it was measured on.

    All of `seconds` (by stage), `processor_s`, `written_mb` (towards the disk) and `out_kb` (of the result) are a
    frame's. `parts` are shares of the stage `restore`. `start_s` is what came before the first clip.
    """

    way: str
    clip: str
    frames: int
    restored: int
    seconds: dict[str, float]
    processor_s: float
    peak_mb: int
    written_mb: float
    out_kb: float
    start_s: float
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def whole_s(self) -> float:
        """Seconds a frame, all stages."""
        return sum(self.seconds.values())

    def row(self) -> str:
        """A line of the table under `HEAD`."""
        stages = ", ".join(f"{stage} {seconds:.3f}" for stage, seconds in self.seconds.items())
        inside = ", ".join(f"{part} {seconds:.3f}" for part, seconds in self.parts.items())
        told = f"{stages} ({inside})" if inside else stages
        numbers = f"{self.whole_s:.3f} | {told} | {self.processor_s:.3f} | {self.peak_mb} | {self.written_mb:.3f}"
        of = f"{self.restored} of {self.frames}"
        return f"| {self.clip} | {self.way} | {of} | {numbers} | {self.out_kb:.1f} | {self.start_s:.1f} |"


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stage took for the `frames` that it worked on."""

    frames: int
    seconds: float
    processor_s: float
    written: int

    def per_frame(self) -> "Cost":
        """The same for one frame."""
        n = max(self.frames, 1)
        return Cost(1, self.seconds / n, self.processor_s / n, self.written // n)


def summary(outcomes: list[Outcome]) -> dict[str, object]:
    """Over all clips, each weighed by its frames; a ratio is None where a side is missing."""
    of = {way: [o for o in outcomes if o.way == way] for way in dict.fromkeys(o.way for o in outcomes)}
    whole = {way: mean(clips, lambda o: o.whole_s) for way, clips in of.items()}
    default, embedded = (whole.get(way) for way in OURS.values())
    processor = {way: mean(clips, lambda o: o.processor_s) for way, clips in of.items()}
    fastest = min((way for way in NETWORKS if way in whole), key=lambda way: whole[way], default=None)
    return {
        "ratio_default": ratio(whole.get(UPSTREAM), default),
        "ratio_default_realesrgan": ratio(whole.get(UPSTREAM_REALESRGAN), default),
        "ratio_default_worst_clip": worst_clip(of.get(UPSTREAM, []), of.get(OURS["default"], [])),
        "ratio_default_processor_seconds": ratio(processor.get(UPSTREAM), processor.get(OURS["default"])),
        "ratio_embedded": ratio(whole[fastest] if fastest else None, embedded),
        "embedded_rival": fastest,
        "seconds_per_frame": {way: by_stage(clips) | {"all": round(whole[way], 3)} for way, clips in of.items()},
        "processor_seconds_per_frame": {way: round(seconds, 3) for way, seconds in processor.items()},
        "peak_mb": {way: max(o.peak_mb for o in clips) for way, clips in of.items()},
        "written_mb_per_frame": {way: round(mean(c, lambda o: o.written_mb), 3) for way, c in of.items()},
        "out_kb_per_frame": {way: round(mean(c, lambda o: o.out_kb), 1) for way, c in of.items()},
        "start_s": {way: clips[0].start_s for way, clips in of.items()},
    }


def mean(clips: Iterable[Outcome], value: Callable[[Outcome], float]) -> float:
    """A value a frame, over the frames of all clips."""
    weighed = [(o.frames, value(o)) for o in clips]
    return sum(frames * each for frames, each in weighed) / sum(frames for frames, _ in weighed)


def by_stage(clips: list[Outcome]) -> dict[str, float]:
    """Mean seconds a frame of each stage."""
    stages = dict.fromkeys(stage for o in clips for stage in o.seconds)
    return {stage: round(mean(clips, partial(_stage_s, stage)), 3) for stage in stages}


def _stage_s(stage: str, outcome: Outcome) -> float:
    return outcome.seconds.get(stage, 0.0)


def ratio(theirs: float | None, ours: float | None) -> float | None:
    """How many times our seconds theirs are."""
    return round(theirs / ours, 2) if theirs is not None and ours else None


def worst_clip(theirs: list[Outcome], ours: list[Outcome]) -> float | None:
    """The least ratio of all clips that both sides did."""
    seconds = {o.clip: o.whole_s for o in theirs}
    return min((r for o in ours if (r := ratio(seconds.get(o.clip), o.whole_s)) is not None), default=None)


def machine(cpuinfo: str = "") -> dict[str, object]:
    """The processor's name, those of its flags that decide which engine is fast, and its cores."""
    lines = [line.partition(":") for line in (cpuinfo or Path("/proc/cpuinfo").read_text()).splitlines()]
    told = {name.strip(): value.strip() for name, _, value in lines}
    flags = told.get("flags", "").split()
    cores = sum(name.strip() == "processor" for name, _, _ in lines)
    return {"processor": told.get("model name", "unknown"), "flags": [f for f in FLAGS if f in flags], "cores": cores}
