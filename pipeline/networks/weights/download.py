"""Fetches weights over HTTP: resumes broken downloads, and names a file only when its size and hash are right."""

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
from pipeline.whole_files import sync_and_rename

Progress = Callable[[int, int], None]

ATTEMPTS = 5  # requests in a row that bring the file no farther than it was before
MOST_REQUESTS = 1000  # of one pull; what they brought is kept, and the next pull goes on from there
TIMEOUT_SECONDS = 30
CHUNK = 1 << 20


class _BrokenOff(Exception):
    """The connection ended early; the bytes received are kept, and the rest is requested again."""


def pull(weights: Weights, models: Models, progress: Progress | None = None) -> Path:
    """Return the verified file and fetch it first if it is missing; `progress(done, total)` counts bytes.

    Proxies come from the environment (`https_proxy`); `models.mirror` replaces the URL up to the file name. Raises
    WeightsMissing (no network, or downloads switched off), WeightsWrong (the server has another file), NoSpace.
    """
    with contextlib.suppress(WeightsMissing, WeightsWrong):
        return verify(weights, models)
    if not models.download:
        raise WeightsMissing(f"{how_to_get(weights, models)}. Downloads are switched off (models.download: false)")
    _make_folder(models.folder)
    part = models.folder / f"{weights.file}.part"
    with _locked(part, weights) as file:
        _fetch(weights, _address(weights, models), file, progress, models)
        _accept(part, weights, models)
    return models.folder / weights.file


def _address(weights: Weights, models: Models) -> str:
    url = f"{models.mirror.rstrip('/')}/{weights.file}" if models.mirror else weights.url
    try:
        scheme = urlsplit(url).scheme
    except ValueError as error:
        told = f"{url} is no address ({error}): correct models.mirror. {how_to_get(weights, models)}"
        raise WeightsMissing(told) from error
    if scheme not in {"http", "https"}:
        raise WeightsMissing(f"{url} is neither http nor https: correct models.mirror. {how_to_get(weights, models)}")
    return url


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WeightsMissing(f"the models folder {folder.absolute()} can't be made: {error.strerror}") from error


@contextlib.contextmanager
def _locked(part: Path, weights: Weights) -> Iterator[BinaryIO]:
    try:
        if part.exists() and not part.is_file():
            raise WeightsMissing(f"{part.absolute()} is no regular file: remove it")
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


def _fetch(weights: Weights, url: str, file: BinaryIO, progress: Progress | None, models: Models) -> None:
    """Request until all bytes are there; give up after ATTEMPTS requests in a row without new bytes."""
    failures, requests, farthest = 0, 0, file.seek(0, os.SEEK_END)
    while file.seek(0, os.SEEK_END) != weights.bytes:
        requests += 1
        try:
            _request_rest(weights, url, file, progress)
        except (_BrokenOff, OSError, http.client.HTTPException, ValueError, OverflowError) as error:
            if is_disk_full(error):
                file.truncate(0)
                raise NoSpace(f"no space for {weights.file} ({weights.bytes} bytes) in {models.folder}") from error
            size = file.seek(0, os.SEEK_END)  # without ranges each request begins anew, and may bring less
            failures, farthest = (0, size) if size > farthest else (failures + 1, farthest)
            if failures >= ATTEMPTS or requests >= MOST_REQUESTS or _is_final(error):
                raise WeightsMissing(f"{url} can't be fetched ({error}). {how_to_get(weights, models)}") from error
            time.sleep(min(0.1 * 2**failures, 5))
    if progress:
        progress(weights.bytes, weights.bytes)


def _is_final(error: Exception) -> bool:
    """Whether another request cannot help: the server refuses, there is no such host, or no such address can be."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code < 500 and error.code not in {408, 429}
    return isinstance(error, urllib.error.URLError | ValueError | OverflowError)


def _request_rest(weights: Weights, url: str, file: BinaryIO, progress: Progress | None) -> None:
    size = file.seek(0, os.SEEK_END)
    if size > weights.bytes:
        file.truncate(0)
        size = 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={size}-"} if size else {})
    # A new opener each time, because the shared one keeps the proxies of its first use.
    with urllib.request.build_opener().open(request, timeout=TIMEOUT_SECONDS) as answer:
        if size and not (answer.headers.get("Content-Range") or "").startswith(f"bytes {size}-"):
            file.truncate(0)
            size = 0
        _copy(weights, url, answer, file, size, progress)


def _copy(
    weights: Weights, url: str, answer: http.client.HTTPResponse, file: BinaryIO, size: int, progress: Progress | None
) -> None:
    while chunk := answer.read(min(CHUNK, weights.bytes - size + 1)):
        if size + len(chunk) > weights.bytes:
            file.truncate(0)
            raise WeightsWrong(f"{url} is longer than the {weights.bytes} bytes of {weights.name}: it is another file")
        file.write(chunk)
        file.flush()
        size += len(chunk)
        if progress:
            progress(size, weights.bytes)
    if size < weights.bytes:
        raise _BrokenOff(f"the server ended after {size} of {weights.bytes} bytes")


def _accept(part: Path, weights: Weights, models: Models) -> None:
    """Give the file its name if its hash is right, else remove it."""
    try:
        verify(replace(weights, file=part.name), models)
    except WeightsWrong as error:
        part.unlink()
        raise WeightsWrong(f"what was fetched is not {weights.name}: {error}") from error
    sync_and_rename(part, models.folder / weights.file)
