"""Fetch weights over HTTP: resumed when broken off, and only ever under their name once size and hash are right."""

import contextlib
import fcntl
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from pipeline.errors import NoSpace, WeightsMissing, WeightsWrong, is_disk_full
from pipeline.networks.weights.registry import Weights, how_to_get, verify
from pipeline.settings import Models

Progress = Callable[[int, int], None]

ATTEMPTS = 5
TIMEOUT_SECONDS = 30
CHUNK = 1 << 20


class _BrokenOff(Exception):
    """The connection ended before the file did; what came is kept and the rest is asked for."""


def pull(weights: Weights, models: Models, progress: Progress | None = None) -> Path:
    """Return the verified file, fetched where it is not there yet; `progress(done, total)` counts bytes.

    Proxies are taken from the environment (`https_proxy`); `models.mirror` replaces everything before the file name.
    Raises WeightsMissing (no network, or downloads switched off), WeightsWrong (the server has another file), NoSpace.
    """
    with contextlib.suppress(WeightsMissing, WeightsWrong):
        return verify(weights, models)
    if not models.download:
        raise WeightsMissing(f"{how_to_get(weights, models)}. Downloads are switched off (models.download: false)")
    _make(models.folder)
    part = models.folder / f"{weights.file}.part"
    with _locked(part, weights) as file:
        _fetch_whole(weights, _address(weights, models), file, progress, models)
        _accept(part, weights, models)
    return models.folder / weights.file


def _address(weights: Weights, models: Models) -> str:
    url = f"{models.mirror.rstrip('/')}/{weights.file}" if models.mirror else weights.url
    if urlsplit(url).scheme not in {"http", "https"}:
        raise WeightsMissing(f"{url} is neither http nor https: correct models.mirror. {how_to_get(weights, models)}")
    return url


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WeightsMissing(f"the models folder {folder.absolute()} can't be made: {error.strerror}") from error


@contextlib.contextmanager
def _locked(part: Path, weights: Weights) -> Iterator[BinaryIO]:
    try:
        file = part.open("ab")
    except OSError as error:
        raise WeightsMissing(f"{part.absolute()} can't be written: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise WeightsMissing(f"{weights.name} is being fetched by another process: wait for it") from error
        try:
            yield file
        finally:
            if not os.fstat(file.fileno()).st_size:
                part.unlink(missing_ok=True)


def _fetch_whole(weights: Weights, url: str, file: BinaryIO, progress: Progress | None, models: Models) -> None:
    """Ask until all bytes are there; give up after ATTEMPTS answers in a row that brought nothing new."""
    failures = 0
    while (held := file.seek(0, os.SEEK_END)) != weights.bytes:
        try:
            _continue(weights, url, file, progress)
        except (_BrokenOff, OSError, http.client.HTTPException) as error:
            if is_disk_full(error):
                file.truncate(0)
                raise NoSpace(f"no space for {weights.file} ({weights.bytes} bytes) in {models.folder}") from error
            failures = failures + 1 if file.seek(0, os.SEEK_END) <= held else 0
            if failures >= ATTEMPTS or _final(error):
                raise WeightsMissing(f"{url} can't be fetched ({error}). {how_to_get(weights, models)}") from error
            time.sleep(min(0.1 * 2**failures, 5))
    if progress:
        progress(weights.bytes, weights.bytes)


def _final(error: Exception) -> bool:
    """Whether asking again can't help: the server refuses, or there is no such host."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code < 500 and error.code not in {408, 429}
    return isinstance(error, urllib.error.URLError)


def _continue(weights: Weights, url: str, file: BinaryIO, progress: Progress | None) -> None:
    held = file.seek(0, os.SEEK_END)
    if held > weights.bytes:
        file.truncate(0)
        held = 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={held}-"} if held else {})
    # a new opener each time: the shared one keeps the proxies of its first use
    with urllib.request.build_opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
        if held and not (answer.headers.get("Content-Range") or "").startswith(f"bytes {held}-"):
            file.truncate(0)
            held = 0
        _copy(weights, url, answer, file, held, progress)


def _copy(
    weights: Weights, url: str, answer: http.client.HTTPResponse, file: BinaryIO, held: int, progress: Progress | None
) -> None:
    while chunk := answer.read(min(CHUNK, weights.bytes - held + 1)):
        if held + len(chunk) > weights.bytes:
            file.truncate(0)
            raise WeightsWrong(f"{url} is longer than the {weights.bytes} bytes of {weights.name}: it is another file")
        file.write(chunk)
        file.flush()
        held += len(chunk)
        if progress:
            progress(held, weights.bytes)
    if held < weights.bytes:
        raise _BrokenOff(f"the server ended after {held} of {weights.bytes} bytes")


def _accept(part: Path, weights: Weights, models: Models) -> None:
    """Give the file its name if the hash is right, else remove it."""
    try:
        verify(replace(weights, file=part.name), models)
    except WeightsWrong as error:
        part.unlink()
        raise WeightsWrong(f"what was fetched is not {weights.name}: {error}") from error
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(models.folder / weights.file)
