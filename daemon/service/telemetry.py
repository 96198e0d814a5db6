"""Logs, JSON for the journal and readable on a terminal; and the metrics, where they are wanted."""

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
    """Standard error as it is at the moment. Where nobody takes it any more (a terminal that was closed, a reader that
    ended) a line is lost, and the work goes on."""

    def write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


def _show_controls(_: object, __: str, event: EventDict) -> EventDict:
    """Names of files stand in events; what they hold must not act on the terminal."""
    return {key: shown(value) if isinstance(value, str) else value for key, value in event.items()}


def _write_traceback(text: TextIO, error: ExcInfo) -> None:
    """Indented, so that no line of an error's message looks like one of the log."""
    plain = StringIO()
    structlog.dev.plain_traceback(plain, error)
    text.write("".join(f"\n  {shown(line)}" for line in plain.getvalue().strip("\n").split("\n")))


def set_up(settings: Log) -> None:
    """Configure structlog; everything goes to standard error, which a service's journal takes."""
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
    """Serve on the socket of a socket unit, or on `port`; None where there is neither. Raises Refused."""
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
