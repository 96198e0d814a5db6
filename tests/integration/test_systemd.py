import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from daemon.service import systemd

UNITS = Path(__file__).parents[2] / "systemd"


@pytest.fixture
def units(tmp_path):
    """The units with a command that exists here, in a folder that drop-ins can be added to."""
    for unit in [*UNITS.glob("*.service"), *UNITS.glob("*.socket")]:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/gifrestored/bin/gifrestored", "/bin/true"))
    return tmp_path


def add_drop_in(units: Path, name: str) -> None:
    folder = units / "gifrestored.service.d"
    folder.mkdir()
    shutil.copy(UNITS / folder.name / f"{name}.conf.example", folder / f"{name}.conf")


def exposure(unit: Path) -> float:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", unit]
    told = subprocess.run(command, capture_output=True, text=True).stdout
    return float(re.findall(r"Overall exposure level for .*: ([\d.]+)", told)[0])


@pytest.mark.parametrize("drop_in", [None, "gpu", "loopback"])
def test_systemd_finds_no_fault_in_the_units(units, drop_in):
    if drop_in:
        add_drop_in(units, drop_in)
    files = [*units.glob("*.service"), *units.glob("*.socket")]
    told = subprocess.run(
        ["systemd-analyze", "verify", "--recursive-errors=no", *files], capture_output=True, text=True
    )
    assert (told.returncode, told.stderr) == (0, "")


@pytest.mark.parametrize(("drop_in", "most"), [(None, 0.8), ("gpu", 0.9), ("loopback", 1.2)])
def test_the_services_exposure_stays_within_its_bound(units, drop_in, most):
    if drop_in:
        add_drop_in(units, drop_in)
    assert exposure(units / "gifrestored.service") <= most


def test_the_snippets_for_user_and_folders_are_accepted(tmp_path):
    subprocess.run(["systemd-sysusers", "--dry-run", UNITS / "gifrestored.sysusers.conf"], check=True)
    folders = (UNITS / "gifrestored.tmpfiles.conf").read_text().replace(" gifrestored gifrestored ", " - - ")
    (tmp_path / "x.conf").write_text(folders)
    command = ["systemd-tmpfiles", "--create", f"--root={tmp_path}", tmp_path / "x.conf"]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "var/lib/gifrestored/dataset/gifs/blurry").stat().st_mode & 0o7777 == 0o2775


def test_notify_says_what_it_is_told_to_whoever_listens(tmp_path, monkeypatch):
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        assert systemd.notify("READY=1", "STATUS=watching")
        assert manager.recv(100) == b"READY=1\nSTATUS=watching"


def test_a_name_with_line_ends_in_a_status_makes_no_state_of_its_own(tmp_path, monkeypatch):
    address = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        assert systemd.notify("WATCHDOG=1", "STATUS=cat\nWATCHDOG=trigger\r\x1b\x85é: restore")
        assert manager.recv(100).decode() == "WATCHDOG=1\nSTATUS=cat WATCHDOG=trigger   é: restore"


def test_without_a_service_manager_notify_does_nothing(monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not systemd.notify("READY=1")


def test_the_daemon_says_that_it_is_ready_alive_and_stopping(root, tmp_path, monkeypatch):
    address = tmp_path / "notify"
    root.drop("gifs/cat.gif", "sleep=1.2")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        monkeypatch.setenv("NOTIFY_SOCKET", str(address))
        root.run()
        manager.setblocking(False)
        told = []
        while True:
            try:
                told.append(manager.recv(1000).decode())
            except BlockingIOError:
                break
    assert told[0].startswith("READY=1")
    assert any(line.startswith("WATCHDOG=1\nSTATUS=cat: ") for line in told)
    assert told[-1] == "STOPPING=1"


def test_a_socket_is_taken_only_where_it_was_meant_for_this_process(monkeypatch):
    monkeypatch.setenv("LISTEN_FDS", "1")
    monkeypatch.setenv("LISTEN_PID", str(os.getpid() + 1))
    assert systemd.inherited_socket() is None
