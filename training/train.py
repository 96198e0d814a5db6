"""Trains `compact` on prepared clips: seeded, resumable, on a CPU.

The loss is the mean error of each picture in dB, as NAFNet's (Chen et al. 2022), plus a share of the error of its
half-size copy, which keeps flat areas and results at ×1 near the truth. Each step's batch is divided among threads;
each thread has a copy of the network that shares its weights. On a busy machine this loses less time than threads
within each convolution.
"""

import csv
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional

from pipeline.arrays import Float32, UInt8
from pipeline.networks.compact.inputs import CONDITION_SIZE
from pipeline.networks.compact.network import Compact
from pipeline.whole_files import write_whole
from training import prepare

AVERAGE_DECAY = 0.998  # of the moving average of the weights
NO_CONDITION = 0.1  # how often the condition is left at zero
MIN_ERROR = 2e-5  # squared, in [0, 1]; 47 dB is good enough, and flat crops then do not dominate the loss
PLACES = 2  # random places for a crop, of which the one with more detail is used
WARM_UP = 200  # steps
MAX_GRADIENT = 20.0  # norm; larger gradients are shortened


@dataclass(slots=True)
class State:
    """All that a stopped training needs to continue."""

    network: Compact
    average: Compact
    optimiser: torch.optim.Adam
    step: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to train; the learning rate falls as a cosine from `rate` to a hundredth of it."""

    steps: int
    rate: float = 2e-3
    parts: int = 4  # of a batch, computed side by side by `threads`
    batch: int = 4  # crops in a part
    crop: int = 48  # px of the damaged frame
    seed: int = 1
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Batch:
    """float32 in [0, 1]: `truth`, `mean` (N, 3, 2H, 2W), `frame` (N, 3, H, W), `frames` (N, 1, H, W), `condition`."""

    truth: Tensor
    mean: Tensor
    frame: Tensor
    frames: Tensor
    condition: Tensor


@dataclass(slots=True)
class Clips:
    """Prepared clips, from which random crops are drawn."""

    folder: Path
    paths: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.paths = sorted(self.folder.glob("*.npy"))

    def draw(self, plan: Plan, rng: np.random.Generator) -> Batch:
        """Return random crops of random clips, mirrored and turned at random."""
        drawn = [self._crop(plan.crop, rng) for _ in range(plan.batch)]
        return Batch(**{name: torch.from_numpy(np.stack([one[name] for one in drawn])) for name in drawn[0]})

    def _crop(self, crop: int, rng: np.random.Generator) -> dict[str, Float32]:
        stored = np.load(self.paths[int(rng.integers(len(self.paths)))], mmap_mode="r")[0]
        k = int(rng.integers(prepare.STORED_FRAMES))
        top, left = max(
            (_place(crop, rng) for _ in range(PLACES)), key=lambda at: _detail(stored["frame"][k], crop, at)
        )
        turns, mirrored = int(rng.integers(4)), rng.random() < 0.5
        cut: dict[str, Float32] = {}
        for name in ("truth", "mean", "frame", "frames"):
            scale = 2 if name in ("truth", "mean") else 1
            part = stored[name][k, scale * top : scale * (top + crop), scale * left : scale * (left + crop)]
            part = np.rot90(part if part.ndim == 3 else part[..., None], turns)
            part = part[:, ::-1] if mirrored else part
            cut[name] = np.ascontiguousarray(part.transpose(2, 0, 1), np.float32) / np.float32(255)
        cut["condition"] = np.array(stored["condition"][k])
        if rng.random() <= NO_CONDITION:
            cut["condition"] = np.zeros(CONDITION_SIZE, np.float32)
        return cut


def _place(crop: int, rng: np.random.Generator) -> tuple[int, int]:
    top, left = (int(rng.integers(side - crop + 1)) for side in (prepare.HEIGHT, prepare.WIDTH))
    return top, left


def _detail(frame: UInt8, crop: int, at: tuple[int, int]) -> float:
    return float(frame[at[0] : at[0] + crop, at[1] : at[1] + crop].std(axis=(0, 1)).sum())


def begin(checkpoint: Path, plan: Plan) -> State:
    """Start a new training, or continue the one in `checkpoint`."""
    torch.manual_seed(plan.seed)
    network, average = Compact().to(memory_format=torch.channels_last), Compact()  # a third faster in this layout
    average.load_state_dict(network.state_dict())
    state = State(network, average, torch.optim.Adam(network.parameters(), plan.rate, betas=(0.9, 0.99)))
    if checkpoint.exists():
        _resume(state, load_file(checkpoint))
    return state


def train(clips: Path, checkpoint: Path, log: Path, plan: Plan, until: int | None = None) -> State:
    """Train from `checkpoint` to the end of `plan`, or only `until` a step of it.

    The checkpoint and the log (CSV) are updated every minute.
    """
    torch.set_num_threads(1)
    state, source = begin(checkpoint, plan), Clips(clips)
    copies = [_share_weights(state.network) for _ in range(plan.parts)]
    started, saved, gains = time.monotonic() - state.seconds, time.monotonic(), list[float]()
    with ThreadPoolExecutor(plan.threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        while state.step < (until or plan.steps):
            gains.append(_step(state, copies, source, plan, pool))
            state.seconds = time.monotonic() - started
            if time.monotonic() - saved > 60:
                saved = time.monotonic()
                save(state, checkpoint)
                _log_gain(log, state, gains)
                gains.clear()
    save(state, checkpoint)
    return state


def _share_weights(network: Compact) -> Compact:
    """Return a copy with gradients of its own that shares the weights in memory."""
    copy = Compact()
    for mine, its in zip(copy.parameters(), network.parameters(), strict=True):
        mine.data = its.data
    return copy


def _step(state: State, copies: list[Compact], source: Clips, plan: Plan, pool: ThreadPoolExecutor) -> float:
    """Change the weights once; return the gain in dB over the mean that the network starts from."""
    warm = min((state.step + 1) / WARM_UP, 1)
    decay = 0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * state.step / plan.steps))
    for group in state.optimiser.param_groups:
        group["lr"] = plan.rate * warm * decay
    gains = list(pool.map(lambda part: _gradient(copies[part], source, plan, (state.step, part)), range(plan.parts)))
    for weight, *parts in zip(state.network.parameters(), *(copy.parameters() for copy in copies), strict=True):
        weight.grad = torch.stack([part.grad for part in parts if part.grad is not None]).mean(0)
    torch.nn.utils.clip_grad_norm_(state.network.parameters(), MAX_GRADIENT)
    state.optimiser.step()
    state.step += 1
    _average(state)
    return float(np.mean(gains))


def _gradient(network: Compact, source: Clips, plan: Plan, place: tuple[int, int]) -> float:
    """Compute the gradient of one part into `network`; return its gain in dB. `place` is the step and the part."""
    batch = source.draw(plan, np.random.default_rng((plan.seed, *place)))
    output = network(batch.frame, batch.mean, batch.frames, batch.condition)
    fine = error_db(output, batch.truth)
    coarse = error_db(functional.avg_pool2d(output, 2), functional.avg_pool2d(batch.truth, 2))
    network.zero_grad(set_to_none=True)
    (fine + 0.1 * coarse).backward()  # type: ignore[no-untyped-call]
    return float(error_db(batch.mean, batch.truth) - fine.detach())


def error_db(output: Tensor, truth: Tensor) -> Tensor:
    """Return the mean error in dB of pictures (N, 3, H, W), each at least that of MIN_ERROR."""
    return 10 * torch.log10((output - truth).square().mean((1, 2, 3)) + MIN_ERROR).mean()


def _average(state: State) -> None:
    decay = min(AVERAGE_DECAY, (1 + state.step) / (10 + state.step))
    with torch.no_grad():
        for mean, now in zip(state.average.parameters(), state.network.parameters(), strict=True):
            mean.lerp_(now, 1 - decay)


def save(state: State, path: Path) -> None:
    """Write the state as safetensors, whole or not at all."""
    tensors = {f"network.{name}": value for name, value in state.network.state_dict().items()}
    tensors |= {f"average.{name}": value for name, value in state.average.state_dict().items()}
    for i, moments in state.optimiser.state_dict()["state"].items():
        tensors |= {f"adam.{i}.{name}": torch.as_tensor(value) for name, value in moments.items()}
    tensors["at"] = torch.tensor([state.step, state.seconds], dtype=torch.float64)
    with write_whole(path) as part:
        save_file({name: value.contiguous() for name, value in tensors.items()}, part)


def _resume(state: State, tensors: dict[str, Tensor]) -> None:
    for prefix, network in (("network.", state.network), ("average.", state.average)):
        part = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        network.load_state_dict(part)
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("adam."):
            _, i, kind = name.split(".")
            moments.setdefault(int(i), {})[kind] = value
    state.optimiser.load_state_dict({**state.optimiser.state_dict(), "state": moments})
    state.step, state.seconds = int(tensors["at"][0]), float(tensors["at"][1])


def _log_gain(log: Path, state: State, gains: list[float]) -> None:
    new = not log.exists()
    with log.open("a", newline="") as file:
        rows = csv.writer(file)
        if new:
            rows.writerow(["step", "seconds", "gain_over_mean_db"])
        rows.writerow([state.step, round(state.seconds), round(float(np.mean(gains)), 4)])
