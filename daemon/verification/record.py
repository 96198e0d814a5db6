"""The stored comparisons with the `gfpgan` package: one for each set of weights, engine and installed packages."""

import json
import os
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from daemon.settings.config import Config
from pipeline.networks.weights.registry import REGISTRY, Weights, present
from pipeline.report import EngineComparison

FILE = "verified.json"  # in the models folder, beside the weights
PACKAGES = ("gifrestored", "gfpgan", "torch", "openvino")  # a new version of one of these may change a result
GFPGAN = ("GFPGANv1.4", "GFPGANv1.3")  # the weights that can be compared
REMEDY = "set `engine: upstream`, which runs the gfpgan package's own network, and report this to the project"


class VerificationFailed(Exception):
    """The comparison failed, or its result could not be stored. The message says why."""


def weights_in_use(config: Config) -> Weights | None:
    """Return GFPGAN's weights if our engine restores faces with them; None if it does not, or they are missing."""
    if config.restorer not in ("auto", "gfpgan") or config.engine == "upstream":
        return None
    weights = REGISTRY[config.weights]
    try:
        return weights if present(weights, config.models) else None
    except OSError:  # `status` must also work for users who can't read the models folder
        return None


def sentence(comparison: EngineComparison) -> str:
    """Describe the comparison in a sentence for people."""
    engine = f"{comparison.engine} on {comparison.device} in {comparison.dtype}"
    verb = "gives what the gfpgan package gives" if comparison.equal else "DIFFERS from the gfpgan package"
    return f"{engine} {verb}: at most {comparison.levels} of 255 levels apart, {comparison.psnr_db:.1f} dB"


def remembered(config: Config, weights: Weights) -> EngineComparison | None:
    """Return the stored result for these weights, this engine and the installed packages, if any."""
    entry = _read(config.models.folder / FILE).get(key(config, weights))
    try:
        return EngineComparison(**entry) if isinstance(entry, dict) else None
    except TypeError:  # another version wrote other fields
        return None


def remember(config: Config, weights: Weights, comparison: EngineComparison) -> None:
    """Write the result beside the weights, atomically. Raises VerificationFailed if that fails."""
    path = config.models.folder / FILE
    results = _read(path) | {key(config, weights): asdict(comparison)}
    part = path.with_name(f".{FILE}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps(results, indent=2) + "\n")
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise VerificationFailed(f"{sentence(comparison)}; but {path} can't be written: {error.strerror}") from error


def key(config: Config, weights: Weights) -> str:
    """Return the key of a result: the weights, the engine and device of the settings, the installed packages."""
    versions = " ".join(f"{name}={_version(name)}" for name in PACKAGES)
    return f"{weights.sha256} engine={config.engine} device={config.device} {versions}"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def _read(path: Path) -> dict[str, object]:
    try:
        results = json.loads(path.read_text()) if path.is_file() else {}
    except (OSError, ValueError):
        return {}
    return results if isinstance(results, dict) else {}
