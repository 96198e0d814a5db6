"""Logging, as JSON for the journal or as readable lines for a terminal; and the optional metrics."""

import logging
import os
import sys
from contextlib import suppress
from io import StringIO
from typing import TYPE_CHECKING, TextIO, cast

import structlog
from structlog.dev import ConsoleRenderer
from structlog.typing import EventDict, ExcInfo, Processor

from daemon.folders import Folders, shown
from daemon.service import systemd
from daemon.service.lock import Refused
from daemon.settings.config import Log
from daemon.settings.config import Metrics as MetricsSettings

if TYPE_CHECKING:
    from daemon.service.metrics import Metrics


class _StandardError:
    """The current standard error. If it can't be written (a closed terminal, a reader that ended), the line is lost and
    the work goes on."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def _show_controls(_: object, __: str, event: EventDict) -> EventDict:
    """Escape control characters: an event may hold a file's name, which must not control the terminal."""
    return {key: shown(value) if isinstance(value, str) else value for key, value in event.items()}


def _write_traceback(text: TextIO, error: ExcInfo) -> None:
    """Write an indented traceback, so that no line of an error's message looks like a log line."""
    plain = StringIO()
    structlog.dev.plain_traceback(plain, error)
    text.write("".join(f"\n  {shown(line)}" for line in plain.getvalue().strip("\n").split("\n")))


def set_up(settings: Log) -> None:
    """Configure structlog to write to standard error, which goes to the journal in a service."""
    as_json = settings.format == "json" or (settings.format == "auto" and "JOURNAL_STREAM" in os.environ)
    render: list[Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
        if as_json
        else [_show_controls, ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_write_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S", utc=as_json),
            *render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, _StandardError())),
        cache_logger_on_first_use=False,
    )


def serve_metrics(settings: MetricsSettings, folders: Folders) -> "Metrics | None":
    """Serve metrics on a socket unit's socket, or on `port`. Return None if there is neither. Raises Refused."""
    inherited = systemd.inherited_socket()
    if inherited is None and not settings.port:
        return None
    from daemon.service.metrics import Metrics  # 8 MB that a daemon without them does not need

    metrics = Metrics(folders)
    try:
        port = metrics.serve(settings.port, inherited)
    except OSError as error:
        remedy = "choose another `metrics.port`, or 0 for none, or end the program that has this one"
        raise Refused(f"no metrics can be served on port {settings.port}: {error.strerror}; {remedy}") from error
    structlog.get_logger().info("serving metrics", port=port)
    return metrics
