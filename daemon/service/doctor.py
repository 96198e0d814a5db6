"""Checks whether this machine can run the daemon. Each finding that needs action says what to do."""

import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from daemon.folders import Folders
from daemon.inbox.mounts import file_system, is_network
from daemon.settings.config import Config
from pipeline.errors import PipelineError
from pipeline.networks.weights import registry as weights
from pipeline.networks.weights.registry import REGISTRY

MB = 1 << 20
WATCH_LIMIT = Path("/proc/sys/fs/inotify/max_user_watches")


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `fix`: the daemon can't work until this is fixed. `note`: it works, at some cost."""

    about: str
    state: Literal["ok", "note", "fix"]
    text: str
    remedy: str = ""


def examine(config: Config) -> Iterator[Finding]:
    """Check packages, libraries, device, weights, folders, file system, watch limits, disk and memory."""
    yield _python()
    yield from _packages()
    yield from _libraries()
    yield from _weights(config)
    yield from _folders(config)
    yield _file_system(config.data_root)
    yield _watches(config)
    yield _disk(config)
    yield _memory(config)
    yield from _catalogue(Folders(config.data_root).catalogue)


def _python() -> Finding:
    version = platform.python_version()
    if (3, 11) <= sys.version_info < (3, 13):
        return Finding("python", "ok", version)
    return Finding("python", "fix", version, "make the virtual environment with Python 3.11 or 3.12")


def _packages() -> Iterator[Finding]:
    required = [r for r in metadata.requires("gifrestored") or [] if ";" not in r]
    wrong = [fault for fault in map(_wrong_version, required) if fault]
    if wrong:
        yield Finding("packages", "fix", "; ".join(wrong), f"{sys.executable} -m pip install -c constraints.txt -e .")
    else:
        yield Finding("packages", "ok", f"all {len(required)} in the tested versions")
    if _installed("opencv-python") and _installed("opencv-python-headless"):
        remedy = "pip uninstall opencv-python opencv-python-headless, then pip install opencv-python"
        yield Finding("packages", "fix", "opencv-python and opencv-python-headless overwrite each other", remedy)


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _wrong_version(requirement: str) -> str:
    name, _, required = requirement.partition("==")
    installed = _installed(name)
    return "" if installed.split("+")[0] == required else f"{name} {required} wanted, found {installed or 'none'}"


def _libraries() -> Iterator[Finding]:
    command = [sys.executable, "-P", "-m", "pipeline.probe"]  # -P: ignores a `pipeline` in the current folder
    asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if asked.returncode:
        last = asked.stderr.strip().splitlines()[-1:] or [f"it ended with {asked.returncode}"]
        yield Finding("libraries", "fix", f"loading them failed: {last[0]}", "make run installs them anew")
        return
    probe = json.loads(asked.stdout.splitlines()[-1])
    for name, error in probe["broken"].items():
        system = name == "cv2" and ".so" in error
        remedy = "apt-get install libgl1 libglib2.0-0" if system else "make run installs it anew"
        yield Finding("libraries", "fix", f"{name}: {error}", remedy)
    if not probe["broken"]:
        yield Finding("libraries", "ok", "all load" + ("" if probe["h264"] else "; no H.264 encoder, so no mp4 output"))
    if "torch" not in probe["broken"]:
        yield Finding("device", "ok", f"{probe['device']} ({probe['device_name']})")


def _weights(config: Config) -> Iterator[Finding]:
    for name in config.wanted_weights:
        optional = name == config.weights and config.restorer == "auto"
        yield _weights_of(config, name, "note" if optional else "fix")
    if not config.wanted_weights:
        yield Finding("weights", "ok", "none needed by these settings")


def _weights_of(config: Config, name: str, missing: Literal["note", "fix"]) -> Finding:
    try:
        path = weights.verify(REGISTRY[name], config.models)
    except PipelineError as error:
        text = f"{name} not usable" + ("; until then the embedded restorer is used" if missing == "note" else "")
        return Finding("weights", missing, text, str(error))
    return Finding("weights", "ok", f"{name} in {path.parent}, hash right")


def _folders(config: Config) -> Iterator[Finding]:
    folders = Folders(config.data_root)
    if not _is_seen(folders.root):
        above = next(filter(_is_seen, folders.root.parents))
        if os.access(above, os.W_OK | os.X_OK):
            yield Finding("folders", "ok", f"{folders.root} is not there yet; `gifrestored run` makes it")
        else:
            remedy = f"make {folders.root} and give it to user {os.getuid()}"
            yield Finding("folders", "fix", f"{folders.root} can't be made in {above}", remedy)
        return
    needed = (folders.root, *folders.watched, folders.outputs, folders.frames, folders.quarantine)
    closed = [p for p in needed if _is_seen(p) and not os.access(p, os.R_OK | os.W_OK | os.X_OK)]
    for path in closed:
        yield Finding("folders", "fix", f"{path} can't be written", f"chown {os.getuid()} {path} (or chmod u+rwx)")
    if not closed:
        yield Finding("folders", "ok", f"{folders.root} and what is in it can be written")


def _is_seen(path: Path) -> bool:
    """Return whether a path exists. False in a folder that can't be entered: that folder has its own finding."""
    return os.access(path, os.F_OK)


def _file_system(root: Path) -> Finding:
    kind = file_system(root)
    if is_network(kind):
        remedy = "keep the data root on a local disk, or leave watch.method at auto, which polls there"
        return Finding("file system", "note", f"{kind}: changes made elsewhere send no events", remedy)
    return Finding("file system", "ok", kind or "local")


def _watches(config: Config) -> Finding:
    try:
        limit = int(WATCH_LIMIT.read_text())
    except OSError:
        return Finding("watching", "note", "no inotify on this system", "watch.method: polling is used")
    needed = sum(1 for root in Folders(config.data_root).watched for _ in os.walk(root))
    if needed * 2 > limit and config.watch.method != "polling":
        remedy = f"sysctl fs.inotify.max_user_watches={max(2 * limit, 8 * needed)}, or watch.method: polling"
        return Finding("watching", "note", f"{needed} folders, and the limit is {limit} for all programs", remedy)
    return Finding("watching", "ok", f"{needed} folders of at most {limit}")


def _disk(config: Config) -> Finding:
    at = next(filter(_is_seen, (config.data_root, *config.data_root.parents)))
    free = shutil.disk_usage(at).free // MB
    if free < config.jobs.min_free_mb:
        remedy = "free some space, or lower jobs.min_free_mb"
        return Finding("disk", "fix", f"{free} MB free, jobs wait below {config.jobs.min_free_mb}", remedy)
    return Finding("disk", "ok", f"{free} MB free")


def _memory(config: Config) -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MB
    allowed = config.jobs.memory_limit_mb * config.workers
    if allowed > total:
        remedy = f"lower jobs.memory_limit_mb to {int(total * 0.8) // config.workers}, or workers"
        return Finding("memory", "note", f"workers may take {allowed} MB of {total}", remedy)
    return Finding("memory", "ok", f"{total} MB, of which workers may take {allowed}")


def _catalogue(path: Path) -> Iterator[Finding]:
    from daemon.catalogue import open_for_reading
    from daemon.catalogue.reading.status import read_states

    if not _is_seen(path):
        return
    try:
        with closing(open_for_reading(path)) as db:
            read_states(db)
        yield Finding("catalogue", "ok", str(path))
    except sqlite3.Error as error:
        remedy = "stop the daemon, move the file away and restore a backup, or let `gifrestored run` begin a new one"
        yield Finding("catalogue", "fix", f"{path}: {error}", remedy)
