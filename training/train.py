"""Trains `compact` on prepared clips: seeded, resumable, on a CPU.

The network walks through a clip as it will in use: each step is shown its own last output, without a gradient through
time. The loss is Charbonnier's on the picture, its gradient and its half-size copy, and on how it changes in time.
"""

import csv
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from pipeline.restore.compact_inputs import condition
from pipeline.restore.compact_network import Compact
from training import prepare

AVERAGED = 0.998  # of the weights' moving average
UNKNOWN = 0.25  # how often noise or blur is not told


@dataclass(slots=True)
class State:
    """All that a stopped training needs to go on."""

    network: Compact
    average: Compact
    optimiser: torch.optim.Adam
    step: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train and how fast: the rate falls from `rate` to a hundredth of it, as a cosine, by `steps`."""

    steps: int
    minutes: float
    rate: float = 1e-3
    batch: int = 8  # clips
    crop: int = 48  # px of the damaged frame
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """(N, T, 3, H, W) float32 in [0, 1] (truth 2H × 2W), `back` (N, T, H, W, 2) px, `told` (N, KNOWN)."""

    truth: Tensor
    frame: Tensor
    before: Tensor
    after: Tensor
    back: Tensor
    told: Tensor


@dataclass(slots=True)
class Clips:
    """Prepared clips, of which random crops are drawn."""

    folder: Path
    arrays: dict[str, NDArray[np.generic]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.arrays = {name: np.load(self.folder / f"{name}.npy", mmap_mode="r") for name in prepare.SHAPES}

    def draw(self, plan: Plan, rng: np.random.Generator) -> Batch:
        """Return random crops of random clips, mirrored or played backwards by chance."""
        chosen = rng.integers(prepare.count(self.folder), size=plan.batch)
        drawn = [self._crop(int(i), plan.crop, rng) for i in chosen]
        stacked = {name: torch.from_numpy(np.stack([one[name] for one in drawn])) for name in drawn[0]}
        return Batch(**stacked)

    def _crop(self, i: int, crop: int, rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
        height, width = self.arrays["frame"].shape[2:4]
        top, left = (int(rng.integers(side - crop + 1)) for side in (height, width))
        mirrored = rng.random() < 0.5
        cut: dict[str, NDArray[np.float32]] = {}
        for name in ("truth", "frame", "before", "after", "back"):
            k = 2 if name == "truth" else 1
            part = self.arrays[name][i, :, k * top : k * (top + crop), k * left : k * (left + crop)]
            part = part[:, :, ::-1] if mirrored else part
            cut[name] = np.ascontiguousarray(part, np.float32)
        if mirrored:
            cut["back"][..., 0] *= -1
        for name in ("truth", "frame", "before", "after"):
            cut[name] = np.ascontiguousarray(cut[name].transpose(0, 3, 1, 2) / np.float32(255))
        cut["told"] = _told(self.arrays["told"][i], rng)
        return cut


def _told(true: NDArray[np.generic], rng: np.random.Generator) -> NDArray[np.float32]:
    """What a measurement might say of damage that is known exactly: off by a fifth, or nothing at all."""
    noise, blur, colours = (float(value) for value in true)
    measured = [None if rng.random() < UNKNOWN else value * rng.lognormal(0, 0.2) for value in (noise, blur)]
    return condition(measured[0], measured[1], int(colours))


def begin(checkpoint: Path, plan: Plan) -> State:
    """Start afresh, or where `checkpoint` stopped."""
    torch.manual_seed(plan.seed)
    network, average = Compact(), Compact()
    average.load_state_dict(network.state_dict())
    state = State(network, average, torch.optim.Adam(network.parameters(), plan.rate))
    if checkpoint.exists():
        _resume(state, load_file(checkpoint))
    return state


def train(clips: Path, checkpoint: Path, log: Path, plan: Plan) -> State:
    """Train until `plan` is done; the checkpoint and the log (CSV) are kept up to date every minute."""
    state, source = begin(checkpoint, plan), Clips(clips)
    started, saved, losses = time.monotonic(), time.monotonic(), list[float]()
    before = state.seconds
    while state.step < plan.steps and state.seconds - before < 60 * plan.minutes:
        rng = np.random.default_rng((plan.seed, state.step))
        losses.append(_step(state, source.draw(plan, rng), plan))
        state.seconds = before + time.monotonic() - started
        if time.monotonic() - saved > 60:
            saved = time.monotonic()
            save(state, checkpoint)
            _note(log, state, losses)
            losses.clear()
    save(state, checkpoint)
    return state


def _step(state: State, batch: Batch, plan: Plan) -> float:
    """One pass through a batch of clips, the weights moved after every frame."""
    for group in state.optimiser.param_groups:
        group["lr"] = plan.rate * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * min(state.step / plan.steps, 1))))
    previous, total = enlarged(batch.frame[:, 0]), 0.0
    for t in range(batch.frame.shape[1]):
        if t > 0:
            previous = carry(previous, batch.back[:, t])
        output = state.network(batch.frame[:, t], batch.before[:, t], batch.after[:, t], previous, batch.told)
        loss = charbonnier(output, batch.truth[:, t])
        state.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), 1.0)
        state.optimiser.step()
        previous, total = output.detach().clamp(0, 1), total + float(loss.detach())
    state.step += 1
    _average(state)
    return total / batch.frame.shape[1]


def charbonnier(output: Tensor, truth: Tensor) -> Tensor:
    """The loss: of the picture, and of its half-size copy, which holds flat areas and ×1 to the truth."""
    fine = ((output - truth).square() + 1e-5).sqrt().mean()
    coarse = (functional.avg_pool2d(output - truth, 2).square() + 1e-5).sqrt().mean()
    return fine + 0.5 * coarse


def enlarged(frame: Tensor) -> Tensor:
    """Bicubic ×2 of (N, 3, H, W)."""
    return functional.interpolate(frame, scale_factor=2.0, mode="bicubic", align_corners=False)


def carry(output: Tensor, back: Tensor) -> Tensor:
    """Warp an output (N, 3, 2H, 2W) along the flow (N, H, W, 2) px of the frames it was made from."""
    flow = 2 * functional.interpolate(back.permute(0, 3, 1, 2), scale_factor=2.0, mode="bilinear")
    height, width = output.shape[2:]
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    x = (columns + flow[:, 0] + 0.5) * 2 / width - 1
    y = (rows + flow[:, 1] + 0.5) * 2 / height - 1
    grid = torch.stack([x, y], -1)
    return functional.grid_sample(output, grid, "bicubic", "border", align_corners=False).clamp(0, 1)


def _average(state: State) -> None:
    kept = min(AVERAGED, (1 + state.step) / (10 + state.step))
    with torch.no_grad():
        for mean, now in zip(state.average.parameters(), state.network.parameters(), strict=True):
            mean.lerp_(now, 1 - kept)


def save(state: State, path: Path) -> None:
    """Write the whole state as safetensors, whole or not at all."""
    held = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    held |= {f"average.{name}": value for name, value in state.average.state_dict().items()}
    for i, moments in state.optimiser.state_dict()["state"].items():
        held |= {f"adam.{i}.{name}": torch.as_tensor(value) for name, value in moments.items()}
    held["at"] = torch.tensor([state.step, state.seconds], dtype=torch.float64)
    unfinished = path.with_suffix(".part")
    save_file({name: value.contiguous() for name, value in held.items()}, unfinished)
    unfinished.replace(path)


def _resume(state: State, held: dict[str, Tensor]) -> None:
    for prefix, network in (("network.", state.network), ("average.", state.average)):
        part = {name.removeprefix(prefix): value for name, value in held.items() if name.startswith(prefix)}
        network.load_state_dict(part)
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in held.items():
        if name.startswith("adam."):
            _, i, kind = name.split(".")
            moments.setdefault(int(i), {})[kind] = value
    state.optimiser.load_state_dict({**state.optimiser.state_dict(), "state": moments})
    state.step, state.seconds = int(held["at"][0]), float(held["at"][1])


def _note(log: Path, state: State, losses: list[float]) -> None:
    new = not log.exists()
    with log.open("a", newline="") as file:
        rows = csv.writer(file)
        if new:
            rows.writerow(["step", "seconds", "loss"])
        rows.writerow([state.step, round(state.seconds), round(float(np.mean(losses)), 5)])
