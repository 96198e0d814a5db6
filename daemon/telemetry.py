"""Logs: JSON for the journal, readable on a terminal."""

import logging
import os
import sys

import structlog
from structlog.dev import ConsoleRenderer
from structlog.typing import Processor

from daemon.config import Log


def set_up(settings: Log) -> None:
    """Configure structlog; everything goes to standard error, which a service's journal takes."""
    as_json = settings.format == "json" or (settings.format == "auto" and "JOURNAL_STREAM" in os.environ)
    render: list[Processor] = (
        [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()]
        if as_json
        else [ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso" if as_json else "%H:%M:%S", utc=as_json),
            *render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
