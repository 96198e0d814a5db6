"""The comparison while the daemon runs: once for each pair of weights and engine, in the background, and logged."""

import time
from dataclasses import dataclass, field
from typing import Any

import structlog

from daemon.settings.config import Config
from daemon.verification.comparing import Comparing
from daemon.verification.record import REMEDY, VerificationFailed, key, remembered, sentence, weights_in_use
from pipeline.networks.weights.registry import Weights
from pipeline.report import EngineComparison

LOOK_S = 10.0  # between two checks for new weights
RETRY_S = 3600.0  # after a comparison that failed

log: Any = structlog.get_logger()


@dataclass(slots=True)
class Background:
    """The background comparison: finds weights, compares them and logs the result. It never stops the daemon's work."""

    _comparing: Comparing | None = None
    _next_look: float = 0.0
    _logged: set[str] = field(default_factory=set)

    @property
    def at_work(self) -> bool:
        """Return whether a comparison is running."""
        return self._comparing is not None

    def tick(self, config: Config) -> None:
        """Look for weights to compare, or for the end of a comparison. Call this about once a second."""
        if self._comparing is not None:
            self._look_at(self._comparing)
        elif time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + LOOK_S
            self._begin(config)

    def stop(self) -> None:
        """Stop a running comparison. The next start of the daemon begins it again."""
        if self._comparing is not None:
            self._comparing.end()
            self._comparing = None

    def _begin(self, config: Config) -> None:
        weights = weights_in_use(config)
        if weights is None or key(config, weights) in self._logged:
            return
        if (comparison := remembered(config, weights)) is not None:
            self._log(config, weights, comparison)
            return
        try:
            self._comparing = Comparing(config, weights, in_background=True)
        except OSError as error:
            self._give_up(weights, error)
        else:
            log.info("comparing our engine with the gfpgan package, once", weights=weights.name)

    def _look_at(self, comparing: Comparing) -> None:
        try:
            comparison = comparing.result()
        except VerificationFailed as error:
            self._give_up(comparing.weights, error)
        else:
            if comparison is None:
                return
            self._log(comparing.config, comparing.weights, comparison)
        self.stop()

    def _give_up(self, weights: Weights, error: Exception) -> None:
        self._next_look = time.monotonic() + RETRY_S
        log.warning("the engine could not be compared with the gfpgan package", weights=weights.name, why=str(error))

    def _log(self, config: Config, weights: Weights, comparison: EngineComparison) -> None:
        self._logged.add(key(config, weights))
        if comparison.equal:
            log.info("the engine is verified", weights=weights.name, result=sentence(comparison))
        else:
            log.error("the engine is NOT verified", weights=weights.name, result=sentence(comparison), remedy=REMEDY)
