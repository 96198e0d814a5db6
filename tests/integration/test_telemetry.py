import io
import json
import socket
import urllib.request

import pytest
import structlog

from daemon.service import telemetry
from daemon.service.lock import Refused
from daemon.service.metrics import Metrics as Served
from daemon.settings.config import Log, Metrics


def scrape(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return answer.read().decode()


def test_the_log_is_one_json_object_a_line_under_a_service_manager(capsys, monkeypatch):
    monkeypatch.setenv("JOURNAL_STREAM", "8:1")
    telemetry.set_up(Log())
    structlog.get_logger().warning("quarantined", path="gifs/a\nb.gif")
    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["level"], told["event"], told["path"]) == ("warning", "quarantined", "gifs/a\nb.gif")


def test_the_level_of_the_settings_is_the_least_that_is_logged(capsys):
    telemetry.set_up(Log(level="error", format="console"))
    structlog.get_logger().warning("unheard")
    assert capsys.readouterr().err == ""


class Pipe(io.StringIO):
    """Standard error whose reader has ended."""

    def write(self, text):
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("closed", [True, False])
def test_where_nobody_takes_the_log_any_more_the_work_goes_on(monkeypatch, closed):
    pipe = Pipe()
    telemetry.set_up(Log())
    monkeypatch.setattr("sys.stderr", pipe)
    if closed:
        pipe.close()
    structlog.get_logger().warning("unheard")
    structlog.get_logger().warning("unheard again")


def test_metrics_tell_the_queue_the_jobs_and_the_disk(root):
    root.drop("gifs/cat.gif", "category=noisy")
    root.drop("gifs/bad.gif", "raise=Unreadable")
    root.run()

    told = scrape(Served(root.folders).serve(0, None))

    assert 'gifrestored_jobs{state="done"} 1.0' in told
    assert 'gifrestored_jobs{state="quarantined"} 1.0' in told
    assert 'gifrestored_catalogue_clips{category="noisy"} 1.0' in told
    assert "gifrestored_queue_length 0.0" in told
    assert "gifrestored_free_disk_bytes" in told


def test_metrics_are_served_on_a_socket_that_was_opened_before(root):
    root.run()
    with socket.create_server(("127.0.0.1", 0)) as opened:
        port = Served(root.folders).serve(0, opened.dup())
        assert port == opened.getsockname()[1]
        assert "gifrestored_jobs" in scrape(port)


def test_a_service_that_may_open_no_socket_of_its_own_serves_on_the_one_it_was_given(root, monkeypatch):
    root.run()
    with socket.create_server(("127.0.0.1", 0)) as opened:
        given = opened.dup()
        with monkeypatch.context() as sandbox:
            sandbox.setattr(socket, "socket", lambda *_: pytest.fail("it made a socket"))
            port = Served(root.folders).serve(0, given)
        assert "gifrestored_jobs" in scrape(port)


def test_a_port_that_another_program_has_is_told_with_what_to_do(root):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused, match=f"port {port}: Address already in use; choose another `metrics.port`"):
            root.run(metrics=Metrics(port=port))


def test_a_running_daemon_counts_clips_failures_and_seconds_by_stage(root, monkeypatch):
    served = []
    monkeypatch.setattr(
        "daemon.service.metrics.Metrics.serve", lambda self, port, inherited: served.append(self) or port
    )
    root.drop("gifs/cat.gif", "category=noisy")
    root.drop("gifs/bad.gif", "raise=Unreadable")

    root.run(metrics=Metrics(port=1))

    sample = served[0].registry.get_sample_value
    assert sample("gifrestored_clips_total", {"category": "noisy", "restorer": "gfpgan"}) == 1
    assert sample("gifrestored_frames_total", {"category": "noisy"}) == 3
    assert sample("gifrestored_stage_seconds_total", {"stage": "restore"}) == 0.4
    assert sample("gifrestored_failures_total", {"kind": "Unreadable"}) == 1
