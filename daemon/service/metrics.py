"""Prometheus metrics on the loopback address, or on a socket that the service manager opened."""

import shutil
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from socketserver import BaseServer, ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, Counter, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from daemon.catalogue import open_for_reading
from daemon.catalogue.reading.status import Status, read_status
from daemon.folders import Folders
from pipeline.report import ClipReport

IDLE_S = 10.0  # how long a connection may stay silent


class Metrics:
    """The counters of this process. Figures from the catalogue are read at each scrape."""

    def __init__(self, folders: Folders) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_Catalogue(folders))
        self._clips = self._counter("clips", "Clips restored", "category", "restorer")
        self._frames = self._counter("frames", "Frames written", "category")
        self._stages = self._counter("stage_seconds", "Seconds spent", "stage")
        self._failures = self._counter("failures", "Attempts that failed", "kind")

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"gifrestored_{name}", f"{meaning} since the daemon started", labels, registry=self.registry)

    def restored(self, report: ClipReport) -> None:
        """Count a published clip."""
        self._clips.labels(report.category, report.restorer).inc()
        self._frames.labels(report.category).inc(report.frames)
        for stage, seconds in report.seconds.items():
            self._stages.labels(stage).inc(seconds)

    def failed(self, kind: str) -> None:
        """Count a failed attempt."""
        self._failures.labels(kind).inc()

    def serve(self, port: int, inherited: socket.socket | None) -> int:
        """Serve metrics in a separate thread until the process ends. Return the port."""
        server = _Server(("127.0.0.1", port), _Quiet) if inherited is None else _Inherited(inherited)
        server.set_app(make_wsgi_app(self.registry))
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        return server.server_port


class _Server(ThreadingMixIn, WSGIServer):
    """A server with one thread per connection, so that a slow client does not block the others."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore errors: a client that times out or disconnects needs no log entry."""


class _Inherited(_Server):
    """A server on a socket that is already open. The sandboxed service may not create one of that family."""

    def __init__(self, opened: socket.socket) -> None:
        BaseServer.__init__(self, opened.getsockname(), _Quiet)
        self.socket, self.server_name, self.server_port = opened, "localhost", opened.getsockname()[1]
        self.setup_environ()


class _Quiet(WSGIRequestHandler):
    def setup(self) -> None:
        """Set a timeout of IDLE_S for reading the request and for sending the response."""
        self.request.settimeout(IDLE_S)
        super().setup()

    def log_message(self, *_: object) -> None:
        """Log nothing: a scrape arrives every few seconds."""


class _Catalogue(Collector):
    def __init__(self, folders: Folders) -> None:
        self._folders = folders

    def collect(self) -> Iterator[Metric]:
        with suppress(OSError):  # the data root may be gone
            free = shutil.disk_usage(self._folders.root).free
            yield GaugeMetricFamily("gifrestored_free_disk_bytes", "Free space at the data root", free)
        try:
            with closing(open_for_reading(self._folders.catalogue)) as db:
                status = read_status(db)
        except (OSError, sqlite3.Error):  # missing, damaged, or busy
            status = None
        yield GaugeMetricFamily("gifrestored_up", "1 where the catalogue can be read, else 0", int(status is not None))
        if status is not None:
            yield from _gauges(status)


def _gauges(now: Status) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("gifrestored_jobs", "Jobs by state", labels=["state"])
    for state, count in now.states.items():
        jobs.add_metric([state], count)
    clips = GaugeMetricFamily("gifrestored_catalogue_clips", "Clips in the catalogue", labels=["category"])
    for category, count in now.categories.items():
        clips.add_metric([category], count)
    beats = GaugeMetricFamily("gifrestored_heartbeat_age_seconds", "Since a running job showed life", labels=["job"])
    for job in now.running:
        beats.add_metric([str(job.id)], job.heartbeat_age_s)
    yield from (jobs, clips, beats)
    yield GaugeMetricFamily("gifrestored_queue_length", "Jobs that wait", now.states.get("queued", 0))
    yield GaugeMetricFamily(
        "gifrestored_queue_oldest_seconds", "Age of the oldest job that waits", now.oldest_queued_s or 0
    )
    yield GaugeMetricFamily("gifrestored_fallback_clips", "Clips restored by a fall-back", now.fallback_clips)
