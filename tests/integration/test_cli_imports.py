"""`--help` and `status` answer in under half a second because of what they do not import."""

import subprocess
import sys

import pytest

from daemon.catalogue import close_catalogue, open_catalogue

PIXELS = {"torch", "torchvision", "cv2", "PIL", "av", "openvino", "imageio", "piq"}
SLOW = {"numpy", "scipy", "sqlite_utils", "structlog", "watchdog", "prometheus_client"}


def loaded_by(code: str) -> set[str]:
    program = f"import sys\ntry:\n    {code}\nexcept SystemExit as end:\n    assert not end.code, end\n"
    program += "print('\\n' + ' '.join({name.partition('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.splitlines()[-1].split())


def slow(*arguments: str, also: set[str] = frozenset()) -> set[str]:
    """What a command loads that it had better not."""
    return loaded_by(command(*arguments)) & (PIXELS | SLOW | also)


def command(*arguments: str) -> str:
    return f"sys.argv[1:] = {list(arguments)!r}; from daemon.cli import main; main()"


@pytest.mark.parametrize("arguments", [("--help",), ("run", "--help"), ("--version",)])
def test_help_loads_neither_a_decoder_nor_anything_slow(arguments):
    assert slow(*arguments, also={"yaml"}) == set()


@pytest.mark.parametrize("arguments", [("status",), ("status", "--json"), ("retry", "--failed")])
def test_status_and_retry_load_neither_a_decoder_nor_anything_slow(tmp_path, arguments):
    close_catalogue(open_catalogue(tmp_path / "catalogue.sqlite3"))
    assert slow(*arguments, "--data-root", str(tmp_path), also={"rich"}) == set()


@pytest.mark.parametrize("module", ["settings", "report", "errors", "networks", "networks.weights.registry"])
def test_what_the_daemon_takes_from_the_pipeline_loads_no_decoder(module):
    assert loaded_by(f"import pipeline.{module}") & PIXELS == set()


def test_the_supervisor_and_the_work_of_process_and_measure_load_no_decoder():
    names = "daemon.service.service, daemon.commands.process, daemon.commands.measure, daemon.service.doctor"
    assert loaded_by(f"import {names}") & PIXELS == set()
