"""Weights are fetched whole and right, or not at all: against a server that misbehaves."""

import errno
import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipeline.errors import NoSpace, WeightsMissing, WeightsWrong
from pipeline.networks.weights import download
from pipeline.networks.weights.download import pull
from pipeline.networks.weights.registry import REGISTRY, Weights, verify
from pipeline.settings import Models

CONTENT = bytes(range(256)) * 1200
OTHER = b"\1" + CONTENT[1:]


class Server(ThreadingHTTPServer):
    """Serves CONTENT in the way that `behaviour` names, and remembers what was asked for."""

    daemon_threads = True
    behaviour = "well"

    def __init__(self):
        self.ranges: list[str | None] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        getattr(self, self.server.behaviour)(start)

    def answer(self, body, start=0, length=None):
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def well(self, start):
        self.answer(CONTENT[start:], start)

    def breaks_off(self, start):
        self.answer(CONTENT[start : start + 100_000], start, len(CONTENT) - start)

    def ends_early_without_a_word(self, start):
        self.answer(CONTENT[start : start + 100_000], start)

    def knows_no_ranges(self, start):
        self.answer(CONTENT[:150_000] if len(self.server.ranges) < 3 else CONTENT)

    def breaks_off_here_and_there(self, start):
        """Without ranges, after 100 kB and 200 kB in turn."""
        self.answer(CONTENT[: 100_000 * (2 - len(self.server.ranges) % 2)], length=len(CONTENT))

    def gives_a_byte(self, start):
        self.answer(CONTENT[start : start + 1], start, len(CONTENT) - start)

    def redirects_nowhere(self, start):
        self.send_response(302)
        self.send_header("Location", "http://[::1/w.pth")
        self.end_headers()

    def another_file(self, start):
        self.answer(OTHER[start:], start)

    def too_long(self, start):
        self.answer(CONTENT + b"more")

    def never_enough(self, start):
        self.answer(CONTENT[start:1000], start)

    def missing(self, start):
        self.send_error(404)


@pytest.fixture
def server():
    with Server() as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)


@pytest.fixture
def models(tmp_path):
    return Models(folder=tmp_path / "models")


def weights_at(server) -> Weights:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Weights("W", "w.pth", f"http://127.0.0.1:{server.server_port}/w.pth", len(CONTENT), digest, "none", "test")


@pytest.mark.parametrize("behaviour", ["well", "breaks_off", "ends_early_without_a_word", "knows_no_ranges"])
def test_the_file_arrives_whole_however_often_the_line_breaks(server, models, behaviour):
    server.behaviour = behaviour
    seen = []
    path = pull(weights_at(server), models, lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [p.name for p in models.folder.iterdir()] == ["w.pth"]


def test_a_broken_download_goes_on_where_it_stopped(server, models):
    models.folder.mkdir()
    (models.folder / "w.pth.part").write_bytes(CONTENT[:70_000])
    pull(weights_at(server), models)
    assert server.ranges == ["bytes=70000-"]


def test_a_file_that_is_there_is_not_fetched_again(server, models):
    pull(weights_at(server), models)
    pull(weights_at(server), models)
    assert len(server.ranges) == 1


@pytest.mark.parametrize(("behaviour", "said"), [("another_file", "SHA-256"), ("too_long", "longer than")])
def test_another_file_never_gets_the_name(server, models, behaviour, said):
    server.behaviour = behaviour
    with pytest.raises(WeightsWrong, match=said):
        pull(weights_at(server), models)
    assert not (models.folder / "w.pth").exists()
    assert not any(path.stat().st_size for path in models.folder.iterdir())


@pytest.mark.parametrize("behaviour", ["missing", "never_enough"])
def test_giving_up_says_how_to_get_the_file_by_hand(server, models, behaviour):
    server.behaviour = behaviour
    with pytest.raises(WeightsMissing, match=r"put it there as w\.pth"):
        pull(weights_at(server), models)
    assert len(server.ranges) < 10
    assert not (models.folder / "w.pth").exists()


@pytest.mark.parametrize("behaviour", ["breaks_off_here_and_there", "gives_a_byte"])
def test_a_server_that_never_gives_the_whole_file_is_asked_a_bounded_number_of_times(
    server, models, behaviour, monkeypatch
):
    monkeypatch.setattr(download, "MOST_REQUESTS", 20, raising=False)
    server.behaviour = behaviour
    with pytest.raises(WeightsMissing, match=r"put it there as w\.pth"):
        pull(weights_at(server), models)
    assert len(server.ranges) <= 20


@pytest.mark.parametrize(
    "mirror",
    ["http://[::1/", "http://", "http://a b/", "http://h:99999999/", "http://h:x/", "http://\udcff/", "http://.a/"],
)
def test_a_mirror_whose_address_is_broken_is_told_in_a_sentence(server, tmp_path, mirror):
    with pytest.raises(WeightsMissing, match=r"put it there as w\.pth"):
        pull(weights_at(server), Models(folder=tmp_path, mirror=mirror))


def test_a_redirect_to_a_broken_address_is_told_in_a_sentence(server, models):
    server.behaviour = "redirects_nowhere"
    with pytest.raises(WeightsMissing, match=r"can't be fetched .* put it there as w\.pth"):
        pull(weights_at(server), models)
    assert len(server.ranges) == 1


def test_no_network_says_how_to_get_the_file_by_hand(server, models):
    weights = weights_at(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(WeightsMissing, match="without internet fetch"):
        pull(weights, models)
    assert list(models.folder.iterdir()) == []


def test_downloads_switched_off_ask_nobody(server, tmp_path):
    with pytest.raises(WeightsMissing, match="switched off"):
        pull(weights_at(server), Models(folder=tmp_path, download=False))
    assert server.ranges == []


def test_a_mirror_replaces_the_publisher(server, tmp_path):
    models = Models(folder=tmp_path, mirror=f"http://127.0.0.1:{server.server_port}/mirror/")
    weights = weights_at(server)
    pull(Weights("W", "w.pth", "http://nowhere.invalid/w.pth", weights.bytes, weights.sha256, "", ""), models)
    assert (tmp_path / "w.pth").read_bytes() == CONTENT


def test_a_mirror_that_is_no_web_address_is_refused(server, tmp_path):
    with pytest.raises(WeightsMissing, match="neither http nor https"):
        pull(weights_at(server), Models(folder=tmp_path, mirror="file:///etc"))


def test_a_proxy_of_the_environment_is_used(server, models, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.delenv("no_proxy", raising=False)
    weights = weights_at(server)
    pull(Weights("W", "w.pth", "http://nowhere.invalid/w.pth", weights.bytes, weights.sha256, "", ""), models)
    assert (models.folder / "w.pth").read_bytes() == CONTENT


def test_a_full_disk_leaves_nothing_half_written(server, models, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download, "_copy", full)
    with pytest.raises(NoSpace, match=r"w\.pth"):
        pull(weights_at(server), models)
    assert list(models.folder.iterdir()) == []


def test_two_processes_do_not_write_the_same_file(server, models):
    models.folder.mkdir()
    with (
        download._locked(models.folder / "w.pth.part", weights_at(server)),
        pytest.raises(WeightsMissing, match="another"),
    ):
        pull(weights_at(server), models)


def test_the_registry_names_all_that_the_product_can_use():
    assert set(REGISTRY) == {
        "GFPGANv1.4",
        "GFPGANv1.3",
        "RAFT-small",
        "RetinaFace-ResNet50",
        "ParseNet",
        "RealESRGAN_x2plus",
    }
    for weights in REGISTRY.values():
        assert weights.url.startswith("https://")
        assert weights.url.endswith(weights.file)
        assert len(weights.sha256) == 64
        assert weights.licence


def fifo(path):
    path.parent.mkdir(exist_ok=True)
    os.mkfifo(path)
    return path


def test_a_pipe_in_the_place_of_weights_is_told_and_not_waited_for(server, models):
    path = fifo(models.folder / "w.pth")
    with pytest.raises(WeightsWrong, match=f"{path} is no regular file: remove it"):
        verify(weights_at(server), models)


@pytest.mark.timeout(20)
def test_a_pipe_in_the_place_of_weights_or_of_their_beginning_keeps_no_pull_waiting(server, models):
    path = fifo(models.folder / "w.pth")
    assert pull(weights_at(server), models) == path
    assert path.read_bytes() == CONTENT
    path.unlink()
    fifo(models.folder / "w.pth.part")
    with pytest.raises(WeightsMissing, match=r"w\.pth\.part is no regular file: remove it"):
        pull(weights_at(server), models)
