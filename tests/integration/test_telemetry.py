import contextlib
import io
import json
import socket
import struct
import time
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


def test_connections_that_say_nothing_keep_no_scrape_waiting(root):
    root.run()
    port = Served(root.folders).serve(0, None)
    with contextlib.ExitStack() as idle:
        for _ in range(5):
            idle.enter_context(socket.create_connection(("127.0.0.1", port)))
        began = time.monotonic()
        assert "gifrestored_up 1.0" in scrape(port)
        assert time.monotonic() - began < 5


def test_a_connection_that_says_nothing_is_ended(root, monkeypatch, capfd):
    monkeypatch.setattr("daemon.service.metrics.IDLE_S", 0.2, raising=False)
    root.run()
    port = Served(root.folders).serve(0, None)
    capfd.readouterr()
    with socket.create_connection(("127.0.0.1", port), timeout=5) as idle:
        assert idle.recv(1) == b""
    assert capfd.readouterr().err == ""


def test_a_scraper_that_hangs_up_leaves_no_traceback(root, capfd):
    root.run()
    port = Served(root.folders).serve(0, None)
    capfd.readouterr()
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            rude.sendall(b"GET /metrics HTTP/1.1\r\n\r\n")
    time.sleep(0.5)
    assert "gifrestored_up 1.0" in scrape(port)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("trouble", ["catalogue removed", "catalogue damaged", "data root renamed"])
def test_where_the_catalogue_can_not_be_read_a_scrape_says_so_and_nothing_more(root, trouble, capfd):
    root.run()
    port = Served(root.folders).serve(0, None)
    if trouble == "catalogue removed":
        root.folders.catalogue.unlink()
    elif trouble == "catalogue damaged":
        root.folders.catalogue.write_bytes(b"no database" * 1000)
    else:
        root.path.rename(root.path.with_name("renamed"))
    capfd.readouterr()

    told = scrape(port)

    assert "gifrestored_up 0.0" in told
    assert "gifrestored_jobs" not in told
    assert ("gifrestored_free_disk_bytes " in told) == (trouble != "data root renamed")
    assert capfd.readouterr().err == ""
