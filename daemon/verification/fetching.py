"""The download of missing weights that the settings need, in a separate thread beside the work."""

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import structlog

from daemon.settings.config import Config
from pipeline.errors import PipelineError
from pipeline.networks.weights.registry import REGISTRY, Weights, present

RETRY_S = 3600.0  # after a fetch that failed

log: Any = structlog.get_logger()


@dataclass(slots=True)
class Fetching:
    """The background download: fetches one file after the other and logs each result. The next job uses new weights.

    The thread dies with the process. The next start resumes the download.
    """

    _thread: threading.Thread | None = None
    _not_before: dict[Weights, float] = field(default_factory=dict)

    @property
    def at_work(self) -> bool:
        """Return whether a download is running."""
        return self._thread is not None and self._thread.is_alive()

    def tick(self, config: Config) -> None:
        """Start to fetch missing weights, if the settings allow it. Call this about once a second."""
        if self.at_work or not config.models.download:
            return
        due = [w for w in map(REGISTRY.__getitem__, config.wanted_weights) if self._is_due(w, config)]
        if due:
            self._not_before |= dict.fromkeys(due, time.monotonic() + RETRY_S)
            self._thread = threading.Thread(target=_fetch, args=(due, config), name="weights", daemon=True)
            self._thread.start()

    def _is_due(self, weights: Weights, config: Config) -> bool:
        if time.monotonic() < self._not_before.get(weights, 0.0):
            return False
        try:
            return not present(weights, config.models)
        except OSError:  # the folder can't be read; the worker reports that when it needs the weights
            return False


def _fetch(wanted: list[Weights], config: Config) -> None:
    """Fetch each file. Errors are logged, and the work goes on."""
    from pipeline.networks.weights import download  # the TLS libraries are loaded only for a download

    for weights in wanted:
        log.info("fetching weights", weights=weights.name, mb=weights.bytes // 1_000_000)
        try:
            path = download.pull(weights, config.models)
        except PipelineError as error:
            log.warning("going on without weights", weights=weights.name, why=str(error), again_in_s=RETRY_S)
        except Exception:
            log.exception("weights could not be fetched", weights=weights.name)
        else:
            log.info("weights are here: the next job uses them", weights=weights.name, path=str(path))
