"""Every setting of the daemon: the pipeline's `Settings`, and those of watching, jobs, retention, log and metrics."""

import dataclasses
from dataclasses import field
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from annotated_types import Ge, Gt, Le
from pydantic.dataclasses import dataclass

from pipeline.settings import Settings

WEEK_S = 604_800
Seconds = Annotated[float, Gt(0), Le(WEEK_S)]
Days = Annotated[float, Ge(0), Le(36_500)]


@dataclasses.dataclass(frozen=True, slots=True)
class Watch:
    """How dropped files are noticed, and when a file counts as complete."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    settle_seconds: Annotated[float, Ge(0), Le(WEEK_S)] = 2.0
    rescan_seconds: Seconds = 120.0
    method: Literal["auto", "inotify", "polling"] = "auto"
    poll_seconds: Seconds = 5.0
    ignore: tuple[str, ...] = ("*.part", "*.crdownload", "*.download", "*.partial", "*.tmp", "*.filepart", "*~")


@dataclasses.dataclass(frozen=True, slots=True)
class Jobs:
    """How often a job is tried, and how much time and memory it may use."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    max_attempts: Annotated[int, Ge(1), Le(1000)] = 3
    lease_seconds: Seconds = 60.0
    retry_seconds: Seconds = 30.0
    time_limit_seconds: Seconds = 21600.0
    memory_limit_mb: Annotated[int, Ge(1), Le(100_000_000)] = 8192
    min_free_mb: Annotated[int, Ge(0), Le(1_000_000_000)] = 512
    first: Literal["gifs", "oldest"] = "gifs"


@dataclasses.dataclass(frozen=True, slots=True)
class Retention:
    """How many days files are kept; 0 = for ever."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    inputs_days: Days = 0.0
    frames_days: Days = 0.0
    quarantine_days: Days = 0.0


@dataclasses.dataclass(frozen=True, slots=True)
class Log:
    """What is logged and how: JSON under systemd, readable on a terminal."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "console"] = "auto"


@dataclasses.dataclass(frozen=True, slots=True)
class Metrics:
    """Prometheus metrics on the loopback address; port 0 = off."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    port: Annotated[int, Ge(0), Le(65535)] = 0


@dataclass(frozen=True, config={"extra": "forbid"})
class Config(Settings):
    """All of `config.yaml`. It is a `Settings`, so the worker passes it to the pipeline as it is."""

    data_root: Path = Path("dataset")
    workers: Annotated[int, Ge(1), Le(256)] = 1
    executor: Literal["local"] = "local"
    watch: Watch = field(default_factory=Watch)
    jobs: Jobs = field(default_factory=Jobs)
    retention: Retention = field(default_factory=Retention)
    log: Log = field(default_factory=Log)
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def wanted_weights(self) -> tuple[str, ...]:
        """The names, as in the registry of weights, of the weights that these settings use."""
        is_used = {
            "RetinaFace-ResNet50": self.detector == "retinaface",
            "ParseNet": self.mask == "parsenet",
            "RealESRGAN_x2plus": self.background == "realesrgan",
        }
        restorer = () if self.restorer in ("compact", "classic") else (self.weights,)
        return (*restorer, *(name for name, used in is_used.items() if used))
